"""Contributions on a real server: what was accepted is in one edition, whoever asks and however often."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from tests.support.people import CAMPAIGN, campaign
from workers.campaign.contribution import Contribution, ContributionKey, Decision, Said
from workers.campaign.mailings import Kind, book
from workers.contributions import EVENT, NEWS, Desk
from workers.errors import NotFoundError
from workers.store import Store

_NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
_DECEMBER, _JANUARY = (book(CAMPAIGN, Kind.BULLETIN, "monthly", edition) for edition in ("2026-12", "2027-01"))


def _sent(store: Store, title: str, kind: str = NEWS, after_s: int = 0) -> Contribution:
    desk = Desk(store.ids, campaign(), _NOW + timedelta(seconds=after_s))
    fields = {"title": title, "text": "*News*", "starts": "2026-12-08 19:30", "place": "Leeds"}
    one = desk.take(kind, "River Friends", fields, "form")
    store.contributions.put(one)
    return one


def _accept(store: Store, one: Contribution, bulletin: str = "monthly") -> bool:
    return store.contributions.decide(CAMPAIGN, one.id, Decision(Said.ACCEPTED, 1, "editor", bulletin))


def test_what_is_sent_in_twice_is_one_contribution(store: Store):
    """People press twice; an editor reads once."""
    one = _sent(store, "Otters are back")
    assert not store.contributions.put(one)
    assert _sent(store, "Otters are back", after_s=60) != one, "its time differs"
    assert [found.id for found, _ in store.contributions.all(CAMPAIGN)] == [one.id]
    assert store.contributions.waiting(CAMPAIGN) == 1
    assert store.contributions.get(CAMPAIGN, one.id) == (one, Decision())


def test_an_accepted_contribution_is_in_the_next_edition_once(store: Store):
    """The edition that took it keeps it, also if it is made anew; the one after it does not have it."""
    news, event, other = _sent(store, "B", after_s=9), _sent(store, "Walk", EVENT), _sent(store, "A")
    for one in (news, event, other):
        assert _accept(store, one)
    _accept(store, other, "weekly")
    assert store.contributions.accepted(CAMPAIGN, "monthly") == ([news.news], [event.event])
    assert event.event is not None
    ids = [news.id, event.event.id, "an-event-of-the-folder"]
    assert store.contributions.used(ids, _DECEMBER)
    assert store.contributions.used(ids, _DECEMBER), "asked again, it is the same answer"
    assert not store.contributions.used(ids, _JANUARY)
    assert store.contributions.accepted(CAMPAIGN, "monthly") == ([], [])
    assert store.contributions.accepted(CAMPAIGN, "monthly", _DECEMBER) == ([news.news], [event.event])
    assert store.contributions.get(CAMPAIGN, news.id)[1].book == _DECEMBER
    assert not store.contributions.decide(CAMPAIGN, news.id, Decision(Said.DECLINED, 2, "editor")), "it is printed"


def test_an_edition_takes_all_or_nothing(store: Store):
    """If an editor takes one back while an edition is made, it is made again without that one."""
    first, second = _sent(store, "A"), _sent(store, "B")
    _accept(store, first)
    assert not store.contributions.used([first.id, second.id], _DECEMBER)
    assert store.contributions.accepted(CAMPAIGN, "monthly")[0] == [first.news]


def test_of_two_editions_that_are_made_at_the_same_moment_one_has_it(store: Store):
    """Two clocks, or an operator and a clock."""
    one = _sent(store, "A")
    _accept(store, one)
    books = [book(CAMPAIGN, Kind.BULLETIN, "monthly", f"e{number}") for number in range(8)]
    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(lambda which: store.contributions.used([one.id], which), books))
    assert sum(won) == 1
    assert store.contributions.get(CAMPAIGN, one.id)[1].book == books[won.index(True)]


def test_an_edition_that_is_never_sent_gives_back_what_it_had(store: Store):
    """A cancelled draft costs no partner their news."""
    one, other = _sent(store, "A"), _sent(store, "B")
    for sent, carried in ((one, _DECEMBER), (other, _JANUARY)):
        _accept(store, sent)
        store.contributions.used([sent.id], carried)
    assert store.contributions.give_back(_DECEMBER) == 1
    assert store.contributions.give_back(_DECEMBER) == 0
    assert store.contributions.accepted(CAMPAIGN, "monthly")[0] == [one.news]


def test_a_declined_one_keeps_its_reason_and_can_be_accepted_later(store: Store):
    """Editors are people; the organisation asks why."""
    one = _sent(store, "Walk", EVENT)
    store.contributions.decide(CAMPAIGN, one.id, Decision(Said.DECLINED, 5, "editor", "", "", "no place: we asked"))
    assert store.contributions.get(CAMPAIGN, one.id)[1].reason == "no place: we asked"
    assert store.contributions.waiting(CAMPAIGN) == 0
    assert store.contributions.told(CAMPAIGN) == []
    _accept(store, one)
    assert store.contributions.get(CAMPAIGN, one.id)[1] == Decision(Said.ACCEPTED, 1, "editor", "monthly")
    assert store.contributions.told(CAMPAIGN) == [(one.event, 1)]
    with pytest.raises(NotFoundError):
        store.contributions.decide(CAMPAIGN, "cnothing", Decision(Said.DECLINED, 5, "editor"))


def test_a_key_is_kept_as_a_hash_and_good_until_it_is_revoked(store: Store):
    """Who reads the ledger cannot send in anything."""
    made = store.ids.contribution_key(CAMPAIGN, "the key")
    key = ContributionKey(made, "River Friends", 7, "editor")
    store.contributions.allow(CAMPAIGN, key)
    assert "the key" not in made
    assert store.contributions.whose(CAMPAIGN, made) == key
    assert store.contributions.whose(CAMPAIGN, store.ids.contribution_key("other", "the key")) is None
    assert store.contributions.allowed(CAMPAIGN) == [key]
    assert store.contributions.revoke(CAMPAIGN, made)
    assert not store.contributions.revoke(CAMPAIGN, made)
    assert store.contributions.whose(CAMPAIGN, made) is None
