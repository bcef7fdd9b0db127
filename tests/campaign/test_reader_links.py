"""Tests of readers' links: each is good for one person and one purpose, and says nothing of them."""

from __future__ import annotations

import pytest

from workers.campaign.ids import Ids
from workers.campaign.mailings import Kind, book
from workers.campaign.reader_links import Called, Chooser, Leaver, ReaderLinks

IDS = Ids("a secret of the tests, long enough")
LINKS = ReaderLinks(IDS, "https://campaign.example/")
ADA, BO = IDS.person("ada@people.example", "Ada"), IDS.person("bo@people.example", "Bo")
BOOK = book("clean-rivers", Kind.BULLETIN, "news", "2026-12-01")

READERS = [
    (LINKS.unsubscribe_url(BOOK, ADA), Leaver("clean-rivers", Kind.BULLETIN, "news", "2026-12-01", ADA), "leaver"),
    (LINKS.preferences_url("clean-rivers", ADA), Chooser("clean-rivers", ADA), "chooser"),
    (LINKS.act_url("clean-rivers", "last-push", ADA), Called("clean-rivers", "last-push", ADA), "called"),
]


@pytest.mark.parametrize(("url", "who", "purpose"), READERS)
def test_a_link_is_good_for_its_own_purpose_only(url, who, purpose):
    """Who passes on a link to a page has not passed on another right."""
    token = url.rsplit("/", 1)[1]
    assert getattr(LINKS, purpose)(token) == who
    assert not any(getattr(LINKS, other)(token) for *_, other in READERS if other != purpose)


@pytest.mark.parametrize(("url", "_who", "purpose"), READERS)
def test_a_link_cannot_be_made_into_another(url, _who, purpose):
    """Nobody leaves for others, whatever they change in their own link."""
    token, read = url.rsplit("/", 1)[1], getattr(LINKS, purpose)
    changed = [token.replace(ADA, BO), token.replace("clean-", "dirty-"), token[:-1], token + "a", token.upper(), ""]
    changed += [token[:-1] + ("a" if token[-1] != "a" else "b"), token.replace(".", "/"), token + "\n", "é" + token]
    assert [other for other in changed if read(other)] == []
    assert not getattr(ReaderLinks(Ids("another secret, as long as the first"), ""), purpose)(token)


def test_a_link_is_the_same_every_time_and_names_nobody():
    """It is nowhere stored: it is made again, and works as long as the secret is kept."""
    assert LINKS.unsubscribe_url(BOOK, ADA) == READERS[0][0]
    assert not [url for url, *_ in READERS if "ada" in url.lower() or "people.example" in url]


def test_an_edition_has_a_public_page_and_a_call_has_none():
    """The page for everybody holds no token."""
    assert LINKS.online_url(BOOK) == "https://campaign.example/campaigns/clean-rivers/bulletins/news/2026-12-01"
    assert not LINKS.online_url(book("clean-rivers", Kind.CALL, "last-push", "1"))
