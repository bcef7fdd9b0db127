"""What each answer of the provider lets us believe."""

from __future__ import annotations

import json
import time

import pytest

from tests.mail.posts import ACCEPTED, ENVELOPE, KEY, errors, posted, sendgrid
from tests.mail.providers import answers, provider, reply
from workers.campaign.outcomes import Outcome
from workers.errors import ConfigError
from workers.mail.sendgrid import SendGrid


def test_a_202_is_accepted_with_its_message_id():
    """The one answer that makes a letter a contact."""
    answer = posted(answers(ACCEPTED))
    assert (answer.outcome, answer.status, answer.message_id) == (Outcome.ACCEPTED, 202, "abc123")
    assert answer.duration_ms > 0


def test_a_202_without_a_message_id_is_accepted_all_the_same():
    """The id is a convenience for support; the letter has left."""
    assert posted(answers(reply(202))).outcome is Outcome.ACCEPTED


def test_the_request_is_what_sendgrid_documents():
    """One POST with the key in its header and JSON of exactly the announced length."""
    with provider(answers(ACCEPTED)) as running, sendgrid(running.url + "/mirror/") as mailer:
        mailer.post(ENVELOPE)
    head, _, body = running.requests[0].partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    assert lines[0] == "POST /mirror/v3/mail/send HTTP/1.1"
    assert f"Authorization: Bearer {KEY}" in lines
    assert f"Host: {running.url[7:]}" in lines
    assert f"Content-Length: {len(body)}" in lines
    assert json.loads(body)["personalizations"][0]["custom_args"]["delivery"].endswith("-1")


@pytest.mark.parametrize("status", [400, 413, 422])
def test_a_refused_letter_says_which_field_and_no_address(status):
    """It will never be taken as it is; the reason is shown to operators and logged."""
    body = errors("Does not contain a valid address: jo@party.example", "personalizations.0.to.0.email")
    answer = posted(answers(reply(status, body)))
    assert answer.outcome is Outcome.REFUSED
    assert answer.reason == "personalizations.0.to.0.email: Does not contain a valid address: [address]"


@pytest.mark.parametrize(
    ("status", "said", "scope"),
    [
        (401, "The provided authorization grant is invalid, expired, or revoked", "all"),
        (401, "Maximum credits exceeded", "all"),
        (403, "The from address does not match a verified Sender Identity", "clean-rivers"),
        (403, "Maximum credits exceeded", "all"),
        (404, "not found", "all"),
        (405, "method not allowed", "all"),
        (418, "teapot", "all"),
    ],
)
def test_what_only_a_person_can_mend_is_barred_with_its_scope(status, said, scope):
    """A key or a quota stops everything, a sender only its campaign; a wrong base address must reject no letter."""
    answer = posted(answers(reply(status, errors(said))))
    assert (answer.outcome, answer.scope, answer.reason) == (Outcome.BARRED, scope, said)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(status):
    """Followed, a redirected POST becomes a GET that looks like success, and the key goes to a stranger."""
    with provider(answers(ACCEPTED)) as other:
        answer = posted(answers(reply(status, Location=f"{other.url}/v3/mail/send")))
        assert (answer.outcome, answer.scope) == (Outcome.BARRED, "all")
        assert other.requests == []


@pytest.mark.parametrize("status", [500, 502, 503, 504, 599, 200, 201, 204])
def test_an_answer_that_proves_nothing_is_unknown(status):
    """The letter may have left, so no machine sends it again."""
    assert posted(answers(reply(status))).outcome is Outcome.UNKNOWN


def test_a_200_is_accepted_only_in_sandbox_mode():
    """Sandbox mode checks a letter without sending it, and answers 200."""
    with provider(answers(reply(200))) as running, sendgrid(running.url, sandbox=True) as mailer:
        assert mailer.post(ENVELOPE).outcome is Outcome.ACCEPTED
    assert b'"sandbox_mode":{"enable":true}' in running.requests[0]


