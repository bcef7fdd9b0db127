"""A file of postcodes and constituencies, whatever its columns are called, read row by row."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from workers.campaign.boundaries import generation_of_codes, generation_of_column
from workers.campaign.candidate_file import Remark
from workers.campaign.place_rows import Rows, decoded
from workers.campaign.postcodes import LETTERS, ElsewhereError, is_written_well, normal_postcode
from workers.campaign.sectors import Gathered, Row, gather, month_code
from workers.campaign.table import Record, is_undecoded
from workers.errors import InputError

#: Columns that hold a postcode, best first: ``pcds`` has its blank in the right place.
_POSTCODE = ("pcds", "postcode", "post_code", "pcd", "pcd8", "pcd7", "pcd2")
#: The column that holds the month in which a postcode was terminated.
_ENDED = "doterm"
#: Columns that hold a constituency's code; names of constituencies (``pcon_name_2010``, ``pcon24nm``) are none.
_SEAT = re.compile(r"(?:pcon|gss|constituency|parliamentary|westminster)(?!.*(?:name|nm|label)).*")
#: Names or codes: taken for codes only if no other column is.
_PLAIN = frozenset({"constituency", "parliamentary_constituency", "westminster_constituency"})
_GSS = re.compile(r"[ENSW][0-9]{8}")
#: What the statistics office writes for "in no constituency": Jersey, Guernsey, Man, and postcodes without a place.
_NOWHERE = re.compile(r"[A-Z]99999999")
_CROWN = ("L", "M")
#: Why rows are left out that are no mistake.
CROWN, NO_SEAT, NO_HOME = "in a crown dependency", "without a constituency", "no home in the United Kingdom"
#: Refused rows that are remembered one by one.
_SHOWN = 20
_UNITS = {(a + b).encode(): a + b for a in LETTERS for b in LETTERS}
_AROUND = b'" '


class PlaceFile:
    """Iterating gives rows; ``taken``, ``skipped`` and ``refused`` count them, ``shown`` has the first refused."""

    def __init__(self, lines: Iterable[bytes], generation: str = "") -> None:
        """``generation`` says which boundaries are meant where the columns do not, or which of several columns.

        InputError unless the header has a column of postcodes and one of constituencies.
        """
        self._rows = Rows(lines, _POSTCODE)
        columns = self._rows.header.columns
        self._postcode, self._ended = _postcode_column(columns), columns.get(_ENDED)
        #: The column of codes for each generation; "" if its name does not tell one.
        self.columns = _seat_columns(columns, generation)
        self._seats = [(begun, columns[name]) for begun, name in self.columns.items()]
        self._asked = generation
        self.taken = self.refused = 0
        self.skipped: Counter[str] = Counter()
        self.shown: list[Remark] = []
        self._sectors: dict[bytes, str] = {}
        self._codes: dict[bytes, str] = {}
        self._months = {b"": ""}

    def __iter__(self) -> Iterator[Row]:
        """Rows in order; one that cannot be used is counted. InputError if the file breaks off in its last row."""
        broken = 0
        cells = max([self._postcode, self._ended or 0, *(index for _, index in self._seats)]) + 1
        for row in self._rows.read(cells):
            found = None if isinstance(row, Record) else self._quick(row[1])
            if found is None:
                record = row if isinstance(row, Record) else Record(row[0], list(map(decoded, row[1])))
                try:
                    found = self._thorough(record)
                except InputError as error:
                    self._refuse(record.row, str(error))
                    broken = record.row if record.flaw or error.field == "gss" else 0
                    continue
            if found:
                self.taken += 1
                yield from found
        if broken == self._rows.last and not self._rows.ended:
            what = f"breaks off in its last row ({broken:,}), so it is not whole: nothing was changed"
            raise InputError(what, field="file")

    def gathered(self) -> dict[str, Gathered]:
        """All rows by generation, the name that the codes tell in the place of ""; InputError if they contradict."""
        found = gather(self)
        if "" in found:
            begun = generation_of_codes(found[""].codes)
            found.setdefault(begun, found.pop(""))
            self.columns.setdefault(begun, self.columns.pop(""))
        return found

    def told_by(self, generation: str) -> str:
        """How the boundaries are known: "--generation", "the column's name", "the codes", or "" if they are not."""
        if self._asked:
            return "--generation"
        if generation_of_column(self.columns[generation]):
            return "the column's name"
        return "the codes" if generation else ""

    def _quick(self, cells: Sequence[bytes]) -> list[Row] | None:
        """The rows of cells that were all seen before; None to look thoroughly."""
        postcode = cells[self._postcode].strip(_AROUND)
        sector, unit = self._sectors.get(postcode[:-2]), _UNITS.get(postcode[-2:])
        ended = "" if self._ended is None else self._months.get(cells[self._ended].strip(_AROUND))
        if sector is None or unit is None or ended is None:
            return None
        found = []
        for begun, index in self._seats:
            gss = self._codes.get(cells[index].strip(_AROUND))
            if gss is None:
                return None
            if gss:
                found.append((sector + unit, begun, gss, ended))
        return found or None

    def _thorough(self, record: Record) -> list[Row]:
        """The rows of a record, nothing for one that is skipped; what is right is known from now on."""
        if record.flaw:
            raise InputError(record.flaw)
        cells = [cell.strip('" ') for cell in record.cells]
        seats = [(begun, self._seat(cells[index])) for begun, index in self._seats]
        if not any(gss for _, gss in seats):
            crown = any(cells[index].startswith(_CROWN) for _, index in self._seats)
            self.skipped[CROWN if crown else NO_SEAT] += 1
            return []
        try:
            postcode = normal_postcode(cells[self._postcode])
        except ElsewhereError:
            self.skipped[NO_HOME] += 1
            return []
        if is_written_well(cells[self._postcode]):
            self._sectors[cells[self._postcode][:-2].encode()] = postcode[:-2]
        ended = "" if self._ended is None else self._month(cells[self._ended])
        return [(postcode, begun, gss, ended) for begun, gss in seats if gss]

    def _seat(self, code: str) -> str:
        """A GSS code, or "" for one that means nowhere."""
        if code and not _GSS.fullmatch(code) and not _NOWHERE.fullmatch(code):
            raise InputError("not UTF-8" if is_undecoded(code) else "not a GSS code, such as E14000530", field="gss")
        return self._codes.setdefault(code.encode(), "" if _NOWHERE.fullmatch(code) else code)

    def _month(self, month: str) -> str:
        if month:
            month_code(month)
        return self._months.setdefault(month.encode(), month)

    def _refuse(self, row: int, reason: str) -> None:
        self.refused += 1
        if len(self.shown) < _SHOWN:
            self.shown.append(Remark(row, reason))


def _postcode_column(columns: Mapping[str, int]) -> int:
    for name in _POSTCODE:
        if name in columns:
            return columns[name]
    raise InputError("has no column of postcodes (pcds, pcd or postcode)", field="file")


def _seat_columns(columns: Mapping[str, int], generation: str) -> dict[str, str]:
    """Generation to column; of two columns for the same generation the first counts."""
    found: dict[str, str] = {}
    for name in columns:
        if _SEAT.fullmatch(name) and name not in _PLAIN:
            found.setdefault(generation_of_column(name), name)
    plain = next((name for name in columns if name in _PLAIN), None)
    if not found and plain is not None:
        found = {"": plain}
    if not found:
        raise InputError("has no column of GSS codes (pcon24cd, pcon_gss_2010, gss or constituency_code)", field="file")
    if not generation or generation in found:
        return {generation: found[generation]} if generation else found
    if len(found) > 1:
        what = f"has columns for {', '.join(begun or 'boundaries of no known year' for begun in found)}"
        raise InputError(f"{what}, and none for {generation}", field="file")
    return {generation: next(iter(found.values()))}
