"""SendGrid's Mail Send API: an envelope as its JSON, a post over a kept connection, and what its answers mean."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from email.utils import parsedate_to_datetime
from typing import Any

import msgspec

from workers.campaign.outcomes import Answer, Envelope, Outcome
from workers.errors import ConfigError
from workers.mail.wire import MaybeSentError, NotSentError, Reply, Wire
from workers.mail.words import one_line, without_addresses

#: The scope of a bar that is not one campaign's.
EVERYTHING = "all"
#: Seconds that "later" means: at least, at most, when a limit is not explained, and when nobody was reached.
_SOONEST_S, _LATEST_S, _LIMITED_S, _UNREACHED_S = 1.0, 300.0, 60.0, 5.0

#: Off: tracking rewrites links, and a candidate's click on "unsubscribe" would bar them in the whole account.
_TRACKING = msgspec.Raw(
    msgspec.json.encode(
        {
            "click_tracking": {"enable": False, "enable_text": False},
            "open_tracking": {"enable": False},
            "subscription_tracking": {"enable": False},
        }
    )
)
_NO_KEY = Answer(Outcome.BARRED, reason="SENDGRID_API_KEY is not set", scope=EVERYTHING)
_encode = msgspec.json.Encoder().encode


def payload(envelope: Envelope, *, sandbox: bool = False) -> bytes:
    """``envelope`` as Mail Send JSON, in plain dicts: 6 µs for six letters where the SDK's ``Mail`` takes 120."""
    call: dict[str, Any] = {
        "personalizations": [
            {
                "to": [{"email": to.email, "name": to.name} if to.name else {"email": to.email}],
                "custom_args": {"delivery": to.delivery},
                **({"subject": to.subject} if to.subject else {}),
                **({"substitutions": to.substitutions} if to.substitutions else {}),
                **({"headers": to.headers} if to.headers else {}),
            }
            for to in envelope.recipients
        ],
        "from": {"email": envelope.from_address, "name": envelope.from_name},
        "reply_to": {"email": envelope.reply_to_address, "name": envelope.reply_to_name},
        "subject": envelope.subject,
        # SendGrid refuses HTML before text.
        "content": [{"type": "text/plain", "value": envelope.text}, {"type": "text/html", "value": envelope.html}],
        "categories": [envelope.campaign, *([envelope.category] if envelope.category else [])],
        "tracking_settings": _TRACKING,
    }
    if sandbox:
        call["mail_settings"] = {"sandbox_mode": {"enable": True}}
    return _encode(call)


class SendGrid:
    """Posts envelopes to ``base_url``; never twice, never along a redirect, never through an environment's proxy."""

    def __init__(
        self,
        base_url: str,
        key: str,
        *,
        connect_timeout_s: float = 5,
        read_timeout_s: float = 30,
        pool: int = 64,
        ca_file: str = "",
        sandbox: bool = False,
    ) -> None:
        if " " in key or not (key.isascii() and key.isprintable()):
            raise ConfigError(
                "is not a key", where="SENDGRID_API_KEY", mend="copy it again, without spaces or line ends"
            )
        self._wire = Wire(
            base_url, connect_timeout_s=connect_timeout_s, read_timeout_s=read_timeout_s, pool=pool, ca_file=ca_file
        )
        self._has_key, self._sandbox = bool(key), sandbox
        self.longest_s = connect_timeout_s + read_timeout_s
        self._headers = {"Authorization": f"Bearer {key}", "Accept": "application/json", "User-Agent": "mobilise"}
        self._mail_headers = {**self._headers, "Content-Type": "application/json"}

    def post(self, envelope: Envelope) -> Answer:
        """One call, once; ends within the connect and read timeouts, and never raises for what the network does."""
        if not self._has_key:
            return _NO_KEY
        body = payload(envelope, sandbox=self._sandbox)
        began = time.monotonic()
        try:
            reply = self._wire.ask("POST", "/v3/mail/send", self._mail_headers, body)
            answer = _answer(reply, envelope.campaign, accepted=200 if self._sandbox else 202)
        except NotSentError as problem:
            answer = Answer(Outcome.LATER, reason=str(problem), retry_at=time.time() + _UNREACHED_S)
        except MaybeSentError as problem:
            answer = Answer(Outcome.UNKNOWN, reason=str(problem))
        return replace(answer, duration_ms=(time.monotonic() - began) * 1000)

    def check_key(self) -> Answer:
        """ACCEPTED if the key may send mail; otherwise the reason why not."""
        if not self._has_key:
            return _NO_KEY
        try:
            reply = self._wire.ask("GET", "/v3/scopes", self._headers)
        except (NotSentError, MaybeSentError) as problem:
            return Answer(Outcome.LATER, reason=str(problem), retry_at=time.time() + _UNREACHED_S)
        answer = _answer(reply, "", accepted=200)
        if answer.outcome is Outcome.ACCEPTED and "mail.send" not in _scopes(reply.body):
            return replace(
                answer, outcome=Outcome.BARRED, scope=EVERYTHING, reason="the key may not send mail (mail.send)"
            )
        return answer

    def close(self) -> None:
        """Closes the connections; a post after this is not sent."""
        self._wire.close()


