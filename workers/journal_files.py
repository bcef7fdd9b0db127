"""What the files of journals say: which claims there were, and how the one who keeps one writes it down."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from workers.errors import ConfigError

#: Bytes read from a file's end to find its last line.
TAIL = 4096
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


def known(*folders: Path) -> dict[str, int]:
    """Sender → the highest number in its journal, over copies of it; a folder that is not there holds none."""
    highest: dict[str, int] = {}
    for folder in folders:
        for sender, paths in _journals(folder).items():
            highest[sender] = max([highest.get(sender, 0), *map(highest_in, paths)])
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
        if any(files(folder, sender)[1].exists() for folder in folders):
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
        yield from (path for path in files(folder, sender) if path.exists())


def files(folder: Path, sender: str) -> tuple[Path, Path]:
    """The file that is written, and the one before it."""
    return folder / f"{sender}.log", folder / f"{sender}.1.log"


def boot_id() -> bytes:
    """Another one after each start of the machine, by which the last lines of a file may be lost; b"" if unknown."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_bytes().strip()
    except OSError:
        return b""


def boot_line() -> bytes:
    return b"boot %b\n" % (boot_id() or b"-")


def packed(entry: Entry, highest: int) -> bytes:
    words = (entry.number, highest, *entry[1:5], ",".join(entry.candidates))
    return (" ".join(map(str, words)) + "\n").encode()


def parsed(line: bytes) -> Entry | None:
    """The claim that a line tells of; None if it tells of something else."""
    if not (found := _LINE.fullmatch(line)):
        return None
    number, _, at, campaign, action, group, candidates = (word.decode() for word in found.groups())
    return Entry(int(number), int(at), campaign, action, group, tuple(candidates.split(",")))


def _read(path: Path) -> Iterator[Entry]:
    """Every whole line; what a power cut left of others is passed over."""
    with path.open("rb") as file:
        for line in file:
            if line.endswith(b"\n") and (entry := parsed(line[:-1])):
                yield entry


def highest_in(path: Path) -> int:
    """What the last whole line says is the highest number; 0 if there is none."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            tail = TAIL
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


def whole_lines(file: int) -> int:
    """Bytes up to the end of the last whole line."""
    end = os.fstat(file).st_size
    while end:
        start = max(0, end - TAIL)
        if (found := os.pread(file, end - start, start).rfind(b"\n")) >= 0:
            return start + found + 1
        end = start
    return 0
