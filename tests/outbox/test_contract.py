"""mail/send refuses and takes what SendGrid refuses and takes."""

from __future__ import annotations

import base64
import re
import time

import pytest
from sendgrid import SendGridAPIClient
from sendgrid.helpers.mail import Mail as Helper

from tests.outbox.conftest import KEY, Client, call
from workers.outbox import ledger


def _people(**changed):
    return call(personalizations=[{"to": [{"email": "jo@party.example"}], **changed}])


def _duplicate(kind):
    one = {"to": [{"email": "jo@party.example"}], kind: [{"email": "JO@party.example"}]}
    return call(personalizations=[one])


TEXT, HTML = {"type": "text/plain", "value": "a"}, {"type": "text/html", "value": "a"}

REFUSED = {
    "no personalization": (call(personalizations=[]), "personalizations"),
    "too many": (call(*(f"a{n}@x.example" for n in range(1001))), "personalizations"),
    "no recipient": (call(personalizations=[{"to": []}]), "personalizations.0.to"),
    "no address": (call("a@x.example", "b@x.example", ""), "personalizations.2.to.0.email"),
    "bad address": (call("a@x.example", "b@x.example", "c.x.example"), "personalizations.2.to.0.email"),
    "two at": (call("a@b@x.example"), "personalizations.0.to.0.email"),
    "line break": (call("a@x.example\r\nBcc: b@x.example"), "personalizations.0.to.0.email"),
    "final line break": (call("a@x.example\n"), "personalizations.0.to.0.email"),
    "not ascii": (call("é@x.example"), "personalizations.0.to.0.email"),
    "long local part": (call("a" * 65 + "@x.example"), "personalizations.0.to.0.email"),
    "number as address": (call(personalizations=[{"to": [{"email": 3}]}]), "personalizations.0.to.0.email"),
    "address twice": (call("a@x.example", "A@X.example"), "personalizations.1"),
    "address in cc again": (_duplicate("cc"), "personalizations.0"),
    "address in bcc again": (_duplicate("bcc"), "personalizations.0"),
    "no from": ({key: value for key, value in call().items() if key != "from"}, "from"),
    "empty from": (call(**{"from": {"email": ""}}), "from.email"),
    "bad from": (call(**{"from": {"email": "campaign"}}), "from.email"),
    "bad reply_to": (call(reply_to={"email": "x"}), "reply_to.email"),
    "no subject": ({key: value for key, value in call().items() if key != "subject"}, "subject"),
    "empty subject": (call(subject=""), "subject"),
    "no content": (call(content=[]), "content"),
    "html first": (call(content=[HTML, TEXT]), "content"),
    "empty content": (call(content=[{"type": "text/plain", "value": ""}]), "content.0.value"),
    "content without type": (call(content=[{"value": "a"}]), "content.0.type"),
    "number as substitution": (_people(substitutions={"-a-": 1}), "personalizations.0.substitutions"),
    "large substitutions": (_people(substitutions={"-a-": "é" * 5000}), "personalizations.0.substitutions"),
    "number as custom_arg": (_people(custom_args={"a": 1}), "personalizations.0.custom_args"),
    "large custom_args": (_people(custom_args={"a": "x" * 10_000}), "personalizations.0.custom_args"),
    "large custom_args together": (
        {**_people(custom_args={"a": "x" * 5000}), "custom_args": {"b": "x" * 5000}},
        "personalizations.0.custom_args",
    ),
    "eleven categories": (call(categories=[f"c{n}" for n in range(11)]), "categories"),
    "category twice": (call(categories=["a", "a"]), "categories"),
    "long category": (call(categories=["a" * 256]), "categories.0"),
    "reserved header": (call(headers={"Reply-To": "a@x.example"}), "headers"),
    "header with space": (call(headers={"X Y": "a"}), "headers"),
    "header with line break": (call(headers={"X-Y": "a\r\nBcc: b@x.example"}), "headers"),
    "attachment not base64": (call(attachments=[{"content": "§", "filename": "a"}]), "attachments.0.content"),
    "too far ahead": (call(send_at=int(time.time()) + 80 * 3600), "send_at"),
    "unknown field": (call(to="a@x.example"), None),
    "a list": ([call()], None),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_call_with_a_mistake_is_refused_and_its_field_named(name, client: Client):
    """Our mailer finds the bad recipient by the field, so it must be exactly SendGrid's."""
    body, field = REFUSED[name]
    answer = client.send(body)
    errors = answer.json()["errors"]
    assert answer.status == 400
    assert field in [error["field"] for error in errors]
    assert all(set(error) == {"message", "field", "help"} and error["message"] for error in errors)


def test_every_bad_recipient_of_a_call_is_named(client: Client):
    """One refused call is enough to know them all."""
    errors = client.send(call("a@x.example", "bad", "b@x.example", "worse")).json()["errors"]
    assert [error["field"] for error in errors] == ["personalizations.1.to.0.email", "personalizations.3.to.0.email"]


TAKEN = {
    "plain text only": call(content=[TEXT]),
    "html only": call(content=[HTML]),
    "a name with a comma": call(reply_to={"email": "s@x.example", "name": "Sam, the first; and only"}),
    "subject by personalization": {**_people(subject="Yours"), "subject": None},
    "ten thousand bytes": _people(substitutions={"-a-": "x" * 9997}),
    "a thousand recipients": call(*(f"a{n}@x.example" for n in range(1000))),
    "copies": _people(cc=[{"email": "b@x.example"}], bcc=[{"email": "c@x.example"}]),
    "settings that mean nothing here": call(
        tracking_settings={"click_tracking": {"enable": False}}, asm={"group_id": 1}
    ),
    "a subdomain and a plus": call("jo.o'neil+mp@mail.party.example"),
    "an attachment": call(attachments=[{"content": base64.b64encode(b"a").decode(), "filename": "a.txt"}]),
}


@pytest.mark.parametrize("name", TAKEN)
def test_a_valid_call_is_taken_with_an_empty_answer_and_an_id(name, client: Client):
    """202, no body, and the X-Message-Id that reports will carry."""
    answer = client.send(TAKEN[name])
    assert (answer.status, answer.data) == (202, b"")
    assert re.fullmatch(r"[\w-]{22}", answer.headers["X-Message-Id"])


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b'{"subject": "\xff"}', b"[" * 100_000, b"null"])
def test_what_is_not_json_is_a_bad_request(body, client: Client):
    """A broken client gets an answer, not a dead connection."""
    assert client.send(body).status == 400
    assert client.send(call()).status == 202


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Authorization": ""}, 401),
        ({"Authorization": "Bearer "}, 401),
        ({"Authorization": "Basic abc"}, 401),
        ({"Content_Type": "text/plain"}, 415),
        ({"Content_Encoding": "gzip"}, 415),
        ({"Content_Type": "application/json; charset=utf-8"}, 202),
    ],
)
def test_key_and_content_type_are_looked_at(headers, status, client: Client):
    """401 before 415 before 400, as SendGrid does."""
    assert client.send(call(), **headers).status == status


