"""The pages of readers' personal links in a real browser: on every screen, and whole without a script."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from tests.support.wait import wait_until
from tests.web.reader import SLUG, Reader, reader
from tests.web.test_pages import View, browser, opened

__all__ = ["browser", "reader"]

_VIEWS = [
    ("phone", "dark", "leave"),
    ("desktop", "light", "left"),
    ("phone", "light", "choose"),
    ("desktop", "dark", "choose"),
    ("phone", "dark", "act"),
    ("desktop", "light", "act"),
]


@pytest.mark.browser
@pytest.mark.parametrize(("width", "theme", "page"), _VIEWS)
def test_the_page_has_no_barrier(browser: Browser, reader: Reader, width: str, theme: str, page: str):
    """axe finds nothing, nothing sticks out sideways, every press is large enough, and the console is silent."""
    if page == "left":
        reader.one_click(reader.leave)
    path = {"choose": reader.choose, "act": reader.act}.get(page, reader.leave)
    shown, said = opened(browser, reader.site, View(path, width, theme))
    try:
        found = Axe().run(shown)
        assert found.violations_count == 0, found.generate_report()
        assert shown.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert all((box := button.bounding_box()) and box["height"] >= 44 for button in shown.locator("button").all())
        assert said == []
    finally:
        shown.context.close()


@pytest.mark.browser
def test_a_reader_leaves_chooses_and_comes_back_without_a_script(browser: Browser, reader: Reader):
    """From the link in the mail to the page where everything is chosen."""
    page, _ = opened(browser, reader.site, View(reader.leave, "phone", script=False))
    try:
        page.get_by_role("button", name="Send me no more bulletins").click()
        page.get_by_role("heading", name="You get no more bulletins").wait_for()
        assert reader.agreed == {"calls", "updates"}
        page.get_by_role("link", name="Choose what you get").click()
        page.get_by_label("River news").check()
        page.get_by_label("Seldom").check()
        page.get_by_role("button", name="Save").click()
        page.get_by_text("Saved.").wait_for()
        assert page.get_by_label("River news").is_checked()
        assert not page.get_by_label("Walks").is_checked()
        assert reader.words == {"no:walks", "seldom"}
        page.get_by_role("button", name="Send me nothing at all").click()
        page.get_by_text("Nothing more is sent to you.").wait_for()
        assert reader.choices.gets_nothing
    finally:
        page.context.close()


@pytest.mark.browser
def test_a_supporter_acts_on_a_call_without_a_script(browser: Browser, reader: Reader):
    """The letter stands written, a word is changed, somebody is left out; one press, and it says where they are."""
    page, _ = opened(browser, reader.site, View(reader.act, "phone", script=False))
    try:
        assert page.get_by_label("Your words").input_value() == "I have fished here for years."
        page.get_by_label("Your words").fill("I swim here.")
        page.get_by_label("Candidate 2").uncheck()
        page.get_by_role("button", name="Send my letters").click()
        page.get_by_role("heading", name="Thank you: you have written").wait_for()
        taken = next(reader.ledger.actions.newest_first(SLUG))
        assert (taken.message, taken.candidates) == ("I swim here.", ("1", "3"))
        page.goto(reader.act)
        page.get_by_role("heading", name="Thank you: you have written").wait_for()
    finally:
        page.context.close()


@pytest.mark.browser
def test_a_page_that_is_touched_counts_as_opened_and_one_that_is_loaded_does_not(browser: Browser, reader: Reader):
    """Programs that follow links run scripts, too; people touch what they read."""
    page, said = opened(browser, reader.site, View(reader.act))
    try:
        page.reload(wait_until="load")
        assert reader.ledger.calls.response(SLUG, "last-push").opened == 0
        with page.expect_request("**/seen"):
            page.keyboard.press("Tab")
        wait_until(lambda: reader.ledger.calls.response(SLUG, "last-push").opened == 1)
        assert said == []
    finally:
        page.context.close()
