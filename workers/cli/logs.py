"""``mobilise logs``: what all processes write, followed and sifted."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from workers.cli.context import Context, pass_context
from workers.cli.logs_shown import Lines, Summary
from workers.logbook.sifting import LEVELS, Sieve, Wanted, since, trace_of
from workers.logbook.sources import LogFiles, Source, Stdin, by_time, merged

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Bytes before the end of a log at which following begins.
_TAIL = 1 << 16
#: Seconds between looks for new lines, and for new files.
_LOOK_S, _FIND_S = 0.1, 1.0
_EXAMPLES = """\b
Examples:
  mobilise logs -f --level warning
  mobilise logs --since 10m --event 'provider.*'
  mobilise logs -f --summary"""


@click.command(epilog=_EXAMPLES)
@click.argument("places", metavar="[FILE|FOLDER|-]...", nargs=-1)
@click.option("--follow", "-f", is_flag=True, help="Go on with what is written from now on, until Ctrl-C.")
@click.option("--campaign", "-c", default="", help="Only this campaign, its receipts included.")
@click.option("--trace", default="", help="Only this trace id (its beginning will do), or traceparent header.")
@click.option("--level", type=click.Choice(LEVELS), default=None, help="Only lines as loud as this, or louder.")
@click.option("--event", default="", help="Only these events, such as letters.accepted or 'letters.*'.")
@click.option("--about", default="", help="Only lines that name this id: a letter, an action, a candidate.")
@click.option("--since", "since_text", default="", help="Only what is newer: 30s, 10m, 2h, 1d, or a time.")
@click.option("--summary", is_flag=True, help="Fold everything into one row for each event: count, rate, first, last.")
@click.option("--json", "as_json", is_flag=True, help="The lines as they are; with --summary one line of JSON.")
@pass_context
def logs(
    context: Context,
    /,
    *,
    places: tuple[str, ...],
    follow: bool,
    since_text: str,
    summary: bool,
    as_json: bool,
    **asked: Any,
) -> None:
    """Follow and sift what all processes write.

    Without a FILE: the log folder of `mobilise up` (setting log.folder), older files first. "-" is standard input,
    as in `journalctl -u mobilise-worker -o cat -f | mobilise logs --level warning -`. Lines that are no events (a
    traceback, another program) are passed on, dimmed, unless you ask for a campaign, a trace, an event or an id.
    """
    asked["level"] = asked["level"] or ""
    asked["trace"] = trace_of(asked["trace"])
    wanted = Wanted(**asked, since=since(since_text, datetime.now(UTC)) if since_text else "")
    show = Summary(as_json=as_json, live=follow) if summary else Lines(as_json=as_json)
    tail = _TAIL if follow and not since_text else None
    with closing(Reading(context, places, tail)) as reading:
        _run(reading, Sieve(wanted), show, follow=follow)


class Reading:
    """The sources that were named, or those of the log folder."""

    def __init__(self, context: Context, places: Sequence[str], tail: int | None) -> None:
        """NotFoundError if there is nothing to read."""
        self._places = [Path(place) for place in places if place != "-"]
        self._tail, self._sources = tail, dict[Path, Source]()
        if "-" in places:
            self._sources[Path("-")] = Stdin(sys.stdin.buffer, wait_s=_LOOK_S)
        if not places:
            self._places = [_kept(context)]
        self.look(tail)
        if not self._sources:
            _nothing(self._places[0])

    @property
    def sources(self) -> list[Source]:
        return list(self._sources.values())

    def close(self) -> None:
        for source in self.sources:
            source.close()

    def look(self, tail: int | None = None) -> None:
        """Finds files that came since."""
        for path in (path for place in self._places for path in _files(place)):
            if path not in self._sources:
                self._sources[path] = LogFiles(path, tail=tail)


def _run(reading: Reading, sieve: Sieve, show: Lines | Summary, *, follow: bool) -> None:
    streams = [source for source in reading.sources if isinstance(source, Stdin)]
    if not streams:
        for number, line in enumerate(merged(reading.sources, to_the_end=not follow)):
            if head := sieve.head(line):
                show.add(line, head)
            if number % 1000 == 0:
                show.pause()
    if follow or streams:
        for lines in _arriving(reading, follow=follow):
            for line in lines:
                if head := sieve.head(line):
                    show.add(line, head)
            show.pause()
    show.end()


def _arriving(reading: Reading, *, follow: bool) -> Iterator[list[bytes]]:
    """What comes, and an empty list now and then; ends when nothing can come any more."""
    find_at = 0.0
    while True:
        sources = reading.sources
        lines = by_time([source.read() for source in sources])
        yield lines
        streams = [source for source in sources if isinstance(source, Stdin)]
        if not lines and all(source.over for source in (sources if follow else streams)):
            return
        if not lines and not any(not stream.over for stream in streams):
            time.sleep(_LOOK_S)
        if follow and time.monotonic() > find_at:
            find_at = time.monotonic() + _FIND_S
            reading.look()


def _files(place: Path) -> list[Path]:
    """A file is itself; a folder is every log in it."""
    if place.is_dir():
        return sorted(place.glob("*.log"))
    return [place] if place.exists() else []


def _kept(context: Context) -> Path:
    settings = context.settings
    if not settings.log.folder:
        raise click.UsageError('Name a file, or "-" for standard input: log.folder is "", so none is kept.')
    return settings.path(settings.log.folder)


def _nothing(place: Path) -> None:
    from workers.errors import NotFoundError

    kept = "mobilise up keeps its log there; or name a file, or - for standard input"
    raise NotFoundError(f"no log in {place} ({kept})")
