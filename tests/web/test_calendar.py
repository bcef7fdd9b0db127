"""What is on: a page for people, a feed for their calendar programs, and one event at a time."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import icalendar
import pytest

from tests.support.people import campaign
from tests.support.wait import wait_until
from tests.web.asking import Site
from workers.campaign.contribution import Decision, Said
from workers.contributions import EVENT, Desk
from workers.store import Store

SLUG = "clean-rivers"
PATH = f"/campaigns/{SLUG}/events"


def contributed(ledger: Store, title: str = "Lake swim", said: Said = Said.ACCEPTED) -> str:
    """An event that a partner sent in, and an editor decided on; its id."""
    now = datetime.now(UTC)
    soon = f"{now + timedelta(days=20):%Y-%m-%d} 10:00"
    fields = {"title": title, "starts": soon, "place": "Keswick", "text": "Cold & <clear>"}
    one = Desk(ledger.ids, campaign(), now).take(EVENT, "Lake Watch", fields, "form")
    ledger.contributions.put(one)
    ledger.contributions.decide(SLUG, one.id, Decision(said, int(now.timestamp()), "editor", "monthly"))
    assert one.event
    return one.event.id


def shown(site: Site) -> str:
    answer = site.get(PATH, accept="text/html")
    assert answer.status == 200, answer
    return answer.body.decode()


def told(raw: bytes) -> list[str]:
    return [str(one["SUMMARY"]) for one in icalendar.Calendar.from_ical(raw).walk("VEVENT")]


def test_the_page_tells_what_is_to_come_from_everywhere(site: Site, ledger: Store):
    """A bulletin's file and a partner's event side by side; what is past or broken is left out, words stay words."""
    contributed(ledger)
    contributed(ledger, "Declined", Said.DECLINED)
    wait_until(lambda: "Lake swim" in shown(site), message="the partner's event is public")
    page = shown(site)
    assert re.findall(r"<h2[^>]*>(?:<a [^>]*>)?([^<]+)", page) == ["Lake swim", "River walk", "Fair"]
    assert "Monday 8 December 2098, 19:30 to 21:00" in page
    assert "Friday 12 December 2098 to Saturday 13 December 2098" in page
    assert "Boots &lt;b&gt;please&lt;/b&gt;" in page
    assert "Cold &amp; &lt;clear&gt;" in page


def test_a_calendar_program_gets_what_it_understands(site: Site):
    """The feed, and each event as a file; nobody fetches again what has not changed."""
    feed = site.get(f"{PATH}.ics")
    assert (feed.status, feed.headers["content-type"]) == (200, "text/calendar; charset=utf-8")
    assert feed.headers["access-control-allow-origin"] == "*"
    assert {"River walk", "Fair"} <= set(told(feed.body))
    again = site.get(f"{PATH}.ics", if_none_match=feed.headers["etag"])
    assert (again.status, again.body) == (304, b"")
    links = re.findall(rf'href="({PATH}/\w+\.ics)"', shown(site))
    one = site.get(links[-2])
    assert told(one.body) == ["River walk"]
    assert "attachment" in one.headers["content-disposition"]
    assert b"BEGIN:VTIMEZONE" in one.body
    assert site.ask("HEAD", links[-2]).status == 200


@pytest.mark.parametrize("path", [f"{PATH}/nothing.ics", f"{PATH}/..%2f..ics", "/campaigns/no-such/events.ics"])
def test_what_is_not_there_is_a_404(site: Site, path: str):
    """Old links stay in mail for years."""
    answer = site.get(path)
    assert (answer.status, answer.headers["content-type"]) == (404, "application/problem+json")


def test_a_campaign_without_events_says_so(site: Site):
    """And where to look later."""
    page = site.get("/campaigns/old-lines/events", accept="text/html").body.decode()
    assert "Nothing is planned just now" in page
    assert told(site.get("/campaigns/old-lines/events.ics").body) == []
