"""A file of postcodes and constituencies, whatever its columns are called, read row by row."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from workers.campaign.candidate_file import Remark
from workers.campaign.postcodes import normal_postcode
from workers.campaign.table import Record, is_undecoded, open_table
from workers.errors import InputError

#: Columns that hold a postcode, best first: ``pcds`` has its blank in the right place.
_POSTCODE = ("pcds", "postcode", "post_code", "pcd", "pcd8", "pcd7", "pcd2")
#: Columns that hold a constituency's code; names of constituencies (``pcon_name_2010``, ``pcon24nm``) are none.
_SEAT = re.compile(r"(?:pcon|gss|constituency|parliamentary|westminster)(?!.*(?:name|nm|label)).*")
#: Names or codes: taken for codes only if no other column is.
_PLAIN = frozenset({"constituency", "parliamentary_constituency", "westminster_constituency"})
_YEAR = re.compile(r"(?:20)?([0-9]{2})(?![0-9])")
_GSS = re.compile(r"[ENSW][0-9]{8}")
#: What the statistics office writes for "in no constituency": Jersey, Guernsey, Man, and postcodes without a place.
_NOWHERE = re.compile(r"[A-Z]99999999")
#: Refused rows that are remembered one by one.
_SHOWN = 20


def generation(column: str) -> str:
    """The boundaries that a column name speaks of: ``pcon10cd`` and ``pcon19cd`` 2010, ``pcon24cd`` 2024, else ""."""
    found = _YEAR.search(column)
    year = int(found[1]) if found else None
    if year is None:
        return ""
    return next(begun for last, begun in ((9, "2005"), (23, "2010"), (99, "2024")) if year <= last)


class PlaceFile:
    """Iterating gives rows; ``taken``, ``nowhere`` and ``refused`` count them, ``shown`` has the first refused."""

    def __init__(self, lines: Iterable[str]) -> None:
        """InputError unless the header has a column of postcodes and one of constituencies."""
        self._table = open_table(lines, _POSTCODE)
        self._postcode = _postcode_column(self._table.columns)
        self.generations = _seat_columns(self._table.columns)
        self.taken = self.nowhere = self.refused = 0
        self.shown: list[Remark] = []

    def __iter__(self) -> Iterator[tuple[str, str, str]]:
        """(normal postcode, generation, GSS code); a row that cannot be used is counted and stops nothing."""
        for record in self._table.records:
            try:
                seats = self._seats(record)
                postcode = normal_postcode(record.cells[self._postcode]) if seats else ""
            except InputError as error:
                self._refuse(record.row, str(error))
                continue
            if not seats:
                self.nowhere += 1
                continue
            self.taken += 1
            for begun, gss in seats:
                yield postcode, begun, gss

    def _seats(self, record: Record) -> list[tuple[str, str]]:
        if record.flaw:
            raise InputError(record.flaw)
        cells = record.cells
        codes = [(begun, cells[index].strip()) for begun, index in self.generations.items() if cells[index]]
        for _, code in codes:
            if code and not _GSS.fullmatch(code) and not _NOWHERE.fullmatch(code):
                raise InputError(
                    "not UTF-8" if is_undecoded(code) else "not a GSS code, such as E14000530", field="gss"
                )
        return [(begun, code) for begun, code in codes if code and not _NOWHERE.fullmatch(code)]

    def _refuse(self, row: int, reason: str) -> None:
        self.refused += 1
        if len(self.shown) < _SHOWN:
            self.shown.append(Remark(row, reason))


def _postcode_column(columns: Mapping[str, int]) -> int:
    for name in _POSTCODE:
        if name in columns:
            return columns[name]
    raise InputError("has no column of postcodes (pcds, pcd or postcode)", field="file")


def _seat_columns(columns: Mapping[str, int]) -> dict[str, int]:
    """Generation to column; of two columns for the same generation the first counts."""
    found: dict[str, int] = {}
    for name, index in columns.items():
        if _SEAT.fullmatch(name) and name not in _PLAIN:
            found.setdefault(generation(name), index)
    plain = next((index for name, index in columns.items() if name in _PLAIN), None)
    if not found and plain is not None:
        return {"": plain}
    if not found:
        raise InputError("has no column of GSS codes (pcon24cd, pcon_gss_2010, gss or constituency_code)", field="file")
    return found
