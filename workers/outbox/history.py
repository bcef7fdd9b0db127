"""What was reported about each mail: a file beside the mail, and a few bytes for each in memory."""

from __future__ import annotations

import os
import time
from array import array
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import msgspec

from workers.outbox.fate import STATES
from workers.outbox.journal import mend

EVENTS = "events.jsonl"
_RANK = {state: rank for rank, state in enumerate(STATES)}


class Told(msgspec.Struct, omit_defaults=True, frozen=True):
    """An event that was taken at the other end; ``previous`` is where the mail's event before it stands."""

    number: int
    what: str
    event_id: str
    at: float
    previous: int = -1


class Asked(msgspec.Struct, frozen=True):
    """An event asked for by hand, to be told even after a restart; ``when`` is its timestamp."""

    asked: int
    what: str
    event_id: str
    nonce: str
    when: int


class Cursor(msgspec.Struct, frozen=True):
    """Every call before this one had its events told."""

    cursor: int


class _Line(msgspec.Struct):
    number: int = 0
    what: str = ""
    event_id: str = ""
    at: float = 0
    previous: int = -1
    asked: int = 0
    nonce: str = ""
    when: int = 0
    cursor: int = -1


_line = msgspec.json.Decoder(_Line).decode


class History:
    """The events of every mail, its state, and what is still to be told."""

    def __init__(self, folder: Path) -> None:
        self.cursor = 0
        self.by_event: Counter[str] = Counter()
        self.waiting: dict[str, Asked] = {}
        self._states = bytearray()
        self._last = array("q")
        self._path = folder / EVENTS
        mend(self._path)
        self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        self._size = 0
        self._load()

    def state(self, number: int) -> str:
        """What is worth showing about the mail: the event that weighs most."""
        return STATES[self._states[number]] if number < len(self._states) else "accepted"

    def of(self, number: int) -> list[Told]:
        """The events told about one mail, oldest first."""
        at, found = self._last[number] if number < len(self._last) else -1, []
        while at >= 0:
            line = _line(os.pread(self._file, 4096, at).partition(b"\n")[0])
            found.append(Told(line.number, line.what, line.event_id, line.at, line.previous))
            at = line.previous
        return found[::-1]

    def ask(self, asked: Asked) -> None:
        """Remembers an event that a person wants told."""
        self.waiting[asked.event_id] = asked
        self._append([msgspec.json.encode(asked)])

    def tell(self, told: Iterable[tuple[int, str, str]], cursor: int) -> None:
        """Records (number, what, event id) of events that were taken, and how far the rule has come."""
        now, lines, at = round(time.time(), 3), [], self._size
        for number, what, event_id in told:
            line = msgspec.json.encode(Told(number, what, event_id, now, self._previous(number)))
            self._count(number, what, event_id, at)
            lines.append(line)
            at += len(line) + 1
        if cursor > self.cursor:
            self.cursor = cursor
            lines.append(msgspec.json.encode(Cursor(cursor)))
        self._append(lines)

    def close(self) -> None:
        """Lets go of the file."""
        os.close(self._file)

    def _previous(self, number: int) -> int:
        return self._last[number] if number < len(self._last) else -1

    def _count(self, number: int, what: str, event_id: str, at: int) -> None:
        if number >= len(self._last):
            more = number + 1024 - len(self._last)
            self._last.extend([-1] * more)
            self._states.extend(bytes(more))
        self._last[number] = at
        self._states[number] = max(self._states[number], _RANK.get(what, 0))
        self.by_event[what] += 1
        self.waiting.pop(event_id, None)

    def _append(self, lines: list[bytes]) -> None:
        block = memoryview(b"".join(line + b"\n" for line in lines))
        self._size += len(block)
        while block:
            block = block[os.write(self._file, block) :]

    def _load(self) -> None:
        with self._path.open("rb") as lines:
            for raw in lines:
                self._recall(_line(raw))
                self._size += len(raw)

    def _recall(self, line: _Line) -> None:
        if line.cursor >= 0:
            self.cursor = line.cursor
        elif line.asked:
            self.waiting[line.event_id] = Asked(line.asked, line.what, line.event_id, line.nonce, line.when)
        else:
            self._count(line.number, line.what, line.event_id, self._size)
