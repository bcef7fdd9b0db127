"""Partners send in news and events through a form with a key; an editor sees them, readers do not yet."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from tests.web.asking import Answer, Site
from tests.web.signing import FORM
from tests.web.test_pages import View, browser, opened
from workers.campaign.contribution import Contribution, ContributionKey
from workers.store import Store

__all__ = ["browser"]

SLUG = "clean-rivers"
PATH = f"/campaigns/{SLUG}/contribute"
KEY = "a-partners-key"
NEWS = {"kind": "news", "key": KEY, "title": "Otters are back", "text": "They *swim* again."}


@pytest.fixture
def partner(ledger: Store, site: Site) -> Site:
    """The site, with a key for River Friends."""
    made = ledger.ids.contribution_key(SLUG, KEY)
    ledger.contributions.allow(SLUG, ContributionKey(made, "River Friends", 1, "editor"))
    return site


def send(site: Site, path: str = PATH, from_site: str = "same-origin", **fields: str) -> Answer:
    return site.ask("POST", path, urlencode({**NEWS, **fields}), {**FORM, "sec-fetch-site": from_site})


def kept(ledger: Store) -> list[Contribution]:
    return [one for one, _ in ledger.contributions.all(SLUG)]


def soon(days: int = 20) -> str:
    return f"{datetime.now(UTC) + timedelta(days=days):%Y-%m-%d}"


def test_news_is_kept_for_an_editor(partner: Site, ledger: Store):
    """Under the name that the key stands for, once however often the button is pressed."""
    for _ in range(2):
        answer = send(partner, link="https://rivers.example/otters")
        assert (answer.status, answer.headers["location"]) == (303, f"{PATH}/sent")
    (one,) = kept(ledger)
    assert one.news
    assert (one.organisation, one.source, one.news.text) == ("River Friends", "form", "They *swim* again.")
    assert one.news.link == "https://rivers.example/otters"
    assert b"it has arrived" in partner.get(f"{PATH}/sent", accept="text/html").body


def test_an_event_is_kept_with_its_times(partner: Site, ledger: Store):
    """A time of day, or whole days; an end without a day is on the same one."""
    event: dict[str, str] = {"kind": "event", "text": "", "title": "Walk", "day": soon(), "place": "Leeds"}
    assert send(partner, **{**event, "time": "19:30", "last_time": "21:00"}).status == 303
    assert send(partner, **{**event, "title": "Fair", "last_day": soon(21)}).status == 303
    walk, fair = sorted((one.event for one in kept(ledger) if one.event), key=lambda one: one.title, reverse=True)
    assert walk.when.endswith("19:30 to 21:00")
    assert (fair.all_day, fair.place, fair.organiser) == (True, "Leeds", "River Friends")


@pytest.mark.parametrize("key", ["", "mistyped", "x" * 5000, "'; DROP"])
def test_without_a_key_nothing_is_taken(partner: Site, ledger: Store, key: str):
    """403, the form with what was typed, and never the key in it."""
    answer = send(partner, key=key)
    page = answer.body.decode()
    assert answer.status == 403
    assert 'value="Otters are back"' in page
    assert "They *swim* again." in page
    assert not key or key not in page
    assert kept(ledger) == []


@pytest.mark.parametrize(
    ("fields", "flawed"),
    [
        ({"title": ""}, {"title"}),
        ({"text": "<script>alert(1)</script>", "link": "javascript:alert(1)"}, {"text", "link"}),
        ({"kind": "event", "day": ""}, {"day"}),
        ({"kind": "event", "day": soon(), "time": "19:00", "last_time": "18:00"}, {"last_day"}),
        ({"kind": "event", "day": "2019-12-08"}, {"day"}),
    ],
)
def test_a_form_that_is_not_right_comes_back_as_it_was(partner: Site, ledger: Store, fields, flawed):
    """Each field that is wrong is named, and nobody types twice."""
    answer = send(partner, **fields)
    page = answer.body.decode()
    assert answer.status == 422
    assert {field for field in ("title", "text", "link", "day", "last_day") if f'id="{field}-flaw"' in page} == flawed
    assert "<script>" not in page
    assert KEY not in page
    assert kept(ledger) == []


def test_a_revoked_key_and_a_strangers_page_are_refused(partner: Site, ledger: Store):
    """At once, and whatever else is right."""
    assert send(partner, from_site="cross-site").status == 403
    assert send(partner, "/campaigns/old-lines/contribute").status == 403, "a key is for one campaign"
    assert partner.ask("POST", PATH, "{}", {"content-type": "application/json"}).status == 415
    assert partner.ask("POST", PATH, b"title=%ff", FORM).status == 400
    assert partner.ask("POST", PATH, b"text=" + b"x" * 70_000, FORM).status == 413
    ledger.contributions.revoke(SLUG, ledger.ids.contribution_key(SLUG, KEY))
    assert send(partner).status == 403
    assert kept(ledger) == []


def test_hostile_texts_are_kept_as_text_or_refused(partner: Site, shared: Path):
    """Never a traceback, and never raw on the page that comes back."""
    for text in json.loads((shared / "hostile" / "blns.json").read_text())[::23]:
        typed = text.encode("utf-8", "replace").decode()
        for kind in ("news", "event"):
            fields = dict.fromkeys(("title", "text", "link", "place", "day", "time", "last_day"), typed)
            answer = send(partner, **{**fields, "kind": kind, "key": "wrong"})
            assert answer.status == 403, typed
            assert "<script" not in answer.body.decode().lower()
            assert send(partner, **{**fields, "kind": kind}).status in {303, 422}, typed


@pytest.mark.browser
def test_a_partner_sends_in_an_event(browser: Browser, partner: Site, ledger: Store):
    """On a phone in the dark, with a slip on the way, and usable by everyone."""
    view = opened(browser, partner, View(f"{PATH}?kind=event", "phone", "dark"))[0]
    try:
        view.get_by_label("organisation").fill("wrong")
        view.get_by_label("Title").fill("River walk")
        view.get_by_label("Day", exact=True).fill(soon())
        view.get_by_label("From").fill("19:30")
        view.get_by_label("Place").fill("Leeds")
        view.get_by_role("button").click()
        assert view.title().startswith("Not right yet")
        found = Axe().run(view)
        assert found.violations_count == 0, found.generate_report()
        assert view.evaluate("document.documentElement.scrollWidth <= innerWidth")
        view.get_by_label("organisation").fill(KEY)
        view.get_by_role("button").click()
        assert "it has arrived" in view.get_by_role("heading", level=1).inner_text()
        assert [one.title for one in kept(ledger)] == ["River walk"]
    finally:
        view.context.close()
