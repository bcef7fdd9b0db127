"""What SendGrid says happened to deliveries: signed event callbacks, checked on the raw bytes and put in our words."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from typing import Any

import msgspec
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key, load_pem_public_key

from workers.campaign.ids import split_delivery_id
from workers.errors import ConfigError
from workers.mail.words import one_line, without_addresses

#: Characters in an id of SendGrid's; theirs are below 100.
_ID_LENGTH = 200
#: Epoch seconds that a report may carry: 2001 to 2286.
_TIMES = range(10**9, 10**10)


class Reported(StrEnum):
    """What happened to a delivery."""

    PROCESSED = "processed"  # SendGrid has taken it on
    DEFERRED = "deferred"  # the receiving server asks to try again; SendGrid does
    DELIVERED = "delivered"  # the receiving server took it
    BOUNCED = "bounced"  # the receiving server refused the address
    BLOCKED = "blocked"  # the receiving server refused this message; the address may be good
    DROPPED = "dropped"  # SendGrid did not try
    COMPLAINED = "complained"  # marked as spam
    UNSUBSCRIBED = "unsubscribed"
    GROUP_UNSUBSCRIBED = "group-unsubscribed"
    GROUP_RESUBSCRIBED = "group-resubscribed"
    OPENED = "opened"
    CLICKED = "clicked"


_REPORTED = {
    "processed": Reported.PROCESSED,
    "deferred": Reported.DEFERRED,
    "delivered": Reported.DELIVERED,
    "bounce": Reported.BOUNCED,
    "blocked": Reported.BLOCKED,
    "dropped": Reported.DROPPED,
    "spamreport": Reported.COMPLAINED,
    "unsubscribe": Reported.UNSUBSCRIBED,
    "group_unsubscribe": Reported.GROUP_UNSUBSCRIBED,
    "group_resubscribe": Reported.GROUP_RESUBSCRIBED,
    "open": Reported.OPENED,
    "click": Reported.CLICKED,
}
#: What is said with these tells why a mail has not arrived.
_TELLING = frozenset({Reported.DEFERRED, Reported.BOUNCED, Reported.BLOCKED, Reported.DROPPED})
#: Why SendGrid drops: because of what it remembers of the address; else because of the message.
_REMEMBERED = {"bounced address": "bounced", "unsubscribed address": "unsubscribed", "spam report": "complained"}
#: What tells of people, or of no use: not kept of an entry that could not be used.
_PERSONAL = frozenset({"email", "ip", "useragent", "url", "smtp-id", "sg_event_id", "sg_message_id"})
#: Characters kept of such an entry.
_ENTRY = 300


@dataclass(frozen=True, slots=True)
class Report:
    """One entry. ``delivery`` is "" for mail that is not ours; ``at`` is epoch seconds; ``reason`` holds no address.

    ``reason`` is what was said by who did not take the mail, "" if it was taken.
    ``kind`` tells bounces apart ("hard", "soft", "blocked"), and drops by what SendGrid remembers of the address
    ("bounced", "unsubscribed", "complained"), else "refused"; "" for the rest.
    """

    delivery: str
    event: Reported
    kind: str
    at: int
    event_id: str
    message_id: str
    reason: str
    email: str = field(default="", repr=False)  # whom it is about: for suppressions, never for a log


@dataclass(frozen=True, slots=True)
class Unusable:
    """An entry that cannot be used: its place in the callback, from 0, why, and what it says of no person."""

    row: int
    reason: str
    entry: str = field(default="", compare=False)


def verify(
    raw: bytes, signature: str, timestamp: str, public_keys: Sequence[str], *, now: float = 0, max_age_s: float = 0
) -> bool:
    """Whether one of ``public_keys`` signed these bytes (ECDSA, SHA-256, over timestamp + body); never raises.

    ``max_age_s`` above 0 also refuses timestamps further than that from ``now``; SendGrid asks for no such thing,
    and repeats callbacks for 24 hours.
    """
    try:
        signed, proof = timestamp.encode("ascii") + raw, base64.b64decode(signature, validate=True)
        if max_age_s and abs(now - int(timestamp)) > max_age_s:
            return False
    except (ValueError, binascii.Error):
        return False
    return any(_signed_by(key, proof, signed) for key in public_keys)


def check_public_key(text: str) -> None:
    """ConfigError unless ``text`` is a key as SendGrid shows it: base64 of a P-256 public key."""
    if _key(text) is None:
        raise ConfigError(
            "is not an ECDSA public key",
            where="SENDGRID_WEBHOOK_PUBLIC_KEY",
            mend="copy it from the webhook's settings",
        )


def parse(raw: bytes) -> tuple[list[Report], list[Unusable]]:
    """A report for each entry that can be used, in order, and the others with the reason; never raises."""
    try:
        rows = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return [], [Unusable(0, "not JSON")]
    if not isinstance(rows, list):
        return [], [Unusable(0, "not a list of events")]
    reports, unusable = [], []
    for place, row in enumerate(rows):
        try:
            reports.append(_report(row))
        except _UnusableError as problem:
            unusable.append(Unusable(place, str(problem), _impersonal(row)))
    return reports, unusable


class _UnusableError(Exception):
    """Raised for an entry that is not what SendGrid documents; its text tells of nobody."""


def _impersonal(row: object) -> str:
    """What may be kept of an entry: its fields without addresses."""
    if not isinstance(row, dict):
        return type(row).__name__
    known = _text(row, "email")
    fields = {one_line(key, 40): value for key, value in row.items() if key not in _PERSONAL}
    return without_addresses(msgspec.json.encode(fields).decode(), known, limit=_ENTRY)


def _report(row: object) -> Report:
    if not isinstance(row, dict):
        raise _UnusableError("not an object")
    word = row.get("event")
    if not isinstance(word, str) or not word:
        raise _UnusableError("no event")
    status, event = _text(row, "status"), _REPORTED.get(word)
    if event is None:
        raise _UnusableError(f"an event that is not known here: {one_line(word, 40)}")
    if event is Reported.BOUNCED and row.get("type") == "blocked":
        event = Reported.BLOCKED
    said = _text(row, "reason") or _text(row, "response") if event in _TELLING else ""
    return Report(
        delivery=_delivery(row),
        event=event,
        kind=_kind(event, said, status, expired=row.get("type") == "expired"),
        at=_time(row.get("timestamp")),
        event_id=one_line(_text(row, "sg_event_id"), _ID_LENGTH),
        message_id=one_line(_text(row, "sg_message_id"), _ID_LENGTH),
        reason=without_addresses(said, _text(row, "email")) if said else "",
        email=_text(row, "email"),
    )


def _kind(event: Reported, said: str, status: str, *, expired: bool) -> str:
    match event:
        case Reported.BOUNCED:
            # ``status`` may be missing: SendGrid calls it a bounce only when it gave up on the address.
            return "soft" if expired or status.startswith("4") else "hard"
        case Reported.BLOCKED:
            return "blocked"
        case Reported.DROPPED:
            remembered = (kind for words, kind in _REMEMBERED.items() if said.casefold().startswith(words))
            return next(remembered, "refused")
        case _:
            return ""


def _delivery(row: dict[str, Any]) -> str:
    """Our custom argument, which SendGrid puts beside its own fields."""
    delivery = row.get("delivery", "")
    if delivery == "":
        return ""
    try:
        split_delivery_id(delivery)
    except (ValueError, AttributeError):
        raise _UnusableError("not a delivery id") from None
    if len(delivery) > _ID_LENGTH or not (delivery.isascii() and delivery.isprintable()) or " " in delivery:
        raise _UnusableError("not a delivery id")
    return str(delivery)


def _time(value: object) -> int:
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 10:
        value = int(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or value not in _TIMES:
        raise _UnusableError("no timestamp")
    return value


def _text(row: dict[str, Any], field: str) -> str:
    value = row.get(field)
    return value if isinstance(value, str) else ""


def _signed_by(text: str, proof: bytes, signed: bytes) -> bool:
    key = _key(text)
    if key is None:
        return False
    try:
        key.verify(proof, signed, ec.ECDSA(SHA256()))
    except (InvalidSignature, ValueError):
        return False
    return True


@lru_cache(maxsize=16)
def _key(text: str) -> ec.EllipticCurvePublicKey | None:
    """The key in ``text``, base64 or PEM; None if it is none."""
    try:
        if "-----BEGIN" in text:
            key = load_pem_public_key(text.encode())
        else:
            key = load_der_public_key(base64.b64decode("".join(text.split()), validate=True))
    except (ValueError, binascii.Error, UnsupportedAlgorithm):
        return None
    return key if isinstance(key, ec.EllipticCurvePublicKey) else None
