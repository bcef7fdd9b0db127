"""The bulletins that were sent, for everybody: a list, a page for each, and a feed; nothing before it was sent."""

from __future__ import annotations

import time
from xml.etree import ElementTree as ET

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from tests.support.wait import wait_until
from tests.web.asking import Site
from tests.web.test_pages import View, browser, opened
from workers.campaign.mailings import Content, Kind, Mailing, Stage
from workers.campaign.model import Sender
from workers.store import Store
from workers.web.news.shelf import for_anybody

__all__ = ["browser"]

SLUG = "clean-rivers"
PATH = f"/campaigns/{SLUG}/bulletins"
_ATOM = "{http://www.w3.org/2005/Atom}"
_ONLINE = (
    '<table>\n<tr>\n<td style="text-align:right">3</td>\n</tr>\n</table>\n'
    "<p>Dear friend,</p>\n<h2>Otters</h2>\n<p>They <strong>swim</strong> &amp; &lt;dive&gt;.</p>\n"
    '<ul>\n<li><a href="https://rivers.example/otters">Where</a></li>\n</ul>\n'
)


_PICTURE = '<p><img src="data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAA=" alt="An otter"></p>'
_SHOWN = _ONLINE.replace('style="text-align:right"', 'class="right"')


def sent(ledger: Store, edition: str, *stages: Stage, online: str = _ONLINE, subject: str = "") -> Mailing:
    """An edition that came so far."""
    content = Content(
        subject or f"News of {edition} & <more>", "text", "<p>mail</p>", "t0ken", ("name:you",), "en-GB", online
    )
    sender = Sender("Clean Rivers", "news@rivers.example")
    mailing = Mailing(
        SLUG, Kind.BULLETIN, "monthly", edition, Stage.APPROVED, "", content, sender, approved_at=int(time.time())
    )
    assert ledger.mailings.approve(mailing, 1)
    for stage in stages:
        ledger.mailings.move(mailing.book, stage, *Stage)
    return mailing


@pytest.fixture
def archive(site: Site, ledger: Store) -> Site:
    """One edition is finished, one is being sent; others wait, were cancelled, or have no page."""
    sent(ledger, "2026-10", Stage.GATHERING, Stage.SENDING, Stage.FINISHED)
    sent(ledger, "2026-11", Stage.GATHERING, Stage.SENDING, subject="News for -text-name-t0ken-", online=_PICTURE)
    sent(ledger, "2026-12")
    sent(ledger, "2026-09", Stage.GATHERING, Stage.SENDING, Stage.CANCELLED)
    sent(ledger, "2026-08", Stage.GATHERING, Stage.SENDING, online="")
    wait_until(lambda: site.get(f"{PATH}/monthly/2026-11").status == 200, message="the edition is public")
    return site


def page(site: Site, path: str) -> str:
    answer = site.get(path, accept="text/html")
    assert answer.status == 200, answer
    return answer.body.decode()


def test_what_was_sent_can_be_read_by_anybody(archive: Site):
    """The list has what was sent, each page its words; no reader's name, and what waits is nobody's business."""
    listed = page(archive, PATH)
    assert [edition for edition in ("2026-08", "2026-09", "2026-10", "2026-11", "2026-12") if edition in listed] == [
        "2026-10",
        "2026-11",
    ]
    assert "News for you" in listed
    assert "News of 2026-10 &amp; &lt;more&gt;" in listed
    one = page(archive, f"{PATH}/monthly/2026-10")
    assert _SHOWN in one
    assert "<h1>News of 2026-10 &amp; &lt;more&gt;</h1>" in one
    assert _SHOWN in page(archive, f"{PATH}/monthly/2026-09"), "who got a copy before it was cancelled can read it"
    for path in ("monthly/2026-12", "monthly/2026-08", "weekly/2026-10", "monthly/x%00", "monthly/..%2f..%2fetc"):
        assert archive.get(f"{PATH}/{path}").status == 404
    assert f'href="{PATH}"' in page(archive, f"/campaigns/{SLUG}")
    strict = archive.get(f"{PATH}/monthly/2026-10").headers["content-security-policy"]
    assert "https:" not in strict
    policy = archive.get(f"{PATH}/monthly/2026-11").headers["content-security-policy"]
    assert policy == strict.replace("data:", "data: https:"), "an author's picture may come from anywhere, nothing else"


