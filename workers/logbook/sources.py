"""Where log lines come from: files that grow, turn and shrink, or standard input."""

from __future__ import annotations

import heapq
import os
import select
from collections.abc import Iterable, Iterator
from io import FileIO
from pathlib import Path
from typing import BinaryIO, Protocol

#: Bytes read at once, and of a line without an end, after which it counts as one.
_CHUNK = 1 << 18
_LONGEST = 1 << 20
#: Where the time stands in a line of ours, ``{"time":"2026-11-22T07:37:31.883Z``: compared as text.
_HEAD, _TIME = b'{"time":"', slice(9, 33)


class Source(Protocol):
    """``read`` gives whole lines, none if there is nothing new; ``over`` says that nothing will come any more."""

    over: bool

    def read(self) -> list[bytes]: ...
    def end(self) -> list[bytes]:
        """What has no end yet, as a line."""

    def close(self) -> None: ...


class LogFiles:
    """One log and its older generations (``x.log.2``, ``x.log.1``, ``x.log``), in order, then what is appended."""

    def __init__(self, path: Path, *, tail: int | None = None) -> None:
        """``tail``: begins so many bytes before the newest file's end; None: at the oldest generation's beginning."""
        self._path, self._rest, self.over = path, b"", False
        self._file: FileIO | None = None
        if tail is None:
            self._open(next(iter(generations(path)), path))
        elif file := self._open(path):
            start = max(0, file.seek(0, os.SEEK_END) - tail)
            file.seek(start)
            if start:
                file.readline()

    def read(self) -> list[bytes]:
        """At most one chunk, so that nobody waits for a file to be read whole."""
        while file := self._file or self._open(self._path):
            if lines := self._lines(self._chunk(file)):
                return lines
            if self._left():
                continue
            if not self._turn(file):
                break
            if rest := self.end():
                return rest
        return []

    def end(self) -> list[bytes]:
        """What has no end yet, as a line."""
        rest, self._rest = self._rest, b""
        return [rest] if rest else []

    def close(self) -> None:
        if self._file:
            self._file.close()

    def _open(self, path: Path) -> FileIO | None:
        try:
            file = path.open("rb", buffering=0)
        except FileNotFoundError:
            return None
        self.close()
        self._file = file
        return file

    def _chunk(self, file: FileIO) -> bytes:
        if os.fstat(file.fileno()).st_size < file.tell():  # emptied by somebody: it begins anew
            file.seek(0)
            self._rest = b""
        return file.read(_CHUNK) or b""

    def _left(self) -> bool:
        """Whether this file has more now."""
        return self._file is not None and os.fstat(self._file.fileno()).st_size > self._file.tell()

    def _turn(self, file: FileIO) -> bool:
        """Goes on with the next generation, if nothing is left in this file and it is not the newest any more."""
        mine = os.fstat(file.fileno())
        found = [(path, about) for path in generations(self._path) if (about := _about(path))]
        inodes = [about.st_ino for _, about in found]
        if self._left():
            return False
        if mine.st_ino in inodes:
            newer = found[inodes.index(mine.st_ino) + 1 :]
        else:  # taken away meanwhile
            newer = [one for one in found if one[1].st_mtime_ns > mine.st_mtime_ns or one[0] == self._path]
        return bool(newer) and self._open(newer[0][0]) is not None

    def _lines(self, chunk: bytes) -> list[bytes]:
        if not chunk:
            return []
        text, end, rest = chunk.rpartition(b"\n")
        if not end and len(self._rest) + len(rest) < _LONGEST:
            self._rest += rest
            return []
        lines = (self._rest + text).split(b"\n") if end else [self._rest]
        self._rest = rest
        return lines


class Stdin:
    """What another program writes to us."""

    def __init__(self, stream: BinaryIO, *, wait_s: float) -> None:
        """``read`` waits for ``wait_s`` at most."""
        self._stream, self._wait_s, self._rest, self.over = stream, wait_s, b"", False

    def read(self) -> list[bytes]:
        """What came, as whole lines; what has no end counts as one when all is over."""
        chunk = self._chunk()
        if chunk is None:
            return []
        if not chunk:
            self.over = True
            return self.end()
        text, end, rest = chunk.rpartition(b"\n")
        if not end:
            self._rest += rest
            return []
        lines = (self._rest + text).split(b"\n")
        self._rest = rest
        return lines

    def end(self) -> list[bytes]:
        rest, self._rest = self._rest, b""
        return [rest] if rest else []

    def close(self) -> None:
        """It is not ours to close."""

    def _chunk(self) -> bytes | None:
        """None: nothing yet; empty: the end."""
        try:
            descriptor = self._stream.fileno()
        except OSError:  # not a real one
            return self._stream.read()
        if not select.select([descriptor], [], [], self._wait_s)[0]:
            return None
        return os.read(descriptor, _CHUNK)


def generations(path: Path) -> list[Path]:
    """``x.log`` and its older ones, oldest first; only those that are there."""
    numbered = [(int(one.suffix[1:]), one) for one in path.parent.glob(f"{path.name}.*") if one.suffix[1:].isdigit()]
    return [one for _, one in sorted(numbered, reverse=True)] + ([path] if path.exists() else [])


def merged(sources: Iterable[Source], *, to_the_end: bool) -> Iterator[bytes]:
    """All that is there now, by time across sources; a line without one stays after the line before it.

    ``to_the_end``: what has no line end is a line too, for nothing more will be read.
    """
    for _, _, line in heapq.merge(
        *(_timed(source, number, to_the_end=to_the_end) for number, source in enumerate(sources))
    ):
        yield line


def by_time(batches: Iterable[list[bytes]]) -> list[bytes]:
    """What several sources said meanwhile, in the order of time."""
    filled = [batch for batch in batches if batch]
    if len(filled) == 1:
        return filled[0]
    return [line for _, _, line in heapq.merge(*(_stamped(batch, number) for number, batch in enumerate(filled)))]


def _timed(source: Source, number: int, *, to_the_end: bool) -> Iterator[tuple[bytes, int, bytes]]:
    while lines := source.read():
        yield from _stamped(lines, number)
    if to_the_end:
        yield from _stamped(source.end(), number)


def _stamped(lines: list[bytes], number: int) -> Iterator[tuple[bytes, int, bytes]]:
    at = b""
    for line in lines:
        at = line[_TIME] if line.startswith(_HEAD) else at
        yield at, number, line


def _about(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except FileNotFoundError:
        return None
