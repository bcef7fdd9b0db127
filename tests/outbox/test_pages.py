"""The outbox in a browser: readable, accessible, and harmless whatever the mail holds."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from tests.outbox.conftest import Client, call
from tests.support.outbox import Outbox
from tests.support.wait import wait_until
from workers.outbox.options import OutboxOptions

NASTY = '<script>document.title="owned"</script><img src=x onerror="document.title=1"><form action=/rules method=post>'
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def fill(client):
    """Three mails of which nothing is left to report."""
    client.send(call("jo@party.example", "kim@party.example", subject="Warm homes: will you sign?"))
    html = f"<html lang=en><body><h1>Dear Jo</h1>{NASTY}</body></html>"
    content = [{"type": "text/plain", "value": NASTY}, {"type": "text/html", "value": html}]
    client.send(call("lee@party.example", subject=NASTY, content=content))
    wait_until(lambda: client.json("/outbox/summary")["events_waiting"] == 0)
    return client


@pytest.fixture
def reported(start, listener):
    """For tests that change something: an outbox of their own, with somewhere to report to."""
    return fill(Client(start("--events-to", listener.url, "--delivered", "0", "--event-every", "0.05")))


@pytest.fixture(scope="module")
def shown(tmp_path_factory):
    """For tests that only look: one outbox for all; what it reports goes nowhere."""
    options = ("--events-to", "http://127.0.0.1:9/", "--delivered", "0", "--event-every", "0.05")
    with Outbox(tmp_path_factory.mktemp("shown"), *options) as outbox:
        yield fill(Client(outbox))


def test_the_list_shows_the_newest_first_and_can_be_searched(shown):
    """By name, address, subject, text, id or state."""
    listed = shown.json("/outbox/mails")
    assert [mail["number"] for mail in listed["mails"]] == [3, 2, 1]
    assert [mail["number"] for mail in shown.json("/outbox/mails?q=KIM%40party")["mails"]] == [2]
    assert [mail["number"] for mail in shown.json("/outbox/mails?q=warm+d0")["mails"]] == [1]
    assert shown.json("/outbox/mails?q=nothing-like-it")["mails"] == []


def test_the_list_comes_in_pages(shown):
    """The same for a search as without."""
    first = shown.json("/outbox/mails?limit=2")
    assert ([mail["number"] for mail in first["mails"]], first["more"]) == ([3, 2], True)
    last = shown.json("/outbox/mails?limit=2&offset=2")
    assert ([mail["number"] for mail in last["mails"]], last["more"]) == ([1], False)
    found = shown.json("/outbox/mails?limit=1&q=homes")
    assert ([mail["number"] for mail in found["mails"]], found["more"]) == ([2], True)
    assert shown.json("/outbox/mails?limit=1&offset=1&q=homes")["more"] is False


@pytest.mark.parametrize(
    "path", ["/outbox/mails?limit=x", "/outbox/mails?offset=-1", "/?page=x", "/outbox/mails?limit=٣"]
)
def test_a_page_that_is_no_number_is_refused(path, shown):
    """One sentence, no trace."""
    answer = shown.get(path)
    assert answer.status == 400
    assert b"Traceback" not in answer.data


@pytest.mark.parametrize(
    "path", ["/mails/99", "/mails/0", "/mails/1?show=x", "/outbox/mails/99", "/nowhere", "/mails/99/html"]
)
def test_what_is_not_there_is_not_found(path, shown):
    """A page for people, problem+json for programs."""
    assert shown.get(path).status == 404


@pytest.mark.parametrize(
    "path", ["/", "/mails/3", "/mails/3?show=text", "/mails/3?show=raw", "/mails/3?show=headers", "/rules"]
)
def test_pages_hold_mail_only_as_text(path, shown):
    """Nothing a mail says becomes part of our page, and the page may load nothing from elsewhere."""
    answer = shown.get(path)
    assert answer.status == 200
    assert b"<script" not in answer.data
    assert b"<img" not in answer.data
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


def test_the_html_of_a_mail_is_sandboxed_by_itself(shown):
    """Also when somebody opens it outside the frame."""
    answer = shown.get("/mails/3/html")
    policy = answer.headers["Content-Security-Policy"]
    assert policy.endswith("sandbox")
    assert "default-src 'none'" in policy


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "null"},
    ],
)
def test_another_site_cannot_press_the_buttons(headers, shown):
    """Same origin or no browser at all."""
    for path, body in (("/mails/1/events", b"event=bounce"), ("/rules", b"clear=yes")):
        assert shown.post(path, body, {**FORM, **headers}).status == 403
    for path, body in (("/outbox/mails/1/events", b'{"event":"bounce"}'), ("/outbox/rules", b'{"clear":true}')):
        assert shown.post(path, body, headers).status == 403


def test_a_strange_name_for_this_machine_sees_nothing(shown):
    """DNS rebinding: a stranger's domain that points at the loopback must not read mail."""
    for path in ("/", "/mails/1", "/outbox/mails", "/outbox/summary", "/mails/1/html", "/rules"):
        assert shown.get(path, Host="evil.example").status == 421