def test_only_the_key_that_was_named_is_accepted(start):
    """So that a wrong key in a set-up is found before real mail."""
    client = Client(start("--api-key", "SG.right"))
    assert client.send(call()).status == 401
    assert client.send(call(), Authorization="Bearer SG.right").status == 202
    assert client.get("/v3/scopes", **KEY).status == 401


def test_a_key_can_be_tried_without_sending(client: Client):
    """`check` asks for the scopes."""
    assert "mail.send" in client.get("/v3/scopes", **KEY).json()["scopes"]
    assert client.get("/v3/verified_senders", **KEY).json() == {"results": []}


def test_a_body_of_more_than_thirty_megabytes_is_too_large(client: Client):
    """413, and the connection pool goes on."""
    assert client.send(b" " * (30 * 1024 * 1024 + 1)).status == 413
    assert client.send(call()).status == 202


def test_only_post_may_send(client: Client):
    """A redirect that turned a POST into a GET must not look like success."""
    assert client.get("/v3/mail/send").status == 405


def test_sandbox_mode_checks_and_keeps_nothing(start):
    """200, as SendGrid says it, and no mail in the ledger."""
    outbox = start()
    client = Client(outbox)
    assert client.send(call(mail_settings={"sandbox_mode": {"enable": True}})).status == 200
    assert client.send(call("bad", mail_settings={"sandbox_mode": {"enable": True}})).status == 400
    assert list(ledger.read(outbox.folder)) == []


def test_the_sendgrid_sdk_speaks_to_it_unchanged(start):
    """What works here works there: only the host differs."""
    outbox = start()
    sdk = SendGridAPIClient("SG.only-for-tests", host=outbox.url)
    mail = Helper("letters@campaign.example", "jo@party.example", "Will you sign?", "Please sign.", "<p>Please sign.")
    answer = sdk.send(mail)
    assert answer.status_code == 202
    assert [one.to.email for one in outbox.accepted()] == ["jo@party.example"]


def test_it_serves_https_with_an_authority_of_its_own(start):
    """Speed and trust are measured over TLS; the client trusts nothing but ca.pem."""
    client = Client(start(https=True))
    assert client.url.startswith("https://")
    assert client.send(call()).status == 202
