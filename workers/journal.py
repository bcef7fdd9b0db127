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
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import structlog

from workers.errors import ConfigError

log = structlog.get_logger()

#: Bytes of one file. A sender keeps two, so at least this much of the newest: some 250,000 claims.
_MOST = 32 << 20
#: Bytes read from a file's end to find its last line.
_TAIL = 4096
#: Seconds between two tries to write after one that failed.
_AGAIN_S = 5.0
#: number, highest number so far, epoch s, campaign, action, group, candidates
_LINE = re.compile(rb"(\d+) (\d+) (\d+) (\S+) (\S+) (\S+) (\S+)")


class Entry(NamedTuple):
    """One claim: the letters of ``action`` to ``candidates`` were about to be posted. ``at`` is epoch seconds."""

    number: int
    at: int
    campaign: str
    action: str
    group: str
    candidates: tuple[str, ...]


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
            self.highest = max(_highest(path) for path in _files(self._folder, self.sender))
            self._begin()
            self._try_to_write()
        except OSError as error:
            raise unusable(self._folder, error) from None

    def append(self, entry: Entry) -> bool:
        """Whether ``entry`` is written: what is not must not be posted."""
        with self._lock:
            highest = max(self.highest, entry.number)
            line = _packed(entry, highest)
            try:
                if self._size + len(line) > self._most:
                    self._rotate()
                self._write(line)
            except OSError as error:
                self._failed(error)
                return False
            self.highest = highest
            return True

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

    def close(self) -> None:
        """Leaves the files to the next process."""
        for file in (self._file, self._locked):
            if file >= 0:
                os.close(file)
        self._file = self._locked = -1

    def _begin(self) -> None:
        path = _files(self._in(), self.sender)[0]
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        self._size = _whole_lines(self._file)
        os.ftruncate(self._file, self._size)  # a torn last line was never posted

    def _rotate(self) -> None:
        newest, older = _files(self._in(), self.sender)
        with contextlib.suppress(FileNotFoundError):  # renamed already, by a try that then failed
            newest.rename(older)
        former = self._file
        self._begin()
        os.close(former)

    def _write(self, line: bytes) -> None:
        if not os.fstat(self._file).st_nlink:
            raise OSError(errno.ENOENT, "its file was removed: restart this worker")
        if os.write(self._file, line) < len(line):
            os.ftruncate(self._file, self._size)
            raise OSError(errno.ENOSPC, "only part of a line could be written")
        self._size += len(line)

    def _try_to_write(self) -> None:
        """Writes as much as a long line takes, and takes it back."""
        size = self._size
        self._write(b" " * (_TAIL - 1) + b"\n")
        os.ftruncate(self._file, size)
        self._size = size

    def _failed(self, error: OSError) -> None:
        if not self._try_at:
            log.error("journal.unwritable", reason=error.strerror or type(error).__name__)
        self._try_at = time.monotonic() + _AGAIN_S

    def _in(self) -> Path:
        return self._folder or Path()


def known(*folders: Path) -> dict[str, int]:
    """Sender → the highest number in its journal, over copies of it; a folder that is not there holds none."""
    highest: dict[str, int] = {}
    for folder in folders:
        for sender, paths in _journals(folder).items():
            highest[sender] = max([highest.get(sender, 0), *map(_highest, paths)])
    return {sender: number for sender, number in highest.items() if number}


def entries(*folders: Path, after: Mapping[str, int]) -> Iterator[Entry]:
    """The claims of the senders in ``after`` beyond the number given there, each once, in order of each sender."""
    for sender, number in sorted(after.items()):
        found = (entry for path in _copies(folders, sender) for entry in _read(path) if entry.number > number)
        yield from sorted(set(found))


def forgotten(*folders: Path, after: Mapping[str, int]) -> int:
    """How many claims beyond ``after`` were rotated away: nobody knows what they were."""
    missing = 0
    for sender, number in after.items():
        if any(_files(folder, sender)[1].exists() for folder in folders):
            numbers = [entry.number for path in _copies(folders, sender) for entry in _read(path)]
            missing += max(0, min(numbers, default=0) - number - 1)
    return missing


def unusable(folder: Path, error: OSError) -> ConfigError:
    """The sentence for a folder that cannot be read or written."""
    what = f"the journal folder {folder} cannot be used: {error.strerror or type(error).__name__}"
    return ConfigError(what, where="worker.journal", mend="let this user read and write it, or name another folder")


def _journals(folder: Path) -> dict[str, list[Path]]:
    found: dict[str, list[Path]] = {}
    try:
        paths = sorted(folder.iterdir())
    except FileNotFoundError:
        return {}
    for path in paths:
        if path.suffix == ".log":
            found.setdefault(path.stem.removesuffix(".1"), []).append(path)
    return found


def _copies(folders: Iterable[Path], sender: str) -> Iterator[Path]:
    for folder in folders:
        yield from (path for path in _files(folder, sender) if path.exists())


def _files(folder: Path, sender: str) -> tuple[Path, Path]:
    """The file that is written, and the one before it."""
    return folder / f"{sender}.log", folder / f"{sender}.1.log"


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


def _packed(entry: Entry, highest: int) -> bytes:
    words = (entry.number, highest, *entry[1:5], ",".join(entry.candidates))
    return (" ".join(map(str, words)) + "\n").encode()


def _read(path: Path) -> Iterator[Entry]:
    """Every whole line; what a power cut left of others is passed over."""
    with path.open("rb") as file:
        for line in file:
            if (found := _LINE.fullmatch(line, endpos=len(line) - 1)) and line.endswith(b"\n"):
                number, _, at, campaign, action, group, candidates = (word.decode() for word in found.groups())
                yield Entry(int(number), int(at), campaign, action, group, tuple(candidates.split(",")))


def _highest(path: Path) -> int:
    """What the last whole line says is the highest number; 0 if there is none."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            tail = _TAIL
            while True:
                file.seek(max(0, size - tail))
                lines = file.read(tail).rpartition(b"\n")[0].split(b"\n")
                for line in reversed(lines if tail >= size else lines[1:]):
                    if found := _LINE.fullmatch(line):
                        return int(found[2])
                if tail >= size:
                    return 0
                tail *= 8
    except FileNotFoundError:
        return 0


def _whole_lines(file: int) -> int:
    """Bytes up to the end of the last whole line."""
    end = os.fstat(file).st_size
    while end:
        start = max(0, end - _TAIL)
        if (found := os.pread(file, end - start, start).rfind(b"\n")) >= 0:
            return start + found + 1
        end = start
    return 0
