"""Signed event callbacks: only SendGrid's own are believed, and one bad row spoils no other."""

from __future__ import annotations

import base64
import json

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import given
from hypothesis import strategies as st

from workers.errors import ConfigError
from workers.mail.reports import Report, Reported, Unusable, check_public_key, parse, verify

GROUP = "d" + "a" * 16
ROW = {
    "email": "jo@party.example",
    "event": "delivered",
    "timestamp": 1539462305,
    "delivery": f"{GROUP}-1",
    "sg_event_id": "e1",
    "sg_message_id": "m1",
}
SECRET = ec.generate_private_key(ec.SECP256R1())


def public(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> str:
    form = (serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(key.public_key().public_bytes(*form)).decode()


def sign(raw: bytes, timestamp: str) -> str:
    return base64.b64encode(SECRET.sign(timestamp.encode() + raw, ec.ECDSA(hashes.SHA256()))).decode()


def read(**changes: object) -> Report:
    """The report of one row that is as given."""
    reports, unread = parse(json.dumps([{**ROW, **changes}]).encode())
    assert unread == []
    return reports[0]


def test_sendgrids_own_vectors_get_their_verdict(shared):
    """Recorded callbacks of SendGrid's own libraries, tampered ones among them."""
    vectors = json.loads((shared / "webhooks" / "sendgrid_event_signature_vectors.json").read_text())["vectors"]
    assert len(vectors) == 6
    for vector in vectors:
        raw = base64.b64decode(vector["body_b64"])
        verdict = verify(raw, vector["signature"], vector["timestamp"], [vector["public_key"]])
        assert verdict is vector["expect"], vector["name"]


def test_every_event_sendgrid_documents_is_read(shared):
    """One of each; mail that is not ours has no delivery, and that is no error."""
    reports, unread = parse((shared / "webhooks" / "sendgrid_event_sample_all_types.json").read_bytes())
    assert unread == []
    assert {report.event for report in reports} == set(Reported) - {Reported.BLOCKED}
    assert {report.delivery for report in reports} == {""}
    assert all(report.at == 1539462305 and report.event_id and report.message_id for report in reports)


def test_any_of_several_keys_may_have_signed():
    """Keys are rotated: for a while callbacks signed with the old and the new one come in."""
    other = public(ec.generate_private_key(ec.SECP256R1()))
    assert verify(b"[]", sign(b"[]", "1"), "1", ["broken", other, public(SECRET)])
    assert not verify(b"[]", sign(b"[]", "1"), "1", [other])
    assert not verify(b"[]", sign(b"[]", "1"), "1", [])


def test_a_key_may_be_pasted_as_pem_or_with_line_ends():
    """Whoever copies a key copies what surrounds it."""
    pem = SECRET.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    for text in (pem.decode(), f"  {public(SECRET)[:40]}\n{public(SECRET)[40:]}\n"):
        check_public_key(text)
        assert verify(b"[]", sign(b"[]", "1"), "1", [text])


@pytest.mark.parametrize("raw", [b"[] ", b"[]\r\n", b"", b"\xff"])
def test_a_changed_body_is_refused(raw):
    """The signature is over the raw bytes: not one may differ."""
    assert not verify(raw, sign(b"[]", "1"), "1", [public(SECRET)])


@given(st.text(), st.text(), st.text(), st.binary())
def test_nothing_malformed_raises(signature, timestamp, key, raw):
    """Strangers can post here: whatever they send is False, not a fault of ours."""
    assert not verify(raw, signature, timestamp, [key, public(SECRET)])


def test_a_timestamp_may_be_asked_to_be_fresh():
    """Off unless asked for: SendGrid repeats callbacks for a day with the same signature."""
    signature = sign(b"[]", "1000")
    assert verify(b"[]", signature, "1000", [public(SECRET)])
    assert verify(b"[]", signature, "1000", [public(SECRET)], now=1300, max_age_s=300)
    assert not verify(b"[]", signature, "1000", [public(SECRET)], now=1301, max_age_s=300)
    assert not verify(b"[]", sign(b"[]", "soon"), "soon", [public(SECRET)], now=1, max_age_s=300)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "key",
        "AAAA",
        public(rsa.generate_private_key(public_exponent=65537, key_size=2048)),
        "-----BEGIN PUBLIC KEY-----",
    ],
)
def test_a_public_key_that_is_none_is_refused_at_start(text):
    """With it every callback would be refused, and nobody would know why."""
    with pytest.raises(ConfigError, match="SENDGRID_WEBHOOK_PUBLIC_KEY"):
        check_public_key(text)
    assert not verify(b"[]", sign(b"[]", "1"), "1", [text])


def test_a_row_becomes_a_report_in_our_words():
    """What the ledger needs; the address, which suppressions are made from, shows in no log of it."""
    report = read()
    assert report == Report(f"{GROUP}-1", Reported.DELIVERED, "", 1539462305, "e1", "m1", "", "jo@party.example")
    assert "party.example" not in repr(report)


