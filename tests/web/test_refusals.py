"""What the API refuses: every status, every field, and nothing half done."""

from __future__ import annotations

import json
import re
import socket
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.web.asking import JSON, KEY, Site, action
from workers.store import Store

ACTIONS = "/api/campaigns/clean-rivers/actions"
BEARER = {"authorization": f"Bearer {KEY}"}


def a_problem(answer: Any, status: int, kind: str) -> dict[str, Any]:
    """The body of a refusal, which has RFC 9457's form and nothing of a browser's cache."""
    assert (answer.status, answer.headers["content-type"]) == (status, "application/problem+json"), answer
    assert answer.headers["cache-control"] == "no-store"
    body: dict[str, Any] = answer.json()
    assert (body["type"], body["status"]) == (f"/docs#{kind}", status)
    assert body["title"]
    assert body["detail"]
    return body


def test_a_caller_with_half_a_key_is_told_how_to_send_one(site: Site):
    """401 with a challenge (RFC 9110 §11.6.1)."""
    for header in ("Basic dTpw", "Bearer", "Bearer "):
        answer = site.act(authorization=header)
        a_problem(answer, 401, "no-key")
        assert answer.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize("key", ["wrong", KEY + "x", KEY[:-1], "shop", f"shop:{KEY}", "x" * 5000])
def test_a_wrong_key_is_refused(site: Site, ledger: Store, key: str):
    """And nothing is taken."""
    a_problem(site.act(authorization=f"Bearer {key}"), 403, "wrong-key")
    assert ledger.actions.count("clean-rivers") == 0


@pytest.mark.parametrize("slug", ["no-such", "CLEAN-RIVERS", "%00", "..%2f..", "a" * 2000, "%F0%9F%90%9F", "%ff"])
def test_an_unknown_campaign_is_not_found(site: Site, slug: str):
    """Whatever stands in its place in the path."""
    assert site.act(campaign=slug).status == 404
    assert site.get(f"/api/campaigns/{slug}/tally").status == 404
    assert site.get(f"/campaigns/{slug}").status == 404


def test_a_campaign_takes_actions_only_while_it_is_open(site: Site):
    """Too early and too late are told apart."""
    early = a_problem(site.act(campaign="not-yet"), 409, "campaign-not-open")
    assert "2098-01-01T09:00" in early["detail"]
    a_problem(site.act(campaign="is-over"), 409, "campaign-closed")


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_another_method_is_refused(site: Site, method: str):
    """With what is allowed."""
    answer = site.ask(method, ACTIONS, headers=BEARER)
    a_problem(answer, 405, "wrong-method")
    assert answer.headers["allow"] == "POST"


@pytest.mark.parametrize(
    "path", ["/nothing", "/api", "/api/campaigns/clean-rivers", ACTIONS + "/", "//", "/static/../site.py"]
)
def test_an_unknown_path_is_not_found(site: Site, path: str):
    """And is never redirected to wherever the Host header says."""
    a_problem(site.ask("GET", path), 404, "not-found")


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/json; charset=latin-1",
        "application/jsonp",
    ],
)  # fmt: skip
def test_only_json_in_utf8_is_taken(site: Site, content_type: str):
    """A form of another site cannot send it without asking the browser first."""
    a_problem(site.act(content_type=content_type), 415, "wrong-type")


@pytest.mark.parametrize("content_type", ["application/json", "Application/JSON", 'application/json; charset="UTF-8"'])
def test_json_may_be_written_in_any_usual_way(site: Site, content_type: str):
    """Media types know no capitals."""
    assert site.act(content_type=content_type).status == 202


def test_a_compressed_body_is_refused(site: Site):
    """It might be a bomb."""
    a_problem(site.act(content_encoding="gzip"), 415, "wrong-type")


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b'{"supporter": {"name": "", "email": "", "postcode": ""}} x',
        b"\xff\xfe",
        b'{"supporter": {"name": "\xed\xa0\x80"}}',
        b'{"supporter": {"name": "\\ud800"}}',
        b'{"supporter": NaN}',
        b"\xef\xbb\xbf{}",
        b"a=b",
    ],
    ids=["empty", "cut off", "two values", "utf-16", "surrogate", "half a pair", "nan", "byte order mark", "form"],
)  # fmt: skip
def test_what_is_not_json_is_told_so(site: Site, raw: bytes):
    """400, without repeating any of it."""
    a_problem(site.act(raw), 400, "malformed-request")


