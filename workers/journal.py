"""What each sender took for posting, in files outside Redis: the witness should the ledger ever go back in time."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import re
import secrets
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import structlog

from workers.journal_files import (
    TAIL,
    Entry,
    boot_line,
    entries,
    files,
    highest_in,
    known,
    packed,
    unusable,
    whole_lines,
)

log = structlog.get_logger()

#: Bytes of one file. A sender keeps two, so at least this much of the newest: some 250,000 claims.
_MOST = 32 << 20
#: Seconds between two tries to write after one that failed.
_AGAIN_S = 5.0


class Journal:
    """The journal of one process. Lines reach the operating system before a call begins, so they survive kill -9."""

    def __init__(self, folder: Path | None, *, most: int = _MOST) -> None:
        """``folder`` None: nothing is kept, and a ledger that goes back is not noticed."""
        self._folder, self._most = folder, most
        self._lock = threading.Lock()
        self._file = self._locked = -1
        self._size, self._try_at = 0, 0.0
        self.sender, self.highest = "", 0

    def open(self) -> None:
        """Takes over the files of a process that has ended, else begins new ones; ConfigError if it cannot."""
        if self._folder is None or self._file >= 0:
            return
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.sender, self._locked = _free_sender(self._folder)
            self.highest = max(highest_in(path) for path in files(self._folder, self.sender))
            self._begin()
            self._try_to_write()
            self._write(boot_line())
        except OSError as error:
            raise unusable(self._folder, error) from None

    def append(self, *entries: Entry, until_ms: int = 0) -> bool:
        """Whether all ``entries`` are written: what is not must not be posted.

        With ``until_ms``, when the claims of all end, only the first begins now; the others as ``go_on`` says.
        """
        with self._lock:
            highest = self.highest
            lines = [b"until %d %d %d\n" % (until_ms, len(entries), entries[0].number)] if until_ms else []
            for entry in entries:
                highest = max(highest, entry.number)
                lines.append(packed(entry, highest))
            if self._put(b"".join(lines)):
                self.highest = highest
                return True
            return False

    def go_on(self, number: int, message_id: str = "") -> bool:
        """Whether it is written that this claim begins, and by which call that before it came to its end."""
        said = message_id if re.fullmatch(r"[!-~]+", message_id) else "-"
        with self._lock:
            return self._put(b"next %d %b\n" % (number, said.encode()))

    def ready(self) -> bool:
        """Whether it can be written; after a failure it is tried every few seconds."""
        if not self._try_at:
            return True
        with self._lock:
            if time.monotonic() < self._try_at:
                return False
            try:
                self._try_to_write()
            except OSError as error:
                self._failed(error)
                return False
            self._try_at = 0.0
        log.info("journal.writable")
        return True

    def known(self) -> dict[str, int]:
        """Sender → the highest number in the journals of this folder; ConfigError if they cannot be read."""
        if self._folder is None:
            return {}
        try:
            return known(self._folder)
        except OSError as error:
            raise unusable(self._folder, error) from None

    def entries(self, after: Mapping[str, int]) -> Iterator[Entry]:
        """The claims in this folder beyond these numbers."""
        return entries(self._in(), after=after)

    def lines(self) -> Iterator[bytes]:
        """All whole lines of this sender's files, oldest first, without their ends."""
        for path in reversed(files(self._in(), self.sender) if self.sender else ()):
            with contextlib.suppress(FileNotFoundError), path.open("rb") as file:
                yield from (line[:-1] for line in file if line.endswith(b"\n"))

    def close(self) -> None:
        """Leaves the files to the next process."""
        for file in (self._file, self._locked):
            if file >= 0:
                os.close(file)
        self._file = self._locked = -1

    def _begin(self) -> None:
        path = files(self._in(), self.sender)[0]
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        self._size = whole_lines(self._file)
        os.ftruncate(self._file, self._size)  # a torn last line was never posted

    def _put(self, lines: bytes) -> bool:
        try:
            if self._size + len(lines) > self._most:
                self._rotate()
            self._write(lines)
        except OSError as error:
            self._failed(error)
            return False
        return True

    def _rotate(self) -> None:
        newest, older = files(self._in(), self.sender)
        with contextlib.suppress(FileNotFoundError):  # renamed already, by a try that then failed
            newest.rename(older)
        former = self._file
        self._begin()
        os.close(former)
        self._write(boot_line())

    def _write(self, line: bytes) -> None:
        if not os.fstat(self._file).st_nlink:
            raise OSError(errno.ENOENT, "its file was removed: restart this worker")
        if os.write(self._file, line) < len(line):
            os.ftruncate(self._file, self._size)
            raise OSError(errno.ENOSPC, "only part of it could be written")
        self._size += len(line)

    def _try_to_write(self) -> None:
        """Writes as much as a long line takes, and takes it back."""
        size = self._size
        self._write(b" " * (TAIL - 1) + b"\n")
        os.ftruncate(self._file, size)
        self._size = size

    def _failed(self, error: OSError) -> None:
        if not self._try_at:
            log.error("journal.unwritable", reason=error.strerror or type(error).__name__)
        self._try_at = time.monotonic() + _AGAIN_S

    def _in(self) -> Path:
        return self._folder or Path()


def _free_sender(folder: Path) -> tuple[str, int]:
    """A sender that no living process is, and the lock that says so: the kernel frees it however we end."""
    for path in sorted(folder.glob("*.lock")):
        if (lock := _lock(path)) >= 0:
            return path.stem, lock
    host = re.sub(r"[^A-Za-z0-9-]", "-", socket.gethostname())[:40]
    sender = f"{host}-{secrets.token_hex(4)}"
    return sender, _lock(folder / f"{sender}.lock")


def _lock(path: Path) -> int:
    """A descriptor; -1 if another process has the lock."""
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(file)
        return -1
    return file
