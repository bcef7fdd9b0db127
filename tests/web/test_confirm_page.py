"""The confirm page in a real browser: on every screen, with and without a script, and looked at by mail scanners."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.web.confirming import SLUG, Confirm, confirm
from tests.web.test_pages import View, browser, opened
from workers.campaign.intents import Over
from workers.campaign.signature import Signature

__all__ = ["browser", "confirm"]

_VIEWS = [("phone", "light"), ("desktop", "dark")]
_STATES = ["new", "flawed", "signed", "confirmed", "withdrawn"]
_CHANGE = "Change words, or leave somebody out"


def _prepare(page: Page, confirm: Confirm, has: str) -> None:
    """Brings the page into one of its states."""
    if has == "signed":
        for number in "123":
            confirm.ledger.signatures.record(SLUG, Signature(number, 1_790_000_000, "form"))
        page.reload()
    if has == "flawed":
        page.get_by_text(_CHANGE).click()
        for box in page.get_by_role("checkbox").all():
            box.uncheck()
    presses = {"flawed": "Show me", "confirmed": "Yes, send", "withdrawn": "Take it all back"}
    if has in presses:
        page.get_by_role("button", name=presses[has]).click()
        page.wait_for_load_state()


@pytest.mark.browser
@pytest.mark.parametrize(("width", "theme"), _VIEWS)
@pytest.mark.parametrize("has", _STATES)
def test_the_page_has_no_barrier(browser: Browser, confirm: Confirm, width: str, theme: str, has: str):
    """axe finds nothing, nothing sticks out sideways, every press is large enough, and the console is silent."""
    page, said = opened(browser, confirm.site, View(confirm.path, width, theme))
    try:
        _prepare(page, confirm, has)
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert all(
            (box := button.bounding_box()) and box["height"] >= 44 for button in page.locator("button:visible").all()
        )
        assert [line for line in said if "422" not in line] == []
    finally:
        page.context.close()


@pytest.mark.browser
@pytest.mark.parametrize(("width", "script"), [("phone", False), ("desktop", True)])
def test_a_supporter_changes_words_drops_a_letter_and_confirms(
    browser: Browser, confirm: Confirm, width: str, script: bool
):
    """As people do: look, change, look again, send."""
    page = opened(browser, confirm.site, View(confirm.path, width, script=script))[0]
    try:
        page.get_by_text(_CHANGE).click()
        assert not page.get_by_role("button", name="Yes, send").is_visible(), "it would send the words from before"
        page.get_by_label("Your words").fill("I swim there every week.")
        page.get_by_role("checkbox", name="Candidate 2").uncheck()
        page.get_by_role("button", name="Show me the letters").click()
        page.get_by_text("I swim there every week.").first.wait_for()
        assert confirm.ledger.actions.count(SLUG) == 0
        page.get_by_role("button", name="Yes, send my letters").click()
        page.get_by_role("heading", name="Thank you: you have written").wait_for()
        found = confirm.found()
        assert isinstance(found, Over)
        action = confirm.ledger.actions.get(found.action)
        assert (action.candidates, action.message) == (("1", "3"), "I swim there every week.")
    finally:
        page.context.close()


@pytest.mark.browser
@pytest.mark.parametrize(
    ("button", "how", "script"), [("Take it all back", "withdrawn", False), ("It was not me", "disowned", True)]
)
def test_a_supporter_takes_it_back(browser: Browser, confirm: Confirm, button: str, how: str, script: bool):
    """One press, and a page that says what became of it."""
    page = opened(browser, confirm.site, View(confirm.path, "phone", script=script))[0]
    try:
        page.get_by_role("button", name=button).click()
        page.get_by_role("status").wait_for()
        assert confirm.found() == Over(how)
        page.reload()
        assert page.get_by_role("status").is_visible()
    finally:
        page.context.close()


@pytest.mark.browser
def test_enter_in_the_subject_shows_and_does_not_send(browser: Browser, confirm: Confirm):
    """A key that people press by habit."""
    page = opened(browser, confirm.site, View(confirm.path))[0]
    try:
        page.get_by_text(_CHANGE).click()
        page.get_by_label("Subject").fill("My river")
        page.get_by_label("Subject").press("Enter")
        page.get_by_text("My river").first.wait_for()
        assert confirm.ledger.actions.count(SLUG) == 0
    finally:
        page.context.close()


@pytest.mark.browser
def test_a_scanner_that_renders_and_follows_everything_changes_nothing(browser: Browser, confirm: Confirm):
    """Law 6: it opens, prefetches and follows each link with scripts on, as mail filters do."""
    before = confirm.state()
    page, _ = opened(browser, confirm.site, View(confirm.path))
    try:
        found = page.locator("[href^='/'], [src^='/'], [action^='/']").evaluate_all(
            "all => all.flatMap(one => ['href', 'src', 'action'].map(name => one.getAttribute(name)).filter(Boolean))"
        )
        assert confirm.path in found
        for path in sorted({*found, confirm.path}):
            page.evaluate(
                "async path => { await fetch(path); await fetch(path, {method: 'HEAD'}); }",
                path,
            )
            page.goto(path, wait_until="load")
        page.goto(confirm.path)
        page.get_by_text(_CHANGE).click()
        page.get_by_label("Your words").fill("typed, and never sent")
        page.reload()
        assert confirm.state() == before
    finally:
        page.context.close()
