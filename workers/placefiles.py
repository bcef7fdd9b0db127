"""A file of places on disk: a CSV, or the zip in which the statistics office publishes its directory."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import IO, TYPE_CHECKING, NamedTuple

from workers.campaign.place_file import PlaceFile
from workers.campaign.table import HEADER_WITHIN, refuse_other_kinds
from workers.errors import InputError
from workers.shapes import printable

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

#: Bytes read at once, and the longest line: no row of a directory comes near.
_BLOCK, _LINE = 1 << 20, 65_536
#: Files of a zip that are looked at: the directory has about 200.
_LOOKED_AT = 2000
#: Files of a zip that are named in an error.
_NAMED = 3


class Opened(NamedTuple):
    """What is read: the file in a zip ("" for a CSV), how many bytes it has, and its lines."""

    member: str
    size: int
    lines: Iterator[bytes]


@contextmanager
def open_places(path: Path, *, member: str = "", moved: Callable[[int], object] = id) -> Iterator[Opened]:
    """The lines of a CSV, or of the file of places in a zip; ``moved`` hears of each block that was read.

    Of several in a zip ``member`` names one; else it is the only one in its outermost folder: the directory holds the
    whole there, and the same in pieces below. InputError for what is neither, or not whole.
    """
    try:
        with path.open("rb") as file:
            head = file.read(4)
            file.seek(0)
            if head[:2] == b"PK":
                with _zip(file) as archive:
                    info = _chosen(archive, member)
                    with _unpacked(archive, info) as inside:
                        yield Opened(printable(info.filename), info.file_size, read_lines(inside, moved))
                return
            refuse_other_kinds(head)
            yield Opened("", path.stat().st_size, read_lines(file, moved))
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        what = "this zip is broken or not whole: download it again; nothing was changed"
        raise InputError(what, field="file") from error


class _Counted(io.RawIOBase):
    """A stream that tells of each block; if its lines end in a lone CR, as an LF."""

    def __init__(self, stream: IO[bytes], moved: Callable[[int], object]) -> None:
        self._stream, self._moved = stream, moved
        self._lone: bool | None = None

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        view = memoryview(buffer)
        block = self._stream.read(len(view))
        if self._lone is None:
            self._lone = b"\r" in block and b"\n" not in block
        view[: len(block)] = block.replace(b"\r", b"\n") if self._lone else block
        self._moved(len(block))
        return len(block)


def read_lines(stream: IO[bytes], moved: Callable[[int], object]) -> Iterator[bytes]:
    """Lines of bounded length, ``moved`` hears of each block: what is longer comes in pieces, which are no rows."""
    reader = io.BufferedReader(_Counted(stream, moved), _BLOCK)
    return iter(partial(reader.readline, _LINE), b"")


def _zip(file: IO[bytes]) -> zipfile.ZipFile:
    archive = zipfile.ZipFile(file)
    if "[Content_Types].xml" in archive.namelist():
        raise InputError("this is a spreadsheet, not CSV: save it as CSV (UTF-8)", field="file")
    return archive


def _chosen(archive: zipfile.ZipFile, member: str) -> zipfile.ZipInfo:
    tables = [info for info in archive.infolist() if info.filename.lower().endswith(".csv") and not info.is_dir()]
    if member:
        found = [info for info in tables if member in {info.filename, Path(info.filename).name}]
        if len(found) != 1:
            raise InputError(f"this zip has {len(found) or 'no'} CSV of that name", field="--member")
        return found[0]
    fitting = [info for info in tables[:_LOOKED_AT] if _fits(archive, info)]
    depth = min((info.filename.count("/") for info in fitting), default=0)
    outermost = [info for info in fitting if info.filename.count("/") == depth]
    if not outermost:
        what = f"none of the {len(tables):,} CSV files in this zip has postcodes with codes of their constituencies"
        raise InputError(what, field="file")
    if len(outermost) > 1:
        names = ", ".join(printable(info.filename) for info in outermost[:_NAMED])
        more = ", …" * (len(outermost) > _NAMED)
        what = f"this zip has {len(outermost):,} files of places ({names}{more}): name one with --member"
        raise InputError(what, field="file")
    return outermost[0]


def _unpacked(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> IO[bytes]:
    try:
        return archive.open(info)
    except (NotImplementedError, RuntimeError) as error:  # so zipfile says: not known, or locked with a password
        what = "this zip is locked, or packed in a way that is not known here: unpack it, and import the CSV inside"
        raise InputError(what, field="file") from error


def _fits(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bool:
    if Path(info.filename).name.startswith("._"):
        return False
    with _unpacked(archive, info) as inside:
        try:
            PlaceFile([inside.readline(_LINE) for _ in range(HEADER_WITHIN)])
        except InputError:
            return False
    return True