@pytest.mark.parametrize("raw", [b"[" * 60_000, b'{"supporter":' * 4_000, b'{"a":' * 10_000 + b"1" + b"}" * 10_000])
def test_deep_nesting_is_refused(site: Site, raw: bytes):
    """And costs no stack."""
    assert site.act(raw).status in {400, 422}


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize("size", [65_537, 5_000_000])
def test_a_body_that_is_too_large_is_refused(site: Site, size: int, chunked: bool):
    """With a Content-Length or without one, and the sender gets to read why."""
    raw = json.dumps(action(message="x" * size)).encode()
    body = (raw[i : i + 65_536] for i in range(0, len(raw), 65_536)) if chunked else raw
    a_problem(site.ask("POST", ACTIONS, body, {**BEARER, **JSON}), 413, "too-large")


def test_a_body_that_claims_to_be_endless_is_refused_at_once(site: Site):
    """Nobody waits for a terabyte."""
    with socket.create_connection(("127.0.0.1", site.port), timeout=10) as connection:
        head = (
            f"POST {ACTIONS} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {KEY}\r\nContent-Type: application/json\r\n"
        )
        connection.sendall(head.encode() + b"Content-Length: 1000000000000\r\n\r\n{")
        assert b" 413 " in connection.recv(4096)


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ([], [""]),
        ({}, ["supporter"]),
        ({"supporter": None}, ["supporter"]),
        ({"supporter": {"email": "a@b.example", "postcode": "SW1A 1AA"}}, ["supporter.name"]),
        (action(extra=1), ["extra"]),
        ({"supporter": {**action()["supporter"], "phone": "1"}}, ["supporter.phone"]),
        (action(name=7), ["supporter.name"]),
        (action(message=["a"]), ["message"]),
        (action(candidates="1"), ["candidates"]),
        (action(candidates=[1]), ["candidates[0]"]),
        (action(consents=[{"purpose": "x"}]), ["consents[0].wording"]),
        (action(name="", email="", postcode=""), ["supporter.name", "supporter.email", "supporter.postcode"]),
        (action(name="x" * 121), ["supporter.name"]),
        (action(name="Sam\r\nBcc: all@x.example"), ["supporter.name"]),
        (action(name="Sam\u2028Bcc"), ["supporter.name"]),
        (action(name="Sam\u202eelpmaS"), ["supporter.name"]),
        (action(name="Sam\x00"), ["supporter.name"]),
        (action(name="123 !!"), ["supporter.name"]),
        (action(email="no-address"), ["supporter.email"]),
        (action(email="a@b.example\r\nBcc: c@d.example"), ["supporter.email"]),
        (action(email="a@b.example,c@d.example"), ["supporter.email"]),
        (action(email="Sam <a@b.example>"), ["supporter.email"]),
        (action(email="a" * 300 + "@b.example"), ["supporter.email"]),
        (action(email="a@localhost"), ["supporter.email"]),
        (action(postcode="SW1A"), ["supporter.postcode"]),
        (action(postcode="ZZ99 9ZZ"), ["supporter.postcode"]),
        (action(postcode="M1 1AE"), ["supporter.postcode"]),
        (action(postcode="AB12 5DX"), ["supporter.postcode"]),
        (action(message="x" * 10_001), ["message"]),
        (action(message="bell \x07"), ["message"]),
        (action(message="escape \x1b[31m"), ["message"]),
        (action(subject="x" * 151), ["subject"]),
        (action(subject="a\nBcc: b"), ["subject"]),
        (action(source="a b"), ["source"]),
        (action(source="x" * 65), ["source"]),
        (action(consents=[{"purpose": "", "wording": "yes"}]), ["consents"]),
        (action(consents=[{"purpose": "a", "wording": " "}]), ["consents"]),
        (action(consents=[{"purpose": "a", "wording": "1"}, {"purpose": "a", "wording": "2"}]), ["consents"]),
        (action(consents=[{"purpose": f"p{n}", "wording": "1"} for n in range(21)]), ["consents"]),
    ],
)
def test_every_wrong_field_is_named(site: Site, ledger: Store, body: Any, fields: list[str]):
    """422 with the dotted path of each, so that a form can show it in its place; nothing is taken."""
    answer = site.act(json.dumps(body).encode())
    a_problem(answer, 422, "invalid-fields")
    assert answer.fields() == fields
    assert ledger.actions.count("clean-rivers") == 0


