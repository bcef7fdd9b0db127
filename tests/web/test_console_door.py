"""Who may come into the console, and who may not."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
import redis
from starlette.responses import Response

from tests.support.processes import ROOT, Running
from tests.web.asking import Site
from tests.web.conftest import start
from tests.web.operators import PASSWORD, TOKEN, Operator, script
from workers.app import boot
from workers.settings import Settings
from workers.web.console.visits import Visits


@pytest.fixture
def operator(site: Site) -> Operator:
    """Somebody who is to log in."""
    return Operator(site)


def test_nothing_of_the_console_is_shown_without_a_login(site: Site):
    """People are led to the login and back; programs are told what is missing."""
    answer = site.get("/console", accept="text/html")
    assert (answer.status, answer.headers["location"]) == (303, "/console/login")
    assert site.get("/console/log", accept="text/html").headers["location"] == "/console/login?next=/console/log"
    refused = site.get("/console")
    assert (refused.status, refused.headers["www-authenticate"]) == (401, 'Bearer realm="console"')
    assert site.ask("POST", "/console/logout", b"", {"accept": "text/html"}).status == 303


def test_name_and_password_open_it_until_the_operator_leaves(operator: Operator, web: tuple[Running, Site]):
    """The log knows who was in; a copy of the cookie is worth nothing afterwards."""
    answer = operator.login(next="/console/log")
    assert (answer.status, answer.headers["location"]) == (303, "/console/log")
    cookie = answer.headers["set-cookie"]
    assert {"HttpOnly", "Path=/console", "SameSite=strict"} <= set(cookie.split("; "))
    page = operator.get("/console")
    assert (page.status, page.headers["cache-control"]) == (200, "no-store")
    assert b"Log out ines" in page.body
    assert operator.get("/console/login").headers["location"] == "/console"
    assert operator.does("/console/logout").headers["location"] == "/console/login"
    assert operator.get("/console").status == 303
    assert "ines" in [line["by"] for line in web[0].events("console.left")]


@pytest.mark.parametrize(
    "page", ["https://evil.example", "//evil.example", "/console/../x", "/campaigns", "/console\n"]
)
def test_a_login_leads_to_no_other_place(operator: Operator, page: str):
    """A link to it may come from anybody."""
    assert operator.login(next=page).headers["location"] == "/console"


def test_a_wrong_password_or_no_name_does_not_do(operator: Operator):
    """It says which, and that is all that it says."""
    answer = operator.login("wrong")
    assert (answer.status, "set-cookie" in answer.headers) == (403, False)
    assert b"is not right" in answer.body
    operator.by = " @ "
    assert operator.login().status == 422
    assert operator.get("/console").status == 303


def test_a_form_of_another_site_or_session_does_nothing(operator: Operator, site: Site):
    """Not with the right cookie, nor with another session's form."""
    operator.login()
    other = Operator(site, "otto")
    other.login()
    assert operator.send("/console/logout").status == 403
    assert operator.send("/console/logout", form="a" * 24).status == 403
    other.cookie, cookie = operator.cookie, other.cookie
    strange = other.get("/console").body.decode().partition('name="form" value="')[2][:24]
    other.cookie = cookie
    assert other.send("/console/logout", form=strange).status == 403
    assert operator.send("/console/logout", "cross-site", form=strange).status == 403
    assert operator.send("/console/login", "cross-site", by="x", password=PASSWORD).status == 403
    assert [operator.get("/console").status, other.get("/console").status] == [200, 200]


def test_a_session_ends_by_itself(operator: Operator, server: str):
    """Who goes home without logging out; and nobody is in for longer than a shift, whatever they do."""
    operator.login()
    with redis.Redis.from_url(server) as client:
        (key,) = client.keys("session:*")
        assert 0 < client.pttl(key) <= 30 * 60 * 1000
        raw = client.get(key)
        assert operator.cookie.partition("=")[2].encode() not in key + raw
        client.pexpire(key, 60_000)
        operator.get("/console")
        assert client.pttl(key) > 60_000  # something was done
        old = raw.replace(str(int(time.time()))[:6].encode(), b"160000")
        assert old != raw
        client.set(key, old, px=60_000)
        assert operator.get("/console").status == 303


def test_a_script_shows_its_token_and_needs_no_form(site: Site):
    """It is known by the name of its token."""
    assert script(site, "/console").status == 200
    assert script(site, "/console", "another").status == 403
    bearer = {"authorization": f"Bearer {TOKEN}", "content-type": "application/x-www-form-urlencoded"}
    assert site.ask("POST", "/console/logout", b"", bearer).status == 303


def test_passwords_are_not_tried_for_ever(operator: Operator, site: Site):
    """Tries count, right or wrong; so do wrong tokens."""
    assert [operator.login("wrong").status for _ in range(11)] == [403] * 10 + [429]
    assert operator.login().status == 429
    assert script(site, "/console", "wrong").status == 429


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_over_https_the_cookie_is_for_https_alone(valkey: str, scheme: str):
    """It would open the console to whoever reads along; plain http is for trying out."""
    environ = {"REDIS_URL": valkey, "MOBILISE_WEB__PUBLIC_URL": f"{scheme}://campaign.example"}
    app, response = boot(Settings.load(ROOT, environ), ROOT), Response()
    Visits(app, PASSWORD).give(response, "token")
    app.close()
    assert ("Secure" in response.headers["set-cookie"].split("; ")) == (scheme == "https")


def test_without_a_password_the_console_is_off(server: str, tmp_path: Path):
    """Off, and not open; it says how to switch it on."""
    process, site = start(tmp_path / "off", server, MOBILISE_CONSOLE_PASSWORD="", MOBILISE_CONSOLE_TOKENS="")
    with process:
        for path in ("/console", "/console/login"):
            answer = site.get(path)
            assert (answer.status, answer.json()["type"]) == (404, "/docs#console-off")
            assert "MOBILISE_CONSOLE_PASSWORD" in answer.json()["detail"]
        assert Operator(site).login("").status == 404
