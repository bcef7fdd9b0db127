"""A calendar's text cut into its events, so that a broken one costs only itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from workers.errors import InputError

_ENDS_OF_LINES = re.compile(r"\r\n|\r|\n")
#: Lines that one event has at most.
_LONGEST = 2000


@dataclass(slots=True)
class Block:
    """The lines of one event, ``row`` the first one's number in the file; ``flaw`` says why they cannot be read."""

    row: int
    lines: list[str]
    flaw: str = ""

    def first(self, name: str) -> str:
        """The value of the first such property as it is written; "" if there is none."""
        return next((line.partition(":")[2] for line in self.lines if named(line) == name), "")

    def has(self, *names: str) -> bool:
        return any(named(line) in names for line in self.lines)


@dataclass(slots=True)
class Cut:
    """A calendar: what holds for all events (zones, and the calendar's own), then each event."""

    shared: list[str] = field(default_factory=list)
    zone: str = ""
    blocks: list[Block] = field(default_factory=list)


def named(line: str) -> str:
    """The property's name."""
    return re.split("[;:]", line, maxsplit=1)[0].strip().upper()


def cut(text: str) -> Cut:
    """The calendar's parts; InputError if this is none."""
    _require_calendar(text)
    found, lines = Cut(), iter(_unfolded(text))
    for row, line in lines:
        match line.strip().upper():
            case "BEGIN:VEVENT":
                found.blocks.extend(_event(row, lines))
            case "BEGIN:VTIMEZONE":
                found.shared.extend(_until(line, "END:VTIMEZONE", lines))
            case _ if named(line) == "X-WR-TIMEZONE":
                found.zone = line.partition(":")[2].strip()
    return found


def _require_calendar(text: str) -> None:
    head = text.lstrip("\ufeff \t\r\n")[:200].lower()
    if head.startswith(("<!doctype", "<html", "<?xml")):
        raise InputError("this is a web page, not a calendar: log in there and export the calendar as .ics")
    if "begin:vcalendar" not in head:
        raise InputError("this is no calendar: it does not begin with BEGIN:VCALENDAR; export it as .ics (iCalendar)")


def _unfolded(text: str) -> Iterator[tuple[int, str]]:
    """(number, line) with what was folded in one (RFC 5545 §3.1); blank lines are none.

    Some programs fold in the middle of a letter: its bytes, which were none alone, are put together here.
    """
    begun, parts = 0, list[str]()
    for number, line in enumerate(_ENDS_OF_LINES.split(text), 1):
        if line[:1] in {" ", "\t"} and parts:
            parts.append(line[1:])
            continue
        if parts:
            yield begun, _whole(parts)
        begun, parts = number, [line] if line.strip() else []
    if parts:
        yield begun, _whole(parts)


def _whole(parts: list[str]) -> str:
    return "".join(parts).encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _until(line: str, end: str, lines: Iterator[tuple[int, str]]) -> Iterator[str]:
    yield line
    for _, one in lines:
        yield one
        if one.strip().upper() == end:
            return


def _event(row: int, lines: Iterator[tuple[int, str]]) -> Iterator[Block]:
    """One event, or more if the first ones do not end."""
    block, inside = Block(row, []), 0
    for number, line in lines:
        word = line.strip().upper()
        if word in {"END:VEVENT", "END:VCALENDAR"}:
            block.flaw = block.flaw or ("" if word == "END:VEVENT" else "does not end: END:VEVENT is missing")
            yield block
            return
        if word == "BEGIN:VEVENT":
            block.flaw = "does not end: END:VEVENT is missing"
            yield block
            block, inside = Block(number, []), 0
        elif word.startswith(("BEGIN:", "END:")):
            inside += 1 if word.startswith("BEGIN:") else -1  # an alarm: nobody is to be woken by us
        elif not inside:
            if len(block.lines) < _LONGEST:
                block.lines.append(line)
            else:
                block.flaw = f"has more than {_LONGEST} lines"
    block.flaw = "does not end: the file is cut off"
    yield block
