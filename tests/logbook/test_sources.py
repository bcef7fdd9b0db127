"""Following is patient: files that turn, shrink, come later or end in the middle of a line."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path

import pytest

from workers.logbook.keeping import LogFile
from workers.logbook.sources import LogFiles, Stdin, by_time, merged


@pytest.fixture
def follow():
    """A followed file that is closed in the end."""
    with contextlib.ExitStack() as stack:
        yield lambda path, tail=None: stack.enter_context(contextlib.closing(LogFiles(path, tail=tail)))


def drained(source: LogFiles) -> list[bytes]:
    lines: list[bytes] = []
    while new := source.read():
        lines += new
    return lines


def append(path: Path, text: bytes) -> None:
    with path.open("ab") as file:
        file.write(text)


def test_older_generations_are_read_first_and_a_line_is_read_when_it_is_whole(tmp_path, follow):
    """One story, in order, and no line in two pieces."""
    (tmp_path / "x.log.10").write_bytes(b"a\n")
    (tmp_path / "x.log.9").write_bytes(b"b\n")
    (tmp_path / "x.log.1").write_bytes(b"")
    (tmp_path / "x.log").write_bytes(b"c\nd")
    followed = follow(tmp_path / "x.log")
    assert drained(followed) == [b"a", b"b", b"c"]
    append(tmp_path / "x.log", b"d\n")
    assert drained(followed) == [b"dd"]


@pytest.mark.parametrize("often", [1, 7, 50])
def test_nothing_is_lost_while_the_file_turns(tmp_path, follow, often):
    """However many generations came since the last look."""
    file = LogFile(tmp_path, limit=400, files=30)
    followed, seen = follow(file.path, tail=0), []
    for number in range(600):
        file.write(b"line %d\n" % number)
        if number % often == 0:
            seen += drained(followed)
    file.close()
    assert [*seen, *drained(followed)] == [b"line %d" % number for number in range(600)]


def test_a_file_that_is_emptied_begins_anew(tmp_path, follow):
    """logrotate's copytruncate."""
    path = tmp_path / "x.log"
    path.write_bytes(b"a long line\n")
    followed = follow(path)
    assert drained(followed) == [b"a long line"]
    path.write_bytes(b"new\n")
    assert drained(followed) == [b"new"]


def test_a_file_that_was_moved_elsewhere_is_followed_by_its_successor(tmp_path, follow):
    """logrotate with names of its own; the older ones are not read again."""
    path = tmp_path / "x.log"
    (tmp_path / "x.log.1").write_bytes(b"old\n")
    path.write_bytes(b"a\n")
    followed = follow(path, tail=0)
    assert drained(followed) == []
    path.rename(tmp_path / "x-yesterday")
    path.write_bytes(b"b\n")
    assert drained(followed) == [b"b"]


def test_following_begins_with_whole_lines_near_the_end(tmp_path, follow):
    """What somebody who begins to follow wants to see first."""
    path = tmp_path / "x.log"
    path.write_bytes(b"".join(b"line %d\n" % number for number in range(1000)))
    assert drained(follow(path, tail=25)) == [b"line 998", b"line 999"]


def test_lines_of_several_files_come_in_the_order_of_time(tmp_path, follow):
    """A worker's line between two of the web's; a traceback stays behind the line it belongs to."""
    at = b'{"time":"2026-11-22T07:37:3%d.000Z"}'
    (tmp_path / "a.log").write_bytes(b"\n".join([at % 1, b"Traceback", at % 4]))
    (tmp_path / "b.log").write_bytes(b"\n".join([at % 2, at % 3]))
    read = list(merged([follow(tmp_path / "a.log"), follow(tmp_path / "b.log")], to_the_end=True))
    assert read == [at % 1, b"Traceback", at % 2, at % 3, at % 4]
    assert by_time([[at % 1, at % 3], [], [at % 2]]) == [at % 1, at % 2, at % 3]


def test_the_end_of_standard_input_is_a_line_too():
    """``printf x | mobilise logs -``."""
    stdin = Stdin(io.BytesIO(b"a\nb"), wait_s=0)
    assert (stdin.read(), stdin.read(), stdin.over) == ([b"a"], [b"b"], True)
