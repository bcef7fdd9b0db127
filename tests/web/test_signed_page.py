"""The page of those who signed, in a real browser: on every screen, with a script or without, and on paper."""

from __future__ import annotations

from dataclasses import replace

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.support.wait import wait_until
from tests.web.asking import Site
from tests.web.conftest import candidate
from tests.web.test_pages import WIDTHS, View, browser, opened
from tests.web.test_signatories import NOON, PAGE, listed
from workers.campaign.signature import Signature
from workers.store import Store

__all__ = ["browser"]

_DAY_S = 86_400
_THEMES = ("light", "dark")
_VIEWS = [View(PAGE, width, theme, script) for width in WIDTHS for theme in _THEMES for script in (True, False)]
_ROWS = "table.roll tr:not(.group) th[scope=row]"
_HOSTILE = '<img src=x onerror="alert(1)"> & "Sons"'


@pytest.fixture
def many(site: Site, ledger: Store) -> Site:
    """Sixty who signed in fourteen parties over twenty days, one with a name that is no HTML."""
    people = [
        replace(
            candidate(100 + number),
            name=f"{'ABCDEFGHIJ'[number % 10]}. Candidate {number:02}",
            party=f"Party {number % 14:02}",
            constituency_name=f"{'KLMNOPQ'[number % 7]}ford and the Long Valley",
            region=f"Region {number % 3}",
        )
        for number in range(60)
    ]
    people[7] = replace(people[7], name=_HOSTILE)
    ledger.candidates.apply("clean-rivers", people)
    for number, one in enumerate(people):
        evidence = "https://news.example/charter" if number % 5 == 0 else ""
        ledger.signatures.record("clean-rivers", Signature(one.id, NOON + number % 20 * _DAY_S, "link", evidence))
    wait_until(lambda: len(listed(site)) == 60 and all(one["region"] for one in listed(site)))
    return site


def look(browser: Browser, site: Site, view: View) -> tuple[Page, list[str]]:
    """The page, once it shows everyone."""
    page, said = opened(browser, site, view)
    assert page.locator(_ROWS).count() == 60
    return page, said


@pytest.mark.browser
@pytest.mark.parametrize("view", _VIEWS, ids=lambda view: "-".join(map(str, view[1:])))
def test_the_list_has_no_barrier(browser: Browser, many: Site, view: View):
    """axe finds nothing, nothing sticks out sideways, and every row is there without a script."""
    page, said = look(browser, many, view)
    try:
        page.get_by_text("By day, as a table").click()
        assert page.get_by_role("row", name="14 November 2023 3 3").is_visible()
        if view.script:
            found = Axe().run(page)
            assert found.violations_count == 0, found.generate_report()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert said == []
    finally:
        page.context.close()


@pytest.mark.browser
@pytest.mark.parametrize("width", WIDTHS)
def test_the_form_finds_without_a_script(browser: Browser, many: Site, width: str):
    """Search, party and order are plain form fields, and they keep what was asked for."""
    page, _ = look(browser, many, View(PAGE, width, script=False))
    try:
        page.get_by_label("Name, party or place").fill("candidate nford")
        page.get_by_label("Region").select_option("Region 0")
        page.get_by_label("Order").select_option("newest first")
        page.get_by_role("button", name="Show").click()
        assert page.get_by_role("heading", level=2).inner_text() == "3 of 60, newest first"
        assert [name.split(".")[0] for name in page.locator(_ROWS).all_inner_texts()] == ["F", "E", "D"]
        assert page.get_by_label("Name, party or place").input_value() == "candidate nford"
        assert "q=candidate+nford" in (page.get_by_role("link", name="spreadsheet").get_attribute("href") or "")
        page.get_by_role("link", name="Show everyone who signed").click()
        assert page.locator(_ROWS).count() == 60
    finally:
        page.context.close()


@pytest.mark.browser
def test_names_are_words(browser: Browser, many: Site):
    """Whatever a candidate file holds, it is shown and not run; so is what is searched for."""
    page, said = look(browser, many, View(f"{PAGE}?order=name"))
    try:
        assert page.get_by_role("rowheader", name=_HOSTILE, exact=True).count() == 1
        page.goto(f"{PAGE}?q=%22%3E%3Cimg+src=x+onerror=alert(1)%3E")
        assert page.get_by_text("Nobody who signed is like that").is_visible()
        assert page.locator("img").count() == 0
        assert said == []
    finally:
        page.context.close()


@pytest.mark.browser
def test_the_list_prints_whole(browser: Browser, many: Site):
    """On paper: every row and every party, no form, black on white in either theme."""
    page, _ = look(browser, many, View(PAGE, theme="dark"))
    try:
        page.emulate_media(media="print")
        assert not page.get_by_role("button", name="Show").is_visible()
        assert page.get_by_role("rowheader", name="Party 13", exact=True).first.is_visible()
        assert page.locator(_ROWS).last.is_visible()
        assert page.evaluate("getComputedStyle(document.documentElement).backgroundColor") == "rgb(255, 255, 255)"
        assert page.pdf().startswith(b"%PDF")
    finally:
        page.context.close()


@pytest.mark.browser
def test_a_campaigns_page_names_who_signs_while_it_is_open(browser: Browser, site: Site, ledger: Store):
    """The newest names follow the count within seconds."""
    wait_until(lambda: listed(site) == [])
    page, said = opened(browser, site, View("/campaigns/clean-rivers"))
    try:
        page.get_by_text("Live. As of").wait_for()
        ledger.signatures.record("clean-rivers", Signature("1", NOON, "form"))
        page.locator(".newest li").get_by_text("Candidate 1", exact=True).wait_for()
        assert page.locator(".newest time").inner_text() == "14 November 2023"
        page.get_by_role("link", name="Everyone who signed").click()
        assert page.get_by_role("heading", level=1).inner_text() == "One candidate has signed"
        assert said == []
    finally:
        page.context.close()


@pytest.mark.browser
def test_before_anyone_signed_the_page_says_so(browser: Browser, site: Site):
    """The link to it may be passed on from the first day."""
    wait_until(lambda: listed(site) == [])
    page, said = opened(browser, site, View(PAGE, "phone"))
    try:
        assert page.get_by_role("heading", level=1).inner_text() == "No candidate has signed yet"
        assert Axe().run(page).violations_count == 0
        assert said == []
    finally:
        page.context.close()