class _Problem(msgspec.Struct):
    message: str | None = None
    field: str | None = None


class _Scopes(msgspec.Struct):
    scopes: list[str] = []


class _Problems(msgspec.Struct):
    errors: list[_Problem] = []


def _answer(reply: Reply, campaign: str, *, accepted: int) -> Answer:
    """What ``reply`` lets us believe; any success but ``accepted`` comes from who knows what, so it is unknown."""
    status, reason = reply.status, _reason(reply)
    match status:
        case _ if status == accepted:
            return Answer(Outcome.ACCEPTED, status, message_id=one_line(reply.headers.get("x-message-id", ""), 100))
        case 400 | 413 | 422:
            return Answer(Outcome.REFUSED, status, reason=reason)
        case 408 | 429:
            return Answer(Outcome.LATER, status, reason=reason, retry_at=_retry_at(reply.headers, time.time()))
        case 403 if "credits exceeded" not in reason:
            return Answer(Outcome.BARRED, status, reason=reason, scope=campaign or EVERYTHING)
        case _ if 300 <= status < 500:
            return Answer(Outcome.BARRED, status, reason=reason, scope=EVERYTHING)
        case _:
            return Answer(Outcome.UNKNOWN, status, reason=reason)


def _reason(reply: Reply) -> str:
    """The first error as "field: message"; addresses are masked, for SendGrid repeats those it refuses."""
    try:
        first = msgspec.json.decode(reply.body, type=_Problems).errors[0]
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, IndexError):
        return f"answered {reply.status}"
    said = ": ".join(part for part in (first.field, first.message) if part and part != "null")
    return without_addresses(said) or f"answered {reply.status}"


def _retry_at(headers: Mapping[str, str], now: float) -> float:
    """When a limit ends by ``X-RateLimit-Reset`` (epoch) or ``Retry-After`` (seconds or date), within reason."""
    wait = _LIMITED_S
    if reset := _number(headers.get("x-ratelimit-reset", "")):
        wait = reset - now
    elif after := headers.get("retry-after", ""):
        wait = _number(after) or _until(after, now)
    return now + min(max(wait, _SOONEST_S), _LATEST_S)


def _number(text: str) -> float:
    return float(text) if text.isascii() and text.isdigit() and len(text) < 15 else 0.0


def _until(date: str, now: float) -> float:
    try:
        return parsedate_to_datetime(date).timestamp() - now
    except (ValueError, OverflowError):
        return _LIMITED_S


def _scopes(body: bytes) -> list[str]:
    try:
        return msgspec.json.decode(body, type=_Scopes).scopes
    except (msgspec.DecodeError, UnicodeDecodeError):
        return []