def test_the_feed_holds_what_the_standard_asks_for(archive: Site):
    """Ids that stay, times, an author, links, the whole text; and who has it does not fetch it again."""
    answer = archive.get(f"{PATH}.atom")
    assert answer.headers["content-type"] == "application/atom+xml"
    feed = ET.fromstring(answer.body)
    assert feed.findtext(f"{_ATOM}id") == f"tag:rivers.example,2020:{SLUG}/bulletins"
    assert feed.findtext(f"{_ATOM}author/{_ATOM}name") == "Clean Rivers"
    links = {one.get("rel"): one.get("href", "") for one in feed.findall(f"{_ATOM}link")}
    assert links["self"].endswith(f"{PATH}.atom")
    entries = {one.findtext(f"{_ATOM}title"): one for one in feed.findall(f"{_ATOM}entry")}
    assert entries.keys() == {"News for you", "News of 2026-10 & <more>"}
    assert entries["News of 2026-10 & <more>"].findtext(f"{_ATOM}content") == _SHOWN
    ids = [one.findtext(f"{_ATOM}id") for one in entries.values()]
    assert sorted(filter(None, ids)) == [
        f"tag:rivers.example,2020:{SLUG}/bulletins/monthly/2026-1{number}" for number in (0, 1)
    ]
    assert feed.findtext(f"{_ATOM}updated") == max(one.findtext(f"{_ATOM}updated") or "" for one in entries.values())
    for path in (PATH, f"{PATH}.atom", f"{PATH}/monthly/2026-10"):
        first = archive.get(path)
        assert "last-modified" in first.headers
        again = archive.get(path, if_none_match=first.headers["etag"])
        assert (again.status, again.body) == (304, b"")
        assert archive.ask("HEAD", path).status == 200


def test_a_campaign_without_bulletins_says_so(site: Site):
    """An empty feed is a feed, too."""
    assert "None was sent yet" in page(site, "/campaigns/old-lines/bulletins")
    feed = ET.fromstring(site.get("/campaigns/old-lines/bulletins.atom").body)
    assert feed.findall(f"{_ATOM}entry") == []
    assert feed.findtext(f"{_ATOM}updated") == "2020-01-01T00:00:00Z"


@pytest.mark.parametrize(
    ("subject", "uses", "says"),
    [
        ("Plain", (), "Plain"),
        ("-text-name-t0ken-, look", ("name",), "friend, look"),
        ("In -text-constituency2-t0ken-", ("constituency", "constituency:your town"), "In your town"),
        ("-text-name-other-", ("name",), "-text-name-other-"),
    ],
)
def test_a_subject_is_said_to_nobody_in_particular(subject: str, uses: tuple[str, ...], says: str):
    """Where a reader's own word would be, there is what is said when it is not known."""
    assert for_anybody(Content(subject, "", "", "t0ken", uses)) == says


@pytest.mark.browser
@pytest.mark.parametrize(
    ("width", "theme", "looked_at"),
    [("phone", "dark", [PATH, f"/campaigns/{SLUG}/events"]), ("desktop", "light", [f"{PATH}/monthly/2026-10"])],
)
def test_a_reader_finds_and_reads_a_bulletin(
    browser: Browser, archive: Site, width: str, theme: str, looked_at: list[str]
):
    """From the campaign's page to the text and the calendar, usable by everyone."""
    view, said = opened(browser, archive, View(f"/campaigns/{SLUG}", width, theme, script=False))
    try:
        view.get_by_role("link", name="Bulletins", exact=True).click()
        view.get_by_role("link", name="News for you").click()
        assert view.get_by_role("heading", level=1).inner_text() == "News for you"
        for path in looked_at:
            view.context.close()
            view, said = opened(browser, archive, View(path, width, theme))
            found = Axe().run(view)
            assert found.violations_count == 0, found.generate_report()
            assert view.evaluate("document.documentElement.scrollWidth <= innerWidth")
            assert said == []
    finally:
        view.context.close()
