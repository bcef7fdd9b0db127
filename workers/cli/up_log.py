"""What ``mobilise up`` does with what its processes write: a file in the log folder, and the terminal."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Protocol, Self

import structlog

from workers import log as logging
from workers.cli.context import Context
from workers.logbook.columns import Columns
from workers.logbook.keeping import LogFile, Scribe
from workers.settings.sections import Log

log = structlog.get_logger()


class Kept(Protocol):
    """Entered while the processes run."""

    #: What every process gets, so that its lines can be read again.
    environment: Mapping[str, str]

    def line(self) -> int | None:
        """Where one process writes to; None: to our stderr, as we do."""

    def __enter__(self) -> Self: ...
    def __exit__(self, *exception: object) -> None: ...


class Nowhere:
    """Nothing is kept: everybody writes to our stderr."""

    environment: Mapping[str, str] = MappingProxyType({})

    def line(self) -> None:
        return None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None: ...


class InFolder:
    """Everything is JSON in the file; a terminal shows it in columns."""

    environment: Mapping[str, str] = MappingProxyType({"MOBILISE_LOG__FORMAT": "json"})

    def __init__(self, file: LogFile, settings: Log) -> None:
        self._settings = settings
        self._scribe = Scribe(file, _echo(settings))
        self._own = os.fdopen(os.dup(self._scribe.line()), "wb", buffering=0)

    def line(self) -> int:
        return self._scribe.line()

    def __enter__(self) -> Self:
        self._scribe.__enter__()
        logging.configure(self._settings.level, "json", self._own)  # the supervisor's own lines, too
        return self

    def __exit__(self, *exception: object) -> None:
        self._own.close()
        logging.configure(self._settings.level, self._settings.format)
        self._scribe.__exit__(*exception)


@contextlib.contextmanager
def kept_log(context: Context, data: Path | None) -> Iterator[Kept]:
    """The log of one ``up``; ``data`` is the folder that was asked for, if one was. It does not stop the work."""
    settings = context.settings
    folder = settings.path(settings.log.folder) if settings.log.folder else None
    if folder and data and not context.environ.get("MOBILISE_LOG__FOLDER"):
        folder = data / "log"
    kept: Kept = Nowhere()
    if folder:
        try:
            file = LogFile(folder, limit=int(settings.log.file_mb * 1_000_000), files=settings.log.files)
            kept = InFolder(file, settings.log)
        except OSError as error:
            log.warning("log.not_kept", folder=str(folder), reason=error.strerror)
    yield kept


def _echo(settings: Log) -> Callable[[bytes], None]:
    out = sys.stderr.buffer
    if settings.format == "json" or (settings.format == "auto" and not sys.stderr.isatty()):
        return _quietly(out.write, out.flush)
    columns = Columns(colors=sys.stderr.isatty() and not os.environ.get("NO_COLOR"))

    def write(lines: bytes) -> None:
        shown = "\n".join(map(columns.lines, lines.rstrip(b"\n").split(b"\n"))) + "\n"
        out.write(shown.encode("utf-8", "backslashreplace"))

    return _quietly(write, out.flush)


def _quietly(write: Callable[[bytes], object], flush: Callable[[], None]) -> Callable[[bytes], None]:
    """Whoever read along may have gone: that stops nothing."""

    def echo(lines: bytes) -> None:
        with contextlib.suppress(OSError, ValueError):
            write(lines)
            flush()

    return echo