@pytest.mark.parametrize(
    ("headers", "least", "most"),
    [
        ({"X_RateLimit_Reset": "{now+20}"}, 18, 21),
        ({"X_RateLimit_Reset": "{now-20}"}, 0, 1.5),
        ({"X_RateLimit_Reset": "99999999999"}, 299, 301),
        ({"Retry_After": "7"}, 6, 8),
        ({"Retry_After": "Sun, 06 Nov 1994 08:49:37 GMT"}, 0, 1.5),
        ({"Retry_After": "soon"}, 59, 61),
        ({"X_RateLimit_Reset": "-1e400"}, 59, 61),
        ({}, 59, 61),
    ],
)
@pytest.mark.parametrize("status", [408, 429])
def test_later_waits_as_the_provider_says_within_reason(status, headers, least, most):
    """A clock that is wrong, or a header that is nonsense, neither hammers the provider nor stops for a day."""
    now = int(time.time())
    said = {
        name: value.replace("{now+20}", str(now + 20)).replace("{now-20}", str(now - 20))
        for name, value in headers.items()
    }
    answer = posted(answers(reply(status, **said)))
    assert answer.outcome is Outcome.LATER
    assert least <= answer.retry_at - now <= most + 1


@pytest.mark.parametrize(
    "body",
    [b"", b"oops", b"[]", b'{"errors": []}', b'{"errors": 3}', b"\xff", b"[" * 5000, b'{"errors":[{"message":7}]}'],
)
def test_an_error_body_that_is_none_still_tells_the_status(body):
    """A proxy's page in place of SendGrid's JSON changes nothing about what to do."""
    answer = posted(answers(reply(400, body)))
    assert (answer.outcome, answer.reason) == (Outcome.REFUSED, "answered 400")


@pytest.mark.parametrize(
    ("answered", "outcome"),
    [
        (reply(200, b'{"scopes": ["mail.send", "user.read"]}'), Outcome.ACCEPTED),
        (reply(200, b'{"scopes": ["user.read"]}'), Outcome.BARRED),
        (reply(200, b"<html>"), Outcome.BARRED),
        (reply(401, errors("authorization required")), Outcome.BARRED),
    ],
)
def test_a_key_is_checked_before_anything_is_sent(answered, outcome):
    """`mobilise check` finds a wrong key, or one that may not send, while nobody waits."""
    with provider(answers(answered)) as running, sendgrid(running.url) as mailer:
        answer = mailer.check_key()
    assert answer.outcome is outcome
    assert running.requests[0].startswith(b"GET /v3/scopes HTTP/1.1\r\n")


def test_without_a_key_nothing_leaves():
    """A web process needs no key; a worker without one pauses and says which setting is missing."""
    with provider(answers(ACCEPTED)) as running:
        mailer = SendGrid(running.url, "")
        answer = mailer.post(ENVELOPE)
        assert mailer.check_key() == answer
    assert (answer.outcome, answer.scope, running.requests) == (Outcome.BARRED, "all", [])
    assert "SENDGRID_API_KEY" in answer.reason


@pytest.mark.parametrize(
    "url",
    [
        "",
        "api.sendgrid.com",
        "ftp://x.example",
        "http://",
        "http://x:99999",
        "http://x\r\ny",
        "http://a@b",
        "http://[x",
    ],
)
def test_a_base_address_that_is_none_is_refused_at_start(url):
    """Every letter would fail: say so once, before the first."""
    with pytest.raises(ConfigError, match=r"mail\.base_url"):
        SendGrid(url, KEY)


@pytest.mark.parametrize("key", ["SG.x\r\nX-Other: y", "SG x", "SG.é"])
def test_a_key_that_would_break_the_header_is_refused_and_not_repeated(key):
    """Copied with a line end it would add a header; the message must not show it."""
    with pytest.raises(ConfigError) as caught:
        SendGrid("https://127.0.0.1", key)
    assert key not in str(caught.value)


def test_a_certificate_file_that_is_none_is_refused_at_start(tmp_path):
    """The system's own certificates are no silent substitute."""
    with pytest.raises(ConfigError, match=r"mail\.ca_file"):
        SendGrid("https://127.0.0.1", KEY, ca_file=str(tmp_path / "none.pem"))


def test_nothing_shows_the_key(capfd, caplog):
    """Not a log line, not standard error, not the object's own text."""
    caplog.set_level(0)
    with provider(answers(reply(500))) as running, sendgrid(running.url) as mailer:
        answer = mailer.post(ENVELOPE)
        shown = repr(mailer) + repr(answer) + caplog.text + "".join(capfd.readouterr())
    assert KEY not in shown
