"""The log file of one machine, never larger than it may be, and the scribe that writes what processes say into it."""

from __future__ import annotations

import contextlib
import fcntl
import os
import selectors
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Self

#: The log file's name, as far as nobody else has it.
NAME = "mobilise"
#: Bytes read from a process at once; and of a line without an end, after which it counts as one.
_READ, _LONGEST = 1 << 18, 1 << 20
#: How many may write into one folder at the same time.
_WRITERS = 64
#: Seconds the scribe has for what is still to be read when it ends.
_LAST_S = 5.0


class LogFile:
    """Appends whole lines to ``folder/mobilise.log``; a full file becomes ``.1``, and the oldest goes.

    Whoever comes second while the first still writes gets ``mobilise-2.log``. What cannot be written is left out: a
    full disk does not stop the work.
    """

    def __init__(self, folder: Path, *, limit: int, files: int) -> None:
        """``limit`` bytes in each of ``files`` files; OSError if the folder cannot be used."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._limit, self._files = limit, files
        self.path, self._lock = _own(folder)
        self._file = _opened(self.path)
        self._size = os.fstat(self._file).st_size

    def write(self, lines: bytes) -> None:
        """Takes whole lines."""
        with contextlib.suppress(OSError):
            if self._size and self._size + len(lines) > self._limit:
                self._turn()
            self._size += os.write(self._file, lines)

    def close(self) -> None:
        os.close(self._file)
        os.close(self._lock)

    def _turn(self) -> None:
        for number in range(self._files - 1, 0, -1):
            older = self.path.with_name(f"{self.path.name}.{number}")
            newer = self.path.with_name(f"{self.path.name}.{number - 1}") if number > 1 else self.path
            with contextlib.suppress(FileNotFoundError):
                newer.replace(older)
        if self._files == 1:
            self.path.unlink(missing_ok=True)
        file = _opened(self.path)
        os.close(self._file)
        self._file, self._size = file, 0


def _own(folder: Path) -> tuple[Path, int]:
    """A log file that no living process writes, and the lock that says so."""
    for number in range(1, _WRITERS + 1):
        name = NAME if number == 1 else f"{NAME}-{number}"
        lock = os.open(folder / f"{name}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
        else:
            return folder / f"{name}.log", lock
    raise BlockingIOError(f"{_WRITERS} processes write into this folder")


def _opened(path: Path) -> int:
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)


class Scribe:
    """``with Scribe(…) as scribe``: what is written into its lines goes to the file and to ``echo``, in whole lines."""

    def __init__(self, file: LogFile, echo: Callable[[bytes], None]) -> None:
        self._file, self._echo = file, echo
        self._selector = selectors.DefaultSelector()
        self._rests: dict[int, bytes] = {}
        self._ends: list[int] = []
        self._wake, self._waker = os.pipe()
        self._selector.register(self._wake, selectors.EVENT_READ)
        self._thread = threading.Thread(target=self._run, name="scribe", daemon=True)

    def line(self) -> int:
        """A descriptor to write into, for one process and its successors; only before the scribe begins."""
        reading, writing = os.pipe()
        os.set_blocking(reading, False)
        self._selector.register(reading, selectors.EVENT_READ)
        self._rests[reading] = b""
        self._ends += [reading, writing]
        return writing

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        """What was written before is kept."""
        os.write(self._waker, b".")
        self._thread.join(_LAST_S)
        if self._thread.is_alive():  # whoever reads our words has stopped reading: its memory ends with us
            return
        for end in (*self._ends, self._wake, self._waker):
            os.close(end)
        self._file.close()

    def _run(self) -> None:
        over = False
        while True:
            ready = [key.fd for key, _ in self._selector.select(0 if over else None)]
            said = [fd for fd in ready if fd != self._wake]
            for fd in said:
                self._take(fd)
            if over and not said:
                break
            over = over or self._wake in ready
        self._tell(b"".join(rest + b"\n" for rest in self._rests.values() if rest))

    def _take(self, fd: int) -> None:
        try:
            lines, end, rest = os.read(fd, _READ).rpartition(b"\n")
        except BlockingIOError:
            return
        if end or len(self._rests[fd]) > _LONGEST:
            self._tell(self._rests[fd] + lines + b"\n")
            self._rests[fd] = rest
        else:
            self._rests[fd] += rest

    def _tell(self, lines: bytes) -> None:
        if lines:
            self._file.write(lines)
            self._echo(lines)
