"""The console's previews: a call or bulletin as a reader gets it, beside its text; nobody real unless asked for."""

from __future__ import annotations

import os
import re
from html import unescape
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from tests.web.asking import Site
from tests.web.operators import PASSWORD, Operator
from tests.web.reader import enter
from tests.web.test_pages import WIDTHS, View, browser, opened
from workers.store import Store

__all__ = ["browser"]

NEWS = "/console/previews/bulletin/news"
CALL = "/console/previews/call/last-push"


@pytest.fixture
def operator(site: Site) -> Operator:
    """Somebody who is in."""
    operator = Operator(site)
    operator.login()
    return operator


@pytest.fixture
def author(web):
    """Writes the body of the bulletin "news", and puts back what it was."""
    file: Path = web[0].folder.parent / "home/config/bulletins/news/body.md"
    before = file.read_text()
    yield file.write_text
    file.write_text(before)


def body(answer) -> str:
    text: str = answer.body.decode()
    return text


def test_nobody_sees_a_preview_without_a_login(site: Site):
    """It may show somebody real."""
    for path in ("/console/previews", NEWS):
        assert site.get(path, accept="text/html").status == 303
        assert site.get(path).status == 401


def test_every_call_and_bulletin_is_listed(operator: Operator):
    """With the way to its preview."""
    page = body(operator.get("/console/previews"))
    assert f'<a href="{NEWS}">River news</a>' in page
    assert f'<a href="{CALL}">The last push</a>' in page
    assert "Walks &amp; &lt;talks&gt;" in page


def test_a_mail_is_shown_in_frames_without_scripts_beside_its_text(operator: Operator):
    """As an invented reader would get it; the styles that it brings along are let in, and nothing else of it."""
    answer = operator.get(NEWS)
    page = body(answer)
    assert answer.status == 200
    assert "everybody who agreed: 0 people now" in body(operator.get(f"{NEWS}?count"))
    assert "neither name nor constituency is known" in body(operator.get(f"{NEWS}?unknown"))
    assert "Sam Sample, who is invented" in page
    assert "The river rises." in page
    assert len(re.findall(r'<iframe[^>]* sandbox srcdoc="&lt;!DOCTYPE html&gt;', page)) == 2
    policy = answer.headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "script-src" not in policy
    assert answer.headers["cache-control"] == "no-store"


def test_somebody_real_is_shown_by_a_form_and_noted(operator: Operator, ledger: Store, author):
    """By POST, so that no address stands in an address; events and log name the id, and who looked."""
    author("Dear {{ person.name }}\n")
    who = enter(ledger, 'Pat "</iframe><script>" Reader', "pat@readers.example")
    page = body(operator.does(NEWS, person=who.email))
    assert who.id in page
    assert "<script>" not in page
    assert 'Dear Pat "</iframe><script>" Reader' in unescape(unescape(page))
    assert [(one.kind, one.body) for one in ledger.events.newest(1)] == [("person.shown", f"{who.id} by ines")]
    assert operator.send(NEWS, person=who.email).status == 403
    refused = operator.does(NEWS, person="nobody@readers.example")
    assert refused.status == 422
    assert "nobody with this address is known" in body(refused)


def test_what_keeps_it_from_being_sent_is_shown_with_its_line(operator: Operator, author):
    """An author looks here after each change."""
    author("Hello\n\n![](https://rivers.example/x.png)\n")
    answer = operator.get(NEWS)
    assert answer.status == 422
    assert "<code>bulletins/news/body.md:3</code>: has an image without alt text" in body(answer)
    assert "<iframe" not in body(answer)


@pytest.mark.parametrize("path", ["/console/previews/bulletin/nothing", "/console/previews/letter/news"])
def test_what_is_not_there_is_said(operator: Operator, path):
    """404, as everywhere."""
    assert operator.get(path).status == 404


@pytest.mark.browser
@pytest.mark.parametrize(("width", "theme"), [("phone", "dark"), ("desktop", "light")])
def test_a_preview_fits_every_screen_and_its_frames_show_the_mail(
    browser: Browser, operator: Operator, author, width: str, theme: str
):
    """Styled as the mail is; nothing reaches over the edge, and axe finds no barrier."""
    author('# Hello\n\n[Write](https://rivers.example/write "button")\n')
    page, said = opened(browser, operator.site, View("/console/login", width, theme))
    try:
        page.get_by_label("Your name, as the log is to know it").fill("ines")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button").click()
        page.goto(NEWS)
        frame = page.frame_locator("iframe.phone")
        button = frame.locator("a.button")
        assert button.evaluate("node => getComputedStyle(node).paddingLeft") == "22px"
        assert frame.locator("h1").inner_text() == "Hello"
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
        assert said == []
        if folder := os.environ.get("SHOTS"):
            # Frames out of view stay blank.
            page.set_viewport_size({"width": WIDTHS[width][0], "height": 3400})
            page.frame_locator(".desk iframe").locator("h1").wait_for()
            page.screenshot(path=Path(folder) / f"web-console-preview-{width}-{theme}.png", full_page=True)
    finally:
        page.context.close()
