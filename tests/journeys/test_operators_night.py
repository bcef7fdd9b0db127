"""An operator's night: the provider fails, the breaker stops the campaign, a person finds out why and lets it go on."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.town import Campaign
from tests.support.wait import wait_until
from tests.web.operators import PASSWORD
from tests.web.test_pages import browser

__all__ = ["browser"]

#: Enough for the breaker to make up its mind.
_CANDIDATES = [f"c{number}" for number in range(60)]
_TIMEOUT_MS = 15_000


def outage(campaign: Campaign) -> None:
    """The provider refuses whatever it is given, and one supporter's letters are lost to it."""
    campaign.candidates(*_CANDIDATES)
    campaign.town.provider_does({"fault": "status", "status": 400})
    campaign.write("Wilma")


def healed(campaign: Campaign) -> None:
    """It takes mail again."""
    campaign.town.provider_does({"clear": True})


def summary(campaign: Campaign) -> dict[str, dict[str, Any]]:
    """The log's summary of this campaign, by event."""
    rows = campaign.town.mobilise("logs", "--summary", "--campaign", campaign.slug)
    return {row["event"]: row for row in rows}


def test_a_night_on_the_command_line(campaign: Campaign):
    """Nobody's letter is lost but those that the provider refused, and each of these is accounted for."""
    outage(campaign)
    wait_until(lambda: "breaker.opened" in summary(campaign))
    seen = summary(campaign)
    assert seen["letters.rejected"]["count"] >= 1
    assert "error" in seen["breaker.opened"]["levels"]
    waiting = campaign.write("Otto", candidates=_CANDIDATES[:20])
    campaign.comes_to(rejected=60, queued=20)
    told = campaign.town.mobilise("explain", waiting[0])
    assert "60 of 60 letters rejected in 60 min" in " ".join(told["now"])
    command = f"mobilise campaigns resume {campaign.slug}"
    assert command in [step["command"] for step in told["next"]]
    refused = campaign.town.mobilise("letters", "list", "-c", campaign.slug, "--state", "rejected", "--limit", "1")
    assert "refuses this letter for good" in " ".join(campaign.town.mobilise("explain", refused[0]["letter"])["now"])
    healed(campaign)
    campaign.town.mobilise(*command.split()[1:])
    campaign.comes_to(rejected=60, delivered=20)
    assert campaign.mobilise("tally", "verify")["balanced"]
    story = campaign.town.mobilise("explain", waiting[0])
    assert "delivered" in story["now"][0]
    assert any("Sending went on" in moment["says"] for moment in story["moments"])


def login(browser: Browser, campaign: Campaign) -> Page:
    """The console of this town, on a phone."""
    context = browser.new_context(viewport={"width": 390, "height": 844}, base_url=campaign.town.web_url)
    context.set_default_timeout(_TIMEOUT_MS)
    page = context.new_page()
    page.goto("/console")
    page.get_by_label("Your name").fill("ines")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.get_by_text("Live. As of").wait_for()
    return page


@pytest.mark.browser
def test_a_night_at_the_console(browser: Browser, campaign: Campaign):
    """The same on a phone: what is wrong comes up by itself, and one link leads to what can be done."""
    expect.set_options(timeout=_TIMEOUT_MS)
    page, slug = login(browser, campaign), campaign.slug
    try:
        outage(campaign)
        alarm = page.locator(".alarms li").filter(has_text=f"the campaign {slug}.")
        expect(alarm).to_contain_text("60 of 60 letters rejected in 60 min")
        log = page.locator('[data-part="log"] li').filter(has_text="breaker.opened").filter(has_text=slug)
        expect(log).to_contain_text("the campaign is paused until a person lets it go on")
        waiting = campaign.write("Otto", candidates=_CANDIDATES[:20])
        campaign.comes_to(rejected=60, queued=20)
        expect(page.locator(".book").filter(has_text=f"{slug}: letters")).to_contain_text("queued 20")
        page.get_by_role("link", name="Explain", exact=True).click()
        page.get_by_label("The id of").fill(waiting[0])
        page.get_by_role("button", name="Explain").click()
        expect(page.get_by_text(f"mobilise campaigns resume {slug}")).to_be_visible()
        healed(campaign)
        page.get_by_role("link", name="Console").click()
        page.locator(".alarms li").filter(has_text=f"the campaign {slug}.").get_by_role("link").click()
        page.get_by_role("button", name=f"Resume the campaign {slug}").click()
        expect(page.locator(".book").filter(has_text=f"{slug}: letters")).to_contain_text("delivered 20")
        expect(page.locator(".alarms li").filter(has_text=f"the campaign {slug}.")).to_have_count(0)
        campaign.comes_to(rejected=60, delivered=20)
        page.get_by_role("button", name="Log out ines").click()
        expect(page.get_by_label("Password")).to_be_visible()
    finally:
        page.context.close()
    assert campaign.mobilise("tally", "verify")["balanced"]
    assert summary(campaign)["sending.resumed"]["levels"] == {"warning": 1}