def test_what_was_typed_is_not_repeated(site: Site):
    """A refusal may be shown on a page: nothing of a stranger's stands in it, not even the name of a field."""
    evil = "<script>alert(1)</script>"
    bodies = [
        action(name=evil + "\n"),
        action(email=evil),
        action(postcode=evil),
        action(source=evil),
        action(candidates=[evil]),
    ]
    for body in [*bodies, action(**{evil: 1}), {"supporter": {evil: 1}}, action(consents=[{evil: 1}])]:
        answer = site.act(body)
        assert answer.status in {202, 422}
        assert b"alert" not in answer.body
    assert b"alert" not in site.get("/api/campaigns/clean-rivers/candidates?postcode=%3Cscript%3Ealert(1)").body
    assert b"alert" not in site.get("/campaigns/%3Cscript%3Ealert(1)", accept="text/html").body


def test_names_of_every_script_are_taken_as_they_are(site: Site, ledger: Store):
    """People are called so."""
    for name in ["Zoë O’Brien-Smith", "Łukasz Ż", "李小龍", "محمد علي", "Παύλος", "नरेन्द्र", 'D\'Arcy "Bob" <Jones>']:  # noqa: RUF001
        taken = site.act(action(name=name))
        assert taken.status == 202
        assert ledger.people.get(ledger.actions.get(taken.json()["action_id"]).person).name == name


def test_naughty_strings_are_taken_or_refused(site: Site, shared: Path):
    """In every field: 202 or 422, never an error of ours."""
    strings = json.loads((shared / "hostile" / "blns.json").read_text())
    for number, text in enumerate(strings):
        field = ("name", "email", "postcode", "message", "subject", "source")[number % 6]
        assert site.act(action(**{field: text})).status in {202, 422}, (field, text)


@pytest.mark.parametrize("file", ["crlf.txt", "csv_formula.txt", "redos_patterns.txt", "ssrf_urls.txt", "ssti.txt"])
def test_hostile_lines_are_taken_or_refused(site: Site, shared: Path, file: str):
    """All fields at once, and quickly."""
    for line in (shared / "hostile" / file).read_text(errors="replace").splitlines()[:150]:
        body = action(name=f"Sam {line}", message=line, subject=line, candidates=[line], source=line)
        assert site.act(body).status in {202, 422}, line
        assert site.act(action(name=f"Sam {line}"[:120], message=line)).status in {202, 422}, line


def test_every_hard_address_is_taken_or_refused(site: Site, shared: Path):
    """What is taken has one @ and no blanks: it will stand in a Reply-To."""
    tests = ET.parse(shared / "email" / "isemail_tests.xml").getroot().iter("test")
    taken = 0
    for test in tests:
        symbols = test.findtext("address") or ""
        address = re.sub("[\u2400-\u241f]", lambda found: chr(ord(found[0]) - 0x2400), symbols)
        answer = site.act(action(email=address))
        assert answer.status in {202, 422}, address
        taken += answer.status == 202
        assert answer.status == 422 or re.fullmatch(r"[^\s@]+@[^\s@]+", address.strip()), address
    assert taken > 10


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=50),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
_FIELDS = ("name", "email", "postcode", "message", "subject", "candidates", "consents", "source", "other")


@given(st.dictionaries(st.sampled_from(_FIELDS), _VALUES, max_size=4) | _VALUES)
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_json_is_answered(site: Site, value: Any):
    """Whatever the body: taken, or a problem that says why."""
    body = action(**value) if isinstance(value, dict) and set(value) <= set(_FIELDS) else value
    answer = site.act(json.dumps(body).encode())
    assert answer.status in {202, 422}
    assert answer.status == 202 or answer.fields()


@given(st.binary(max_size=200))
@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_are_answered(site: Site, raw: bytes):
    """Broken bodies are the sender's fault, and are told so."""
    assert site.act(raw).status in {400, 422}
