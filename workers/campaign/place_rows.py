"""Rows of a large CSV in bytes: split at once where nothing is in the way, read with all care where something is."""

from __future__ import annotations

import csv
import re
from collections import deque
from collections.abc import Collection, Iterable, Iterator
from itertools import chain, islice

from workers.campaign.table import HEADER_WITHIN, LONGEST, Header, Record, read_header, read_record

#: Arrangements of quotation marks and separators that are remembered: a file has a handful.
_SHAPES = 1000

#: A row's number and its first cells, quotation marks and all.
PlainRow = tuple[int, list[bytes]]


class Rows:
    """The rows after the header of a file's ``lines``; InputError if there is no header."""

    def __init__(self, lines: Iterable[bytes], known: Collection[str]) -> None:
        source = iter(lines)
        before = list(islice(source, HEADER_WITHIN))
        self.header: Header = read_header([decoded(line) for line in before], known)
        self._source = enumerate(chain(before[self.header.row :], source), self.header.row + 1)
        self._separator = self.header.separator.encode()
        self._others = bytes(set(range(256)) - {*b'"\r\n', *self._separator})
        mark = re.escape(self._separator)
        self._plain = re.compile(rb'(?:"")?(?:' + mark + rb'(?:"")?){' + b"%d}" % (self.header.width - 1))
        #: The number of the last row, and whether its line ended.
        self.last, self.ended = 0, True

    def read(self, cells: int) -> Iterator[PlainRow | Record]:
        """Rows that have as many columns as the header come as their first ``cells`` cells, others as records."""
        separator, others, shapes = self._separator, self._others, set[bytes]()
        while True:
            number, line = 0, b""
            for number, line in self._source:
                text = line.rstrip(b"\r\n")
                shape = text.translate(None, others)
                if shape not in shapes:
                    if not self._plain.fullmatch(shape):
                        if record := self._quoted(number, text):
                            yield record
                            continue
                        break
                    if len(shapes) < _SHAPES:
                        shapes.add(shape)
                yield number, text.split(separator, cells)
            else:
                self._end(number, line)
                return
            yield from self._with_care(number, line)

    def _quoted(self, number: int, text: bytes) -> Record | None:
        """The record of a line with separators between quotation marks; None if it is to be read with care."""
        try:
            cells = next(csv.reader([decoded(text)], delimiter=self.header.separator, strict=True))
        except csv.Error:
            return None
        return Record(number, cells) if len(cells) == self.header.width else None

    def _with_care(self, number: int, line: bytes) -> Iterator[Record]:
        """The record that begins here; lines that were looked at for it in vain are records of their own."""
        seen = deque([(number, line)])
        while seen:
            used, record = read_record(self._ahead(seen), self.header)
            for _ in range(used):
                number, line = seen.popleft()
            self._end(number, line)
            if record.flaw or any(cell and not cell.isspace() for cell in record.cells):
                yield record

    def _end(self, number: int, line: bytes) -> None:
        if number:
            self.last, self.ended = number, line.endswith(b"\n")

    def _ahead(self, seen: deque[tuple[int, bytes]]) -> Iterator[tuple[int, str]]:
        for number, line in list(seen):
            yield number, decoded(line)
        for number, line in islice(self._source, LONGEST - len(seen)):
            seen.append((number, line))
            yield number, decoded(line)


def decoded(line: bytes) -> str:
    """UTF-8; other bytes become lone surrogates, which no cell may hold that is used."""
    return line.decode("utf-8", "surrogateescape")
