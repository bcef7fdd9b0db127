"""The end of the log that this machine keeps: what was loud lately, and what an operator sifts out of it."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from workers.app import App
from workers.errors import InputError
from workers.log_events import EVENTS
from workers.logbook.columns import visible
from workers.logbook.rates import Rates
from workers.logbook.sifting import LEVELS, Sieve, Wanted, stamp, trace_of
from workers.logbook.sources import LogFiles, merged
from workers.web.console.door import HEADERS, Visitor
from workers.web.pages import Pages
from workers.web.threads import Threads

#: Bytes of each log that are read for the page that is live, and for the one that sifts.
_SHORT, _LONG = 1 << 16, 1 << 20
#: Lines that each of them shows.
_FEW, _MANY = 8, 200
#: Minutes that the summary folds.
_FOLDED = 5
_HEAD = ("time", "level", "event", "campaign")
_LONGEST = 300

_decode = msgspec.json.Decoder(dict[str, Any]).decode


class Line(NamedTuple):
    """One event: ``means`` is what its name means, ``rest`` its other fields."""

    time: str
    level: str
    event: str
    means: str
    campaign: str
    rest: list[tuple[str, str]]
    trace: str


class Tail:
    """Reads the log folder of this machine, if one is kept."""

    def __init__(self, app: App) -> None:
        folder = app.settings.log.folder
        self._folder = app.settings.path(folder) if folder else Path()

    @property
    def is_kept(self) -> bool:
        return self._folder != Path() and any(self._folder.glob("*.log"))

    def loud(self) -> list[Line]:
        """The newest warnings and errors, newest first."""
        return self.lines(Wanted(level="warning"), _SHORT, _FEW)

    def lines(self, wanted: Wanted, tail: int = _LONG, most: int = _MANY) -> list[Line]:
        """The newest lines that are wanted, newest first; none where no log is kept."""
        sieve = Sieve(wanted)
        heads = ((line, sieve.head(line)) for line in self._read(tail))
        return _newest_first((line for line, head in heads if head and head.event), most)

    def sifted(self, wanted: Wanted) -> tuple[list[Line], list[dict[str, object]]]:
        """The same, and what the last minutes fold into: a row for each event."""
        sieve, rates, found = Sieve(wanted), Rates(), list[bytes]()
        since = stamp(datetime.now(UTC) - timedelta(minutes=_FOLDED))
        everything = Sieve(Wanted())
        for line in self._read(_LONG):
            head = everything.head(line)
            if head is None or not head.event:
                continue
            if isinstance(head.time, str) and head.time >= since:
                rates.add(head)
            if sieve.head(line):
                found.append(line)
        return _newest_first(found, _MANY), rates.rows()

    def _read(self, tail: int) -> Iterator[bytes]:
        files = [LogFiles(path, tail=tail) for path in sorted(self._folder.glob("*.log"))] if self.is_kept else []
        try:
            yield from merged(files, to_the_end=True)
        finally:
            for file in files:
                file.close()


class LogPage:
    """``/console/log``."""

    def __init__(self, app: App, threads: Threads, pages: Pages, tail: Tail) -> None:
        self._app, self._threads, self._pages, self._tail = app, threads, pages, tail

    async def get(self, request: Request, visitor: Visitor) -> Response:
        """The newest lines that the query asks for, and the last minutes folded into rates."""
        asked = {name: request.query_params.get(name, "").strip() for name in Wanted.__dataclass_fields__}
        lines, rates = await self._threads.run(self._tail.sifted, _wanted(asked))
        values = {
            "visitor": visitor,
            "here": "/console/log",
            "is_kept": self._tail.is_kept,
            "lines": lines,
            "rates": rates,
            "asked": asked,
            "levels": LEVELS,
            "campaigns": sorted(self._app.campaigns),
            "minutes": _FOLDED,
            "folder": self._app.settings.log.folder,
        }
        return HTMLResponse(self._pages.html("console/log", values), headers=HEADERS)


def _wanted(asked: dict[str, str]) -> Wanted:
    """InputError for a level that there is not."""
    if asked["level"] and asked["level"] not in LEVELS:
        raise InputError(f"must be one of {', '.join(LEVELS)}", field="level")
    return Wanted(**{**asked, "trace": trace_of(asked["trace"]), "since": ""})


def _newest_first(lines: Iterable[bytes], most: int) -> list[Line]:
    return [_line(_decode(line)) for line in reversed(deque(lines, maxlen=most))]


def _line(fields: dict[str, Any]) -> Line:
    time, level, event, campaign = (visible(str(fields.get(name, ""))) for name in _HEAD)
    rest = [(visible(name), _text(value)) for name, value in fields.items() if name not in (*_HEAD, "trace")]
    return Line(time, level, event, EVENTS.get(event, ""), campaign, rest, str(fields.get("trace", "")))


def _text(value: object) -> str:
    text = value if isinstance(value, str) else msgspec.json.encode(value, enc_hook=str).decode()
    return visible(text if len(text) <= _LONGEST else f"{text[:_LONGEST]} …")
