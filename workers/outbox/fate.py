"""What becomes of each mail, and the events that tell of it: by chance, but the same chance each time."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from typing import Any

import msgspec

from workers.outbox.ledger import arguments, recipients
from workers.outbox.options import Chances
from workers.outbox.payload import Entry

#: Each event a person may send by hand, with what SendGrid adds to it.
DETAILS: dict[str, dict[str, Any]] = {
    "processed": {"event": "processed"},
    "deferred": {"event": "deferred", "response": "451 4.7.1 try again later", "attempt": "1"},
    "delivered": {"event": "delivered", "response": "250 2.0.0 OK"},
    "bounce": {
        "event": "bounce",
        "type": "bounce",
        "status": "5.1.1",
        "reason": "550 5.1.1 no such mailbox",
        "bounce_classification": "Invalid Address",
    },
    "blocked": {
        "event": "bounce",
        "type": "blocked",
        "status": "5.7.1",
        "reason": "550 5.7.1 refused by policy",
        "bounce_classification": "Reputation",
    },
    "dropped": {"event": "dropped", "status": "5.0.0", "reason": "Bounced Address"},
    "open": {"event": "open", "useragent": "Outbox/1", "ip": "127.0.0.1", "sg_machine_open": False},
    "click": {"event": "click", "useragent": "Outbox/1", "ip": "127.0.0.1", "url": "https://campaign.example/"},
    "spamreport": {"event": "spamreport"},
    "unsubscribe": {"event": "unsubscribe"},
}

#: Later in this list wins when a mail's state is shown.
STATES = (
    "accepted", "processed", "deferred", "delivered", "open", "click", "dropped", "blocked", "bounce", "unsubscribe",
    "spamreport",
)  # fmt: skip


class About(msgspec.Struct, frozen=True):
    """As much of a mail as an event tells."""

    number: int
    message_id: str
    at: float
    email: str
    categories: list[str]
    custom_args: dict[str, str]


class Happening(msgspec.Struct, frozen=True):
    """One event about one mail, as it will be sent."""

    number: int
    what: str
    event_id: str
    body: dict[str, Any]


def happenings(entry: Entry, first: int, chances: Chances, seed: int) -> Iterator[Happening]:
    """What the rule says happened to the mails of one call, in order."""
    for mail in abouts(entry, first):
        for what in fate(mail.custom_args.get("delivery") or mail.email.casefold(), chances, seed):
            yield happening(mail, what)


def abouts(entry: Entry, first: int) -> Iterator[About]:
    """What an event may tell of each mail of a call, whose first is number ``first``."""
    for number, _, person, one in recipients(entry, first):
        args = arguments(entry, one)
        yield About(number, entry.message_id, entry.at, person.email, entry.payload.categories, args)


def fate(who: str, chances: Chances, seed: int) -> list[str]:
    """The names of what happens to ``who`` (a delivery, or an address): the same for the same seed."""
    draw = _draws(f"{seed} {who}")
    if next(draw) < chances.drop:
        return ["dropped"]
    before = ["deferred"] if next(draw) < chances.defer else []
    if next(draw) < chances.bounce:
        return [*before, "bounce"]
    if next(draw) < chances.block:
        return [*before, "blocked"]
    return before + _after_delivery(draw, chances)


def _after_delivery(draw: Iterator[float], chances: Chances) -> list[str]:
    if next(draw) >= chances.delivered:
        return []
    later = (("open", chances.open), ("click", chances.click), ("spamreport", chances.complaint))
    return ["delivered", *(what for what, share in later if next(draw) < share)]


def _draws(text: str) -> Iterator[float]:
    digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=64).digest()
    return (int.from_bytes(digest[at : at + 8], "big") / 2**64 for at in range(0, 64, 8))


def happening(mail: About, what: str, *, nonce: str = "", at: int | None = None) -> Happening:
    """The event ``what`` about ``mail``; the same id each time unless ``nonce`` differs."""
    event_id = _event_id(mail, what, nonce)
    body = {
        **mail.custom_args,
        "email": mail.email,
        "timestamp": int(mail.at) if at is None else at,
        "smtp-id": f"<{mail.message_id}@outbox.example>",
        "category": mail.categories,
        "sg_event_id": event_id,
        "sg_message_id": f"{mail.message_id}.filter0001.{mail.number}.0",
        **DETAILS[what],
    }
    return Happening(mail.number, what, event_id, body)


def _event_id(mail: About, what: str, nonce: str) -> str:
    text = f"{mail.message_id} {mail.number} {what} {nonce}"
    return base64.urlsafe_b64encode(hashlib.blake2b(text.encode(), digest_size=16).digest()).decode().rstrip("=")
