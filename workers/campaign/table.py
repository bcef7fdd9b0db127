"""CSV as people really send it: any separator and encoding mark; a broken record costs its own line only."""

from __future__ import annotations

import csv
import re
import unicodedata
from collections import deque
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice

from workers.errors import InputError

#: Separators looked for, in this order of preference.
_SEPARATORS = (",", ";", "\t", "|")
#: Lines one record may reach over: beyond this a quotation mark was left open.
LONGEST = 8
#: The header is among so many lines; blank ones before it are passed over.
HEADER_WITHIN = 20
#: What bytes of Windows-1252 stand for in British names and typing; anything else is not clearly that encoding.
_WESTERN = frozenset(
    "ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÕÖØÙÚÛÜÝàáâãäåæçèéêëìíîïñòóôõöøùúûüýŒœŠšŽžß\u2018\u2019\u201c\u201d\u2013\u2014\u2026\xa3\xa0"
)
_READ_AS_WESTERN = "the file is not UTF-8: read as Windows-1252; look at the accents"


@dataclass(frozen=True, slots=True)
class Record:
    """One record: ``row`` is its first line in the file, from 1; ``flaw`` says why ``cells`` cannot be trusted."""

    row: int
    cells: list[str]
    flaw: str = ""


@dataclass(frozen=True, slots=True)
class Header:
    """``columns`` as in Table; ``row`` is its line in the file, from 1; ``width`` the number of its columns."""

    columns: dict[str, int]
    row: int
    separator: str
    width: int


@dataclass(frozen=True, slots=True)
class Table:
    """``columns`` maps a normal column name to its index; ``records`` come after the header, blank ones left out."""

    columns: dict[str, int]
    records: Iterator[Record]


def open_table(lines: Iterable[str], known: Collection[str]) -> Table:
    """Reads the header; ``known`` are normal names that tell the separator. InputError when there is no header."""
    source = iter(lines)
    before = list(islice(source, HEADER_WITHIN))
    header = read_header(before, known)
    rows = enumerate(chain(before[header.row :], source), header.row + 1)
    return Table(header.columns, _records(rows, header))


def read_header(before: Sequence[str], known: Collection[str]) -> Header:
    """The header among a file's first lines; InputError when there is none."""
    start = next((index for index, line in enumerate(before) if line.strip(" \t\r\n,;|\ufeff")), None)
    if start is None:
        raise InputError("the file is empty", field="file")
    separator = _separator(before[start], known)
    try:
        titles = next(csv.reader([before[start]], delimiter=separator))
    except csv.Error as error:
        raise InputError("the first line is not a CSV header", field="file") from error
    return Header(_columns(titles, known), start + 1, separator, len(titles))


def column_name(title: str) -> str:
    """``title`` as compared: "GSS Code" and "gss_code" are one."""
    return re.sub(r"[^0-9a-z]+", "_", unicodedata.normalize("NFKC", title).casefold()).strip("_")


def decode(raw: bytes) -> tuple[str, str]:
    """(text, remark): UTF-8, or Windows-1252 where that is clear; bytes that are neither stay as lone surrogates."""
    refuse_other_kinds(raw[:4])
    text = raw.decode("utf-8-sig", "surrogateescape")
    if text.isascii() or not _all_bad(text):
        return text, ""
    western = raw.decode("cp1252", "replace")
    if all(char in _WESTERN for char in western if not char.isascii()):
        return western, _READ_AS_WESTERN
    return text, ""


class Encoding:
    """How the lines of a large file are encoded: the same as ``decode`` finds, without the whole of it in memory."""

    def __init__(self, lines: Iterable[bytes]) -> None:
        self._is_western = False
        for line in lines:
            if line.isascii() or (line.startswith(b"\xef\xbb\xbf") and line[3:].isascii()):
                continue
            text = line.decode("utf-8", "surrogateescape")
            western = (char for char in line.decode("cp1252", "replace") if not char.isascii())
            self._is_western = _all_bad(text) and all(char in _WESTERN for char in western)
            if not self._is_western:
                break

    @property
    def remark(self) -> str:
        """What to say of it, or ""."""
        return _READ_AS_WESTERN if self._is_western else ""

    def utf8(self, lines: Iterable[bytes]) -> Iterator[bytes]:
        """The lines in UTF-8; bytes that are neither stay as they are."""
        return (line.decode("cp1252", "replace").encode() for line in lines) if self._is_western else iter(lines)


def refuse_other_kinds(head: bytes) -> None:
    """InputError if a file that begins with these four bytes is no CSV."""
    if head == b"PK\x03\x04":
        raise InputError("this is a spreadsheet or a zip, not CSV: save it as CSV (UTF-8)", field="file")
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise InputError("this is UTF-16: save it as CSV (UTF-8)", field="file")


def is_undecoded(text: str) -> bool:
    """Whether ``text`` holds bytes that were not UTF-8."""
    return not text.isascii() and any("\ud800" <= char <= "\udfff" for char in text)


def _all_bad(text: str) -> bool:
    return all("\udc80" <= char <= "\udcff" for char in text if not char.isascii())


def _separator(header: str, known: Collection[str]) -> str:
    def hits(separator: str) -> int:
        return sum(column_name(title.strip('"')) in known for title in header.split(separator))

    return max(_SEPARATORS, key=hits)


def _columns(header: list[str], known: Collection[str]) -> dict[str, int]:
    columns: dict[str, int] = {}
    for index, title in enumerate(header):
        name = column_name(title)
        if name in columns and name in known:
            raise InputError(f"the column {name} is there twice", field="file")
        columns.setdefault(name, index)
    return columns


def _records(rows: Iterator[tuple[int, str]], header: Header) -> Iterator[Record]:
    ahead = deque(islice(rows, LONGEST))
    while ahead:
        used, record = read_record(ahead, header)
        for _ in range(used):
            ahead.popleft()
        ahead.extend(islice(rows, used))
        if record.flaw or any(cell and not cell.isspace() for cell in record.cells):
            yield record


def read_record(ahead: Iterable[tuple[int, str]], header: Header) -> tuple[int, Record]:
    """(lines used, record): a record of several lines counts only if it is whole and as wide as the header."""
    text, row = "", 0
    for used, (number, line) in enumerate(ahead, 1):
        text, row = text + line, row or number
        try:
            cells = next(csv.reader([text], delimiter=header.separator, strict=True))
        except csv.Error as error:
            if "unexpected end" in str(error):
                continue
            return 1, Record(row, [], "the quotation marks or separators are broken, or a field is too long")
        flaw = _wrong_width(cells, header.width)
        if used == 1 or not flaw:
            return used, Record(row, cells, flaw)
        break
    return 1, Record(row, [], "a quotation mark is opened and never closed")


def _wrong_width(cells: list[str], width: int) -> str:
    if len(cells) == width or not any(cells) or (len(cells) > width and not any(cells[width:])):
        return ""
    return f"has {len(cells)} columns where the header has {width}"
