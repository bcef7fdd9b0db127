"""Which log lines are wanted: a cheap look at the bytes first, then only at the fields that decide."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fnmatch import translate
from typing import Any

import msgspec

from workers.errors import InputError

LEVELS = ("debug", "info", "warning", "error")
_AGO = re.compile(r"(\d{1,6})\s*(s|m|h|d)")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_TRACEPARENT = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")
#: What a JSON encoder may write in another way than it stands in the text that is looked for.
_PLAIN = re.compile(r"[\w.:-]*", re.ASCII)


class Head(msgspec.Struct):
    """The fields that decide; another program may put anything into them."""

    time: Any = ""
    level: Any = ""
    event: Any = ""
    campaign: Any = ""
    trace: Any = ""


_decode = msgspec.json.Decoder(Head).decode


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an operator asks for; "" asks for everything. ``since`` is a time as it stands in the lines."""

    campaign: str = ""
    trace: str = ""
    level: str = ""
    event: str = ""
    since: str = ""
    about: str = ""  # an id that stands anywhere in the line

    @property
    def names_something(self) -> bool:
        """Whether lines that are no events cannot be meant."""
        return bool(self.campaign or self.trace or self.event or self.about)


class Sieve:
    """Tells wanted lines from others. One for each run: a line without a time is as old as the one before it."""

    def __init__(self, wanted: Wanted) -> None:
        self._wanted = wanted
        self._needles = _needles(wanted)
        self._levels = frozenset(LEVELS[LEVELS.index(wanted.level) :]) if wanted.level else frozenset()
        self._event: Callable[[str], object] = re.compile(translate(wanted.event)).match
        self._old = False

    def head(self, line: bytes) -> Head | None:
        """Its head if it is wanted; one without event for a line that is none of ours."""
        for needle in self._needles:
            if needle not in line:
                return None
        if line.startswith(b"{"):
            try:
                head = _decode(line)
            except (msgspec.DecodeError, UnicodeDecodeError):
                pass
            else:
                return head if self._suits(head) else None
        return None if self._old or self._wanted.names_something or not line.strip() else Head()

    def _suits(self, head: Head) -> bool:
        wanted = self._wanted
        if wanted.since:
            self._old = isinstance(head.time, str) and head.time < wanted.since
        return (
            not self._old
            and (not wanted.level or head.level in self._levels)
            and (not wanted.campaign or str(head.campaign).partition("/")[0] == wanted.campaign)
            and (not wanted.trace or str(head.trace).startswith(wanted.trace))
            and (not wanted.event or bool(self._event(str(head.event))))
        )


def _needles(wanted: Wanted) -> list[bytes]:
    """Texts without which no line can be wanted."""
    glob = re.split(r"[*?\[]", wanted.event)[0]
    fields = [text for text in (wanted.campaign, wanted.trace, glob) if _plain(text)]
    return [text.encode("utf-8", "surrogateescape") for text in (*fields, wanted.about) if text]


def _plain(text: str) -> bool:
    return bool(text and _PLAIN.fullmatch(text))


def since(text: str, now: datetime) -> str:
    """``10m`` or a time, as it stands in the lines; InputError if it is neither."""
    if found := _AGO.fullmatch(text.strip().lower()):
        return stamp(now - timedelta(**{_UNITS[found[2]]: int(found[1])}))
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        what = "say how long ago, such as 30s, 10m, 2h or 1d, or a time such as 2026-11-22T07:30"
        raise InputError(what, field="--since") from None
    return stamp(moment if moment.tzinfo else moment.astimezone())


def stamp(moment: datetime) -> str:
    """``moment`` as it stands in the lines."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def trace_of(text: str) -> str:
    """The trace id, also out of a whole traceparent header."""
    found = _TRACEPARENT.fullmatch(text.strip().lower())
    return found[1] if found else text.strip().lower()
