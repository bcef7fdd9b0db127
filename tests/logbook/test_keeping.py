"""The log file stays within its bounds, and nothing that a process says before its end is lost."""

from __future__ import annotations

import os
import threading
from pathlib import Path

from tests.support.wait import wait_until
from workers.logbook.keeping import LogFile, Scribe
from workers.logbook.sources import generations


def text(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in generations(folder / "mobilise.log"))


def test_a_log_never_takes_more_than_it_may(tmp_path):
    """Somebody else's disk is not ours to fill; the newest lines are the ones that stay."""
    file = LogFile(tmp_path / "log", limit=1000, files=3)
    for number in range(1000):
        file.write(b"line %04d\n" % number)
    paths = generations(file.path)
    assert [path.name for path in paths] == ["mobilise.log.2", "mobilise.log.1", "mobilise.log"]
    assert all(path.stat().st_size <= 1000 for path in paths)
    assert text(tmp_path / "log").endswith(b"line 0998\nline 0999\n")
    assert file.path.stat().st_mode & 0o777 == 0o600
    file.close()


def test_two_that_write_into_one_folder_have_a_file_each(tmp_path):
    """Both would turn the same file, and lose lines; and the next one goes on where the first has ended."""
    first, second = (LogFile(tmp_path, limit=1000, files=2) for _ in range(2))
    assert (first.path.name, second.path.name) == ("mobilise.log", "mobilise-2.log")
    first.write(b"before\n")
    first.close()
    third = LogFile(tmp_path, limit=1000, files=2)
    third.write(b"after\n")
    assert third.path.read_bytes() == b"before\nafter\n"
    second.close()
    third.close()


def test_the_scribe_keeps_lines_whole_and_the_last_words(tmp_path):
    """Processes write at the same time; a traceback without a line end is what one wants to read most."""
    echoed: list[bytes] = []
    scribe = Scribe(LogFile(tmp_path, limit=10**9, files=2), echoed.append)
    ends = [scribe.line() for _ in range(3)]
    line = b"x" * 7000
    with scribe:
        threads = [threading.Thread(target=_say, args=(end, line)) for end in ends]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        os.write(ends[0], b"last words")
    lines = text(tmp_path).splitlines()
    assert lines.count(line) == 600
    assert lines[-1] == b"last words"
    assert b"".join(echoed) == text(tmp_path)


def _say(end: int, line: bytes) -> None:
    with open(end, "wb", buffering=0, closefd=False) as stream:
        for _ in range(200):
            said = line + b"\n"
            while said:
                said = said[stream.write(said) or 0 :]


def test_a_disk_that_is_full_stops_nobody(tmp_path):
    """What is kept is for people; the work is for supporters."""
    echoed: list[bytes] = []
    file = LogFile(tmp_path, limit=1000, files=2)
    scribe = Scribe(file, echoed.append)
    end = scribe.line()
    full = os.open("/dev/full", os.O_WRONLY)
    os.dup2(full, file._file)  # noqa: SLF001 - nobody can fill a disk for a test
    os.close(full)
    with scribe:
        os.write(end, b"said\n")
        wait_until(lambda: echoed == [b"said\n"])
