"""The pages in a real browser: whole without a script, live with one, and usable by everyone."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

from tests.support.wait import wait_until
from tests.web.asking import Site
from tests.web.test_reading import TALLY, sent
from workers.campaign.signature import Signature
from workers.store import Store

WIDTHS = {"phone": (390, 844), "desktop": (1280, 900)}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A Chromium; without one these tests are skipped, but not where CI is set."""
    program = shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        if os.environ.get("CI"):
            pytest.fail("no chromium on the path, and this is CI")
        pytest.skip("no chromium on the path: the pages are not tried in a browser")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield chromium
        chromium.close()


class View(NamedTuple):
    """How a page is looked at."""

    path: str
    width: str = "desktop"
    theme: str = "light"
    script: bool = True


def opened(browser: Browser, site: Site, view: View) -> tuple[Page, list[str]]:
    """A page, and what its console says; a shot of it if SHOTS names a folder."""
    size = WIDTHS[view.width]
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        color_scheme="dark" if view.theme == "dark" else "light",
        java_script_enabled=view.script,
        base_url=site.url,
        locale="en-GB",
    )
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(view.path, wait_until="load")
    if folder := os.environ.get("SHOTS"):
        name = view.path.strip("/").replace("/", "-") or "index"
        page.screenshot(path=Path(folder) / f"web-{name}-{view.width}-{view.theme}.png", full_page=True)
    return page, said


VIEWS = [
    *(View("/campaigns/clean-rivers", width, theme) for width in WIDTHS for theme in ("light", "dark")),
    View("/", "desktop", "dark"),
    View("/docs", "phone", "light"),
    View("/docs", "desktop", "dark"),
    View("/campaigns/clean-rivers/signatories/1", "phone", "dark"),
    View("/campaigns/clean-rivers/signatories/1", "desktop", "light"),
    View("/campaigns/no-such", "phone", "dark"),
]


def well_known(site: Site, ledger: Store, signed: int = 0) -> None:
    """A campaign in which something has happened."""
    for number in range(3):
        sent(site, ledger, name=f"Supporter {'abc'[number]}")
    if signed:
        ledger.signatures.record("clean-rivers", Signature("1", 1_700_000_000, "form"))
    wait_until(lambda: (tally := site.get(TALLY).json())["contacts"] == 6 and tally["signatories"] == signed)


@pytest.mark.browser
@pytest.mark.parametrize("view", VIEWS, ids=lambda view: "-".join(map(str, view[:3])))
def test_a_page_has_no_barrier(browser: Browser, site: Site, ledger: Store, view: View):
    """axe finds nothing, nothing sticks out sideways, and the console is silent (so the content policy is kept)."""
    well_known(site, ledger, signed=1)
    page, said = opened(browser, site, view)
    try:
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert [line for line in said if "404" not in line] == []
    finally:
        page.context.close()


@pytest.mark.browser
def test_the_count_moves_on_an_open_page(browser: Browser, site: Site, ledger: Store):
    """Nobody has to press reload on the evening that matters."""
    wait_until(lambda: site.get(TALLY).json()["contacts"] == 0)
    page, _ = opened(browser, site, View("/campaigns/clean-rivers"))
    try:
        page.get_by_text("Live. As of").wait_for()
        sent(site, ledger)
        page.locator('[data-count="contacts"]:text-is("2")').wait_for()
        page.locator('[data-state="accepted"]:text-is("2")').wait_for()
        assert page.locator("[data-bars=contacts_by_party] th").all_inner_texts() == [
            "Hill & Dale Party",
            "River Party",
        ]
        assert page.locator('[data-count="supporters"]').inner_text() == "1"
    finally:
        page.context.close()


@pytest.mark.browser
def test_a_page_is_whole_without_a_script(browser: Browser, site: Site, ledger: Store):
    """The numbers stand in what the server sends."""
    well_known(site, ledger)
    page, _ = opened(browser, site, View("/campaigns/clean-rivers", script=False))
    try:
        assert page.locator('[data-count="contacts"]').inner_text() == "6"
        assert page.locator("[data-bars=contacts_by_party] tr").count() == 2
        assert page.get_by_text("No candidate has signed yet.").is_visible()
        assert page.title() == "Clean Rivers & <Lakes>"
    finally:
        page.context.close()


def test_a_campaigns_words_are_words(site: Site):
    """Titles and charters are escaped like everything else."""
    html = site.get("/campaigns/clean-rivers").body.decode()
    assert "Clean Rivers &amp; &lt;Lakes&gt;" in html
    assert "And for &lt;b&gt;lakes&lt;/b&gt;." in html
    assert 'property="og:title"' in html


def test_a_person_is_refused_with_a_page(site: Site):
    """And a program with JSON, at the same address."""
    assert site.get("/nothing", accept="text/html").headers["content-type"].startswith("text/html")
    assert site.get("/nothing", accept="*/*").headers["content-type"] == "application/problem+json"
    assert site.get("/api/nothing", accept="text/html").headers["content-type"] == "application/problem+json"


def test_styles_and_scripts_may_be_kept(site: Site):
    """Under a name that changes with their content; any other name is asked for again."""
    html = site.get("/").body.decode()
    link = html.partition('rel="stylesheet" href="')[2].partition('"')[0]
    assert "immutable" in site.get(link).headers["cache-control"]
    assert site.get("/static/page.css?v=old").headers["cache-control"] == "no-cache"
    for name in ("none.css", "..%2fsite.py", "%2e%2e/site.py"):
        assert site.get(f"/static/{name}").status == 404