@pytest.mark.parametrize(
    ("row", "event", "kind"),
    [
        ({"event": "bounce", "type": "bounce", "status": "5.1.1"}, Reported.BOUNCED, "hard"),
        ({"event": "bounce", "status": "4.2.2"}, Reported.BOUNCED, "soft"),
        ({"event": "bounce", "type": "expired"}, Reported.BOUNCED, "soft"),
        ({"event": "bounce"}, Reported.BOUNCED, "hard"),
        ({"event": "bounce", "type": "blocked", "status": "5.7.1"}, Reported.BLOCKED, "blocked"),
        ({"event": "blocked"}, Reported.BLOCKED, "blocked"),
        ({"event": "dropped", "reason": "Bounced Address"}, Reported.DROPPED, "bounced"),
        ({"event": "dropped", "reason": "Unsubscribed Address"}, Reported.DROPPED, "unsubscribed"),
        ({"event": "dropped", "reason": "Spam Reporting Address"}, Reported.DROPPED, "complained"),
        ({"event": "dropped", "reason": "Spam Content (if spam checker app is enabled)"}, Reported.DROPPED, "refused"),
        ({"event": "spamreport"}, Reported.COMPLAINED, ""),
    ],
)
def test_events_and_kinds_are_told_apart(row, event, kind):
    """A blocked message says nothing against the address; a hard bounce does."""
    report = read(**row)
    assert (report.event, report.kind) == (event, kind)


def test_a_reason_holds_neither_the_address_nor_half_of_it():
    """Receiving servers repeat the address; reasons are shown and logged."""
    report = read(
        email="jo.smith@party.example", event="bounce", reason="550 <jo.smith@party.example>: no user JO.Smith\r\nhere"
    )
    assert report.reason == "550 [address]: no user [address] here"
    assert read(event="deferred", response="451 try later").reason == "451 try later"


@pytest.mark.parametrize("at", ["1539462305", 1539462305.0, 1539462305])
def test_a_timestamp_may_be_a_number_or_its_digits(at):
    """SendGrid has sent both."""
    assert read(timestamp=at).at == 1539462305


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (None, "not an object"),
        ("x", "not an object"),
        ([], "not an object"),
        ({}, "no event"),
        ({**ROW, "event": 3}, "no event"),
        ({**ROW, "event": "quantum_entangled"}, "an event that is not known here: quantum_entangled"),
        ({**ROW, "timestamp": None}, "no timestamp"),
        ({**ROW, "timestamp": True}, "no timestamp"),
        ({**ROW, "timestamp": -1}, "no timestamp"),
        ({**ROW, "timestamp": 10**30}, "no timestamp"),
        ({**ROW, "timestamp": "٣"}, "no timestamp"),
        ({**ROW, "delivery": 7}, "not a delivery id"),
        ({**ROW, "delivery": "x"}, "not a delivery id"),
        ({**ROW, "delivery": f"{GROUP}-1 2"}, "not a delivery id"),
        ({**ROW, "delivery": f"{GROUP}-\n"}, "not a delivery id"),
        ({**ROW, "delivery": f"{GROUP}-{'1' * 1000}"}, "not a delivery id"),
    ],
)
def test_a_bad_row_is_named_and_the_rest_goes_on(row, reason):
    """A callback is refused whole or taken whole: one odd row must not make SendGrid repeat the others for a day."""
    reports, unread = parse(json.dumps([ROW, row, ROW]).encode())
    assert len(reports) == 2
    assert unread == [Unusable(1, reason)]


@pytest.mark.parametrize("raw", [b"", b"{", b"{}", b"null", b"\xff\xfe", b"[" * 100_000, b'"x"', b"3"])
def test_a_body_that_is_no_list_is_unread(raw):
    """Signed, and still not what was agreed: it is said once, not raised."""
    reports, unread = parse(raw)
    assert (reports, len(unread)) == ([], 1)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from([*ROW, "type", "status", "reason"]), inner),
    )
)
def test_no_json_raises(rows):
    """Every value in every field is either read or named."""
    reports, unread = parse(json.dumps([rows, ROW]).encode())
    assert len(reports) + len(unread) in (1, 2)


def test_what_is_kept_of_an_odd_row_tells_of_nobody():
    """Somebody has to look at it; nobody has to see an address."""
    row = {**ROW, "event": "new", "ip": "192.0.2.7", "note": "for jo@party.example", "x" * 90: "y" * 9000}
    entry = parse(json.dumps([row]).encode())[1][0].entry
    assert "new" in entry
    assert len(entry) <= 300
    assert not any(word in entry for word in ("jo@", "192.0.2.7", "party.example"))
    assert parse(b'["jo@party.example"]')[1][0].entry == "str"