@pytest.mark.parametrize(
    ("host", "served"),
    [("127.0.0.1:80", True), ("localhost", True), ("[::1]:80", True), ("outbox:80", True), ("demo.example", True),
     ("evil.example:80", False), ("127.0.0.1.evil.example", False)],
)  # fmt: skip
def test_names_that_are_ours(host, served):
    """Addresses, names without a dot, and what --host-name adds."""
    assert OutboxOptions(hosts=("demo.example",)).serves(host) == served


@pytest.mark.parametrize("path", ["/", "/mails/1", "/rules", "/outbox/rules", "/outbox/summary", "/mails/1/events"])
def test_looking_changes_nothing(path, shown):
    """No GET does anything."""
    before = shown.json("/outbox/summary"), shown.json("/outbox/rules")
    shown.get(path)
    assert (shown.json("/outbox/summary"), shown.json("/outbox/rules")) == before


@pytest.fixture(scope="module")
def chromium():
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        if os.environ.get("CI"):
            pytest.fail("no Chromium here: the pages cannot be checked")
        pytest.skip("no Chromium here: the pages are not checked in a browser")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()


def _named(view):
    return f"{view[0]}-{view[1]}"


@pytest.fixture(params=[(390, "light"), (390, "dark"), (1280, "light"), (1280, "dark")], ids=_named)
def look(request, chromium):
    """For what depends on how it looks: each width in each theme."""
    yield from _opened(chromium, *request.param)


@pytest.fixture(params=[(390, "dark"), (1280, "light")], ids=_named)
def page(request, chromium):
    """For what is done with it: each width and each theme once."""
    yield from _opened(chromium, *request.param)


def _opened(chromium, width, theme):
    context = chromium.new_context(viewport={"width": width, "height": 900}, color_scheme=theme)
    opened = context.new_page()
    opened.theme = theme
    yield opened
    context.close()


def _shot(page, name, request):
    folder = os.environ.get("SHOTS")
    if folder:
        page.screenshot(
            path=str(Path(folder) / f"outbox-{name}-{page.viewport_size['width']}-{page.theme}.png"), full_page=True
        )


@pytest.mark.browser
@pytest.mark.parametrize(
    ("name", "path"),
    [("list", "/"), ("nothing", "/?q=zzz"), ("html", "/mails/1"), ("text", "/mails/1?show=text"),
     ("headers", "/mails/1?show=headers"), ("raw", "/mails/1?show=raw"), ("rules", "/rules"), ("missing", "/mails/99")],
)  # fmt: skip
def test_every_page_is_accessible_and_fits(name, path, look, shown, request):
    """axe finds nothing, at phone and desktop widths, in both themes; nothing scrolls sideways."""
    from axe_playwright_python.sync_playwright import Axe

    look.goto(shown.url + path)
    _shot(look, name, request)
    found = Axe().run(look)
    assert found.violations_count == 0, found.generate_report()
    assert look.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert look.get_attribute("html", "lang") == "en"


@pytest.mark.browser
def test_a_bounce_is_sent_by_hand_and_shown(page, reported, listener, request):
    """Found by search, opened, bounced: the site hears of it and the page says so."""
    page.goto(reported.url)
    page.get_by_label("Search by name").fill("kim@party.example")
    page.get_by_role("button", name="Search").click()
    page.get_by_role("link", name="Warm homes").click()
    page.get_by_role("button", name="bounce").click()
    page.wait_for_url("**/mails/2#events")
    wait_until(listener.events)
    wait_until(lambda: reported.json("/outbox/mails/2")["events"])
    page.reload()
    assert page.locator(".top .state").inner_text() == "bounced"
    assert listener.events()[0]["event"] == "bounce"
    _shot(page, "bounced", request)


@pytest.mark.browser
def test_a_rule_is_made_and_cleared_in_the_browser(page, reported, request):
    """What does not fit is said in the page, and what was typed stays."""
    page.goto(reported.url + "/rules")
    page.get_by_label("What happens").select_option("status")
    page.get_by_role("button", name="Add rule").click()
    assert "status must be from 400 to 599" in page.get_by_role("alert").inner_text()
    page.get_by_label("Status").fill("429")
    page.get_by_label("To the next").fill("2")
    page.get_by_role("button", name="Add rule").click()
    assert reported.json("/outbox/rules")["rules"] == [{"fault": "status", "status": 429, "times": 2}]
    _shot(page, "rule", request)
    page.get_by_role("button", name="Behave again").click()
    assert reported.json("/outbox/rules")["rules"] == []


@pytest.mark.browser
def test_a_nasty_mail_does_nothing(page, shown):
    """Its script does not run, its picture is not fetched, its form cannot be sent."""
    page.goto(shown.url + "/mails/3")
    assert page.frame_locator("iframe").locator("h1").inner_text() == "Dear Jo"
    assert page.title() == f"{NASTY} · Outbox"
    page.goto(shown.url + "/mails/3/html")
    assert page.title() == ""
