"""The console in a real browser: usable by everyone at any width and theme, live with a script, whole without one."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.support.people import person, take
from tests.web.asking import Site
from tests.web.operators import PASSWORD
from tests.web.test_console import dead
from tests.web.test_pages import View, browser, opened
from workers.store import Store

__all__ = ["browser", "dead"]

SLUG = "clean-rivers"


def entered(browser: Browser, site: Site, view: View) -> tuple[Page, list[str]]:
    """The console's page, after the login."""
    page, said = opened(browser, site, view)
    enter(page)
    return page, said


def enter(page: Page) -> None:
    """Logs in."""
    page.get_by_label("Your name").fill("ines")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url("**/console")


def require_open_to_all(page: Page) -> None:
    """axe finds nothing, and nothing sticks out sideways."""
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), page.url


@pytest.mark.browser
@pytest.mark.parametrize("view", [View("/console", "phone"), View("/console", theme="dark")], ids=["phone", "dark"])
def test_no_page_of_the_console_has_a_barrier(browser: Browser, site: Site, ledger: Store, dead: list[str], view: View):
    """At two in the morning, on a phone, with a screen reader; and its scripts keep to the content policy."""
    action = take(ledger, person(ledger.ids, 1), ("1", "2", "3"))
    ledger.letters.write(SLUG, [action.id], 60_000)
    ledger.pauses.pause(f"campaign:{SLUG}", "a wrong word in the letter", "otto")
    few, others = ("pause", "dead-letters", f"explain/{action.id}"), ("log", f"dead-letters/{dead[0]}")
    page, said = opened(browser, site, view)
    try:
        require_open_to_all(page)
        enter(page)
        page.get_by_text("Live. As of").wait_for()
        require_open_to_all(page)
        for path in few if view.width == "phone" else (*others, f"resume?scope=campaign:{SLUG}"):
            page.goto(f"/console/{path}")
            require_open_to_all(page)
        assert said == []
    finally:
        page.context.close()


@pytest.mark.browser
def test_an_open_page_follows_and_the_keyboard_stays_where_it_is(browser: Browser, site: Site, ledger: Store):
    """What is read anew every second must not throw out who is about to press Enter."""
    page, _ = entered(browser, site, View("/console"))
    try:
        page.get_by_text("Live. As of").wait_for()
        link = page.get_by_role("link", name=f"Pause {SLUG}")
        link.focus()
        ledger.letters.write(SLUG, [take(ledger, person(ledger.ids, 1), ("1", "2")).id], 60_000)
        expect(page.get_by_role("row", name=SLUG).locator('[data-says="to go"]')).to_have_text("2")
        expect(link).to_be_focused()
    finally:
        page.context.close()


@pytest.mark.browser
def test_the_console_works_without_a_script(browser: Browser, site: Site, ledger: Store):
    """Reload is enough: every number and every deed is there."""
    page, _ = entered(browser, site, View("/console", "phone", script=False))
    try:
        page.get_by_role("link", name="Pause everything").click()
        page.get_by_label("Why?").fill("a look at it")
        page.get_by_role("button", name="Pause everything").click()
        page.get_by_role("link", name="Look again").click()
        assert page.get_by_role("rowheader", name="everything").is_visible()
        assert page.get_by_role("cell", name="a look at it").is_visible()
        page.get_by_role("link", name="Resume everything").click()
        page.get_by_role("button", name="Resume everything").click()
        assert ledger.pauses.all() == {}
    finally:
        page.context.close()
