"""A file that is only ever added to, and on disk before anybody is told so."""

from __future__ import annotations

import asyncio
import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from workers.errors import UnavailableError

#: Bytes read at a time when looking for the last line's start.
_STEP = 1 << 16


class Journal:
    """Lines in one file; appends that wait at the same time share one fsync."""

    def __init__(self, path: Path) -> None:
        self.path = path
        mend(path)
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        self.size = os.fstat(self._file).st_size
        self._waiting: list[tuple[bytes, asyncio.Future[int]]] = []
        self._writing: asyncio.Task[None] | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="journal")
        _sync_folder(path.parent)

    async def append(self, line: bytes) -> int:
        """Where ``line`` (with its newline) begins, once it is on disk; UnavailableError if it could not be written."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[int] = loop.create_future()
        self._waiting.append((line, done))
        if self._writing is None:
            self._writing = loop.create_task(self._drain())
        return await done

    def line_at(self, offset: int) -> bytes:
        """The line that begins at ``offset``."""
        found = os.pread(self._file, _STEP, offset)
        while b"\n" not in found:
            more = os.pread(self._file, max(_STEP, len(found)), offset + len(found))
            if not more:
                break
            found += more
        return found.partition(b"\n")[0]

    async def close(self) -> None:
        """Ends after what waits is written."""
        if self._writing is not None:
            await self._writing
        self._thread.shutdown()
        os.close(self._file)

    async def _drain(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            batch, self._waiting = self._waiting, []
            try:
                await loop.run_in_executor(self._thread, self._write, b"".join(line for line, _ in batch))
            except OSError:
                _refuse(batch)
            else:
                self._confirm(batch)
        self._writing = None

    def _write(self, block: bytes) -> None:
        try:
            rest = memoryview(block)
            while rest:
                rest = rest[os.write(self._file, rest) :]
            os.fsync(self._file)
        except OSError:
            # A full disk may have taken half a line: nobody was told of it, so it goes.
            os.ftruncate(self._file, self.size)
            raise

    def _confirm(self, batch: list[tuple[bytes, asyncio.Future[int]]]) -> None:
        for line, done in batch:
            offset, self.size = self.size, self.size + len(line)
            if not done.done():
                done.set_result(offset)


def _refuse(batch: list[tuple[bytes, asyncio.Future[int]]]) -> None:
    for _, done in batch:
        if not done.done():
            done.set_exception(UnavailableError("the outbox could not write to its folder"))


def mend(path: Path) -> Path | None:
    """Sets a torn last line aside in a file of its own, and says which; None if there was none."""
    if not path.exists():
        return None
    with path.open("r+b") as file:
        end = file.seek(0, os.SEEK_END)
        whole = _end_of_last_line(file.fileno(), end)
        if whole == end:
            return None
        file.seek(whole)
        aside = path.with_name(f"{path.stem}.torn-{time.time_ns()}")
        aside.write_bytes(file.read())
        aside.chmod(0o600)
        file.truncate(whole)
    return aside


def _end_of_last_line(file: int, end: int) -> int:
    while end > 0:
        start = max(0, end - _STEP)
        found = os.pread(file, end - start, start).rfind(b"\n")
        if found >= 0:
            return start + found + 1
        end = start
    return 0


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
