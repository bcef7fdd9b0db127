"""The page of a personal link in a real browser: on every screen, without a script, and looked at by mail scanners."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.web.signing import SLUG, Link, link, pushes, state
from tests.web.test_pages import WIDTHS, View, browser, opened
from workers.campaign.answers import Answer, Said
from workers.campaign.signature import Signature

__all__ = ["browser", "link", "pushes"]

_NOON = 1_790_000_000
_VIEWS = [(width, theme, has) for width in WIDTHS for theme in ("light", "dark") for has in ("new", "said", "signed")]
_QUIET = {Said.LESS_OFTEN, Said.STOPPED, Said.WRONG_ADDRESS, Said.DECLINED}


def _prepare(link: Link, has: str) -> None:
    """Nothing, every answer but yes, or a signature."""
    for said in _QUIET if has == "said" else ():
        about = link.ledger.ids.address("c1@candidates.example") if said is Said.WRONG_ADDRESS else ""
        link.ledger.answers.put(SLUG, "1", Answer(said, _NOON, about))
    if has == "signed":
        link.ledger.signatures.record(SLUG, Signature("1", _NOON, "link"))


@pytest.mark.browser
@pytest.mark.parametrize(("width", "theme", "has"), _VIEWS)
def test_the_page_has_no_barrier(browser: Browser, link: Link, width: str, theme: str, has: str):
    """axe finds nothing, nothing sticks out sideways, every press is large enough, and the console is silent."""
    _prepare(link, has)
    page, said = opened(browser, link.site, View(link.path, width, theme))
    try:
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert all((box := button.bounding_box()) and box["height"] >= 44 for button in page.locator("button").all())
        assert said == []
    finally:
        page.context.close()


def _look(browser: Browser, link: Link, width: str) -> Page:
    return opened(browser, link.site, View(link.path, width, script=False))[0]


@pytest.mark.browser
@pytest.mark.parametrize("width", WIDTHS)
def test_a_candidate_signs_without_a_script(browser: Browser, link: Link, width: str):
    """One press, and the page says since when."""
    page = _look(browser, link, width)
    try:
        page.get_by_role("button", name="Sign the charter").click()
        page.get_by_role("heading", name="Thank you: you have signed").wait_for()
        assert page.get_by_text("Signed on").is_visible()
        assert page.get_by_role("button", name="Sign the charter").count() == 0
        assert link.ledger.signatures.all(SLUG).keys() == {"1"}
    finally:
        page.context.close()


@pytest.mark.browser
@pytest.mark.parametrize("width", WIDTHS)
def test_a_candidate_says_no_without_a_script(browser: Browser, link: Link, width: str):
    """With a reason that is kept to the last line, and the other wishes one after the other; then takes all back."""
    page = _look(browser, link, width)
    try:
        page.get_by_label("Why?").fill("Not now.\nPerhaps later.")
        page.get_by_role("button", name="I will not sign").click()
        page.get_by_role("heading", name="You have said no").wait_for()
        for name in ("Write to me less often", "Do not write to me again", "This address is wrong"):
            page.get_by_role("button", name=name).click()
            page.get_by_role("button", name=name).wait_for(state="detached")
        assert link.ledger.answers.reason(SLUG, "1") == "Not now.\nPerhaps later."
        assert {one.said for one in link.ledger.answers.of(SLUG, "1")} == _QUIET
        assert set(link.waits().values()) == {"withheld declined"}
        assert page.get_by_role("button", name="Sign the charter").is_visible()
        for name in ("Write to me as before", "Write to me again", "This address is right", "Take my no back"):
            page.get_by_role("button", name=name, exact=True).click()
            page.get_by_role("button", name=name, exact=True).wait_for(state="detached")
        assert link.ledger.answers.of(SLUG, "1") == []
    finally:
        page.context.close()


@pytest.mark.browser
def test_a_scanner_that_renders_and_follows_everything_changes_nothing(browser: Browser, link: Link):
    """Law 6: it opens, prefetches, prerenders and follows each link with scripts on, as mail filters do."""
    before = state(link.ledger)
    page, _ = opened(browser, link.site, View(link.path))
    try:
        found = page.locator("[href^='/'], [src^='/'], [action^='/']").evaluate_all(
            "all => all.flatMap(one => ['href', 'src', 'action'].map(name => one.getAttribute(name)).filter(Boolean))"
        )
        assert link.path in found
        for path in {*found, link.path}:
            page.evaluate(
                """async path => {
                    const hint = document.head.appendChild(document.createElement("link"));
                    Object.assign(hint, {rel: "prefetch", href: path});
                    await fetch(path);
                    await fetch(path, {method: "HEAD"});
                }""",
                path,
            )
        for path in {*found, link.path}:
            page.goto(path, wait_until="load")
        page.goto(link.path)
        page.keyboard.press("Tab")
        page.get_by_label("Why?").fill("typed, and never sent")
        page.reload()
        assert state(link.ledger) == before
        assert set(link.waits().values()) == {"queued"}
    finally:
        page.context.close()
