"""What the outbox accepted: one line for each call, one Mail for each recipient."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterator
from pathlib import Path

import msgspec
import structlog

from workers.errors import NotFoundError
from workers.outbox.journal import Journal
from workers.outbox.payload import Address, Call, Entry, Personalization, decode_entry

ACCEPTED = "accepted.jsonl"
log = structlog.get_logger()


class Mail(msgspec.Struct, frozen=True):
    """One mail as its recipient would get it, substitutions made; ``number`` counts from 1, ``at`` is epoch seconds."""

    number: int
    message_id: str
    delivery: str
    to: Address
    sender: Address = msgspec.field(name="from")
    reply_to: Address | None
    subject: str
    text: str
    html: str
    headers: dict[str, str]
    categories: list[str]
    custom_args: dict[str, str]
    at: float
    kind: str = "to"
    fault: str = ""

    @property
    def from_(self) -> Address:
        """The sender, by its name in the payload."""
        return self.sender


def read(folder: Path | str) -> Iterator[Mail]:
    """Every mail accepted into ``folder``, oldest first; a line that is still being written is left out."""
    path, number = Path(folder) / ACCEPTED, 1
    if not path.exists():
        return
    with path.open("rb") as lines:
        for line in lines:
            if line.endswith(b"\n") and (entry := _entry(line)):
                for mail in mails(entry, number):
                    yield mail
                    number += 1


def recipients(entry: Entry, number: int = 1) -> Iterator[tuple[int, str, Address, Personalization]]:
    """(number, to|cc|bcc, whom, their personalization) for each mail of one call; the first has ``number``."""
    for one in entry.payload.personalizations:
        for kind, people in (("to", one.to), ("cc", one.cc), ("bcc", one.bcc)):
            for person in people:
                yield number, kind, person, one
                number += 1


def mails(entry: Entry, number: int = 1) -> Iterator[Mail]:
    """The mails of one call; the first has ``number``."""
    for recipient in recipients(entry, number):
        yield _mail(entry, *recipient)


def arguments(entry: Entry, one: Personalization) -> dict[str, str]:
    """The custom_args of one personalization, those of the whole call included."""
    return {**entry.payload.custom_args, **one.custom_args}


def _mail(entry: Entry, number: int, kind: str, person: Address, one: Personalization) -> Mail:
    call, pairs = entry.payload, one.substitutions
    args = arguments(entry, one)
    return Mail(
        number=number,
        message_id=entry.message_id,
        delivery=args.get("delivery", ""),
        to=person,
        sender=one.sender or call.sender or Address(),
        reply_to=_reply_to(call, pairs),
        subject=substitute(one.subject or call.subject or "", pairs),
        text=substitute(_content(call, "text/plain"), pairs),
        html=substitute(_content(call, "text/html"), pairs),
        headers={**call.headers, **one.headers},
        categories=call.categories,
        custom_args=args,
        at=entry.at,
        kind=kind,
        fault=entry.fault,
    )


def substitute(text: str, pairs: dict[str, str]) -> str:
    """``text`` with each tag replaced, as it stands: SendGrid does not escape."""
    for tag, value in pairs.items():
        if tag:
            text = text.replace(tag, value)
    return text


def _reply_to(call: Call, pairs: dict[str, str]) -> Address | None:
    found = call.reply_to or (call.reply_to_list[0] if call.reply_to_list else None)
    if found is None or not pairs:
        return found
    return Address(substitute(found.email, pairs), substitute(found.name, pairs) if found.name else found.name)


def _content(call: Call, kind: str) -> str:
    return next((one.value for one in call.content if one.type.lower() == kind), "")


def _entry(line: bytes) -> Entry | None:
    try:
        return decode_entry(line)
    except msgspec.MsgspecError:
        log.warning("outbox.line_unreadable", bytes=len(line))
        return None


class Ledger:
    """The accepted calls on disk; memory holds 16 bytes for each."""

    def __init__(self, folder: Path) -> None:
        self._journal = Journal(folder / ACCEPTED)
        self._offsets = array("Q")
        self._firsts = array("Q")
        self.mails = 0
        self._index()

    @property
    def calls(self) -> int:
        """How many calls were accepted."""
        return len(self._offsets)

    async def keep(self, message_id: str, at: float, body: bytes, call: Call, fault: str = "") -> None:
        """Returns once the call is on disk; UnavailableError if it cannot be."""
        # JSON has no raw line break inside a string, so taking them out changes nothing.
        payload = body.replace(b"\n", b" ").replace(b"\r", b" ")
        head = f'{{"message_id":"{message_id}","at":{at:.3f},"fault":"{fault}","payload":'
        offset = await self._journal.append(head.encode() + payload + b"}\n")
        self._add(offset, call.recipients())

    def entry(self, call: int) -> tuple[Entry, int]:
        """The ``call``-th entry (from 0) and the number of its first mail."""
        return decode_entry(self._journal.line_at(self._offsets[call])), self._firsts[call]

    def mail(self, number: int) -> Mail:
        """NotFoundError if there is no such mail."""
        return next(mail for mail in mails(*self.entry_of(number)) if mail.number == number)

    def entry_of(self, number: int) -> tuple[Entry, int]:
        """The entry that mail came in, and the number of its first; NotFoundError if there is no such mail."""
        if not 1 <= number <= self.mails:
            raise NotFoundError(f"there is no mail {number} in this outbox")
        return self.entry(self._call_of(number))

    def payload(self, number: int) -> bytes:
        """The call that mail came in, as the caller wrote it."""
        self.entry_of(number)
        line = self._journal.line_at(self._offsets[self._call_of(number)])
        return line.partition(b'"payload":')[2][:-1]

    def mails_from(self, call: int) -> int:
        """How many mails the calls from ``call`` (from 0) on made."""
        return self.mails - self._firsts[call] + 1 if call < self.calls else 0

    def newest_from(self, number: int) -> Iterator[Mail]:
        """The mails from ``number`` down to 1."""
        if number < 1:
            return
        for call in range(self._call_of(min(number, self.mails)), -1, -1):
            yield from (mail for mail in reversed(list(mails(*self.entry(call)))) if mail.number <= number)

    async def close(self) -> None:
        """Writes what waits, then lets go of the file."""
        await self._journal.close()

    def _call_of(self, number: int) -> int:
        return bisect_right(self._firsts, number) - 1

    def _add(self, offset: int, recipients: int) -> None:
        # Other threads look too, and go by calls or mails: what those lead to must be there first.
        self._firsts.append(self.mails + 1)
        self._offsets.append(offset)
        self.mails += recipients

    def _index(self) -> None:
        offset = 0
        with self._journal.path.open("rb") as lines:
            for line in lines:
                if entry := _entry(line):
                    self._add(offset, entry.payload.recipients())
                offset += len(line)
