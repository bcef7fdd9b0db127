"""Postcodes of one generation, gathered by sector and packed: two bytes for one in use, four for a terminated one.

A sector ("AB12 5") is packed as parts with ";" between, in the order of their codes: a GSS code, two letters for each
postcode in use, and after "-" two letters and a month for each terminated one: "E14000530AAABAD-AE8q;E14000531ZZ".
A month is two figures of base 36, counted from January 1970.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from workers.errors import InputError

#: Characters of a GSS code; of a gathered entry: number of its code, month, letters.
_GSS, _ENTRY = 9, 6
#: A normal postcode, its generation ("" where the file does not tell), a GSS code, and the month it ended or "".
Row = tuple[str, str, str, str]

_LIVE = b"\0\0"
_FIGURES = "0123456789abcdefghijklmnopqrstuvwxyz"
_MONTH = re.compile(r"([0-9]{4})-?(0[1-9]|1[0-2])")
_FIRST_YEAR, _LAST_YEAR = 1970, 1970 + len(_FIGURES) ** 2 // 12 - 1
#: Bytes of a gathered sector from which on repeated rows are looked for: a real one stays far below.
_CROWDED = 24_576


class Place(NamedTuple):
    """Where a postcode is: the GSS codes of its seats, and the month since when it is terminated ("1996-06"), or ""."""

    seats: tuple[str, ...]
    ended: str = ""


class Packed(NamedTuple):
    """A sector as it is stored, and how many postcodes it holds, terminated ones among them."""

    value: bytes
    postcodes: int
    terminated: int


@dataclass(slots=True)
class Change:
    """What an import means for one generation; ``changed`` postcodes are elsewhere now, ended or in use again."""

    postcodes: int = 0
    terminated: int = 0
    new: int = 0
    gone: int = 0
    changed: int = 0

    @property
    def is_none(self) -> bool:
        """Whether all stays as it is."""
        return not (self.new or self.gone or self.changed)


class Gathered:
    """Postcodes of one generation while they are read: six bytes for each row."""

    def __init__(self) -> None:
        self._sectors: dict[str, bytearray] = {}
        self._numbers: dict[str, bytes] = {}
        self._months = {"": _LIVE}

    @property
    def codes(self) -> list[str]:
        """The GSS codes, in the order they came."""
        return list(self._numbers)

    def add(self, postcode: str, gss: str, ended: str = "") -> None:
        """Remembers a normal postcode in a seat; InputError for an ``ended`` that is no month."""
        month = self._months.get(ended) or self._months.setdefault(ended, month_code(ended).encode())
        number = self._numbers.get(gss) or self._number(gss)
        entry = number + month + postcode[-2:].encode()
        sector = self._sectors.get(postcode[:-2])
        if sector is None:
            self._sectors[postcode[:-2]] = bytearray(entry)
            return
        sector += entry
        if len(sector) > _CROWDED and len(sector) % _CROWDED < _ENTRY:
            sector[:] = b"".join(sorted(_entries(sector)))

    def packed(self) -> Iterator[tuple[str, Packed]]:
        """Sectors as they are stored; a postcode in use hides its terminated rows."""
        names = list(self._numbers)
        for sector in sorted(self._sectors):
            yield sector, _pack(_entries(self._sectors[sector]), names)

    def _number(self, gss: str) -> bytes:
        if len(self._numbers) > 0xFFFF:
            raise InputError("holds more different GSS codes than there can be", field="file")
        return self._numbers.setdefault(gss, len(self._numbers).to_bytes(2, "big"))


def gather(rows: Iterable[Row]) -> dict[str, Gathered]:
    """Rows by generation."""
    found: dict[str, Gathered] = {}
    for postcode, generation, gss, ended in rows:
        if generation not in found:
            found[generation] = Gathered()
        found[generation].add(postcode, gss, ended)
    return found


def month_code(month: str) -> str:
    """A month, "199606" or "1996-06", in two figures; InputError if it is no month."""
    told = _MONTH.fullmatch(month)
    if not told or not _FIRST_YEAR <= int(told[1]) <= _LAST_YEAR:
        raise InputError("not a month, such as 199606", field="doterm")
    high, low = divmod((int(told[1]) - _FIRST_YEAR) * 12 + int(told[2]) - 1, len(_FIGURES))
    return _FIGURES[high] + _FIGURES[low]


def month_of(code: str) -> str:
    """The month that a code stands for, as "1996-06"."""
    year, month = divmod(int(code, len(_FIGURES)), 12)
    return f"{_FIRST_YEAR + year}-{month + 1:02}"


class Part(NamedTuple):
    """One seat's postcodes of a sector: pairs of letters, "Ab", in use, and terminated ones with their months."""

    seat: str
    live: bytes
    ended: bytes


def parts_of(value: bytes) -> tuple[Part, ...]:
    """A packed sector made quick to look into: the letters of two neighbours cannot be taken for a pair any more."""
    found = []
    for part in filter(None, value.split(b";")):
        live, _, ended = part[_GSS:].partition(b"-")
        paired = bytearray(live)
        paired[1::2] = paired[1::2].lower()
        found.append(Part(part[:_GSS].decode(), bytes(paired), ended))
    return tuple(found)


def seats_in(parts: Iterable[Part], unit: str) -> tuple[str, ...]:
    """The seats of one postcode: those it is in, or was in when it was terminated; as _places.lua finds them."""
    pair = (unit[0] + unit[1].lower()).encode()
    seats = [part.seat for part in parts if pair in part.live]
    return tuple(seats or [part.seat for part in parts if unit.encode() in part.ended])


def unpack(value: bytes) -> dict[str, frozenset[str]]:
    """Letters -> seats; a terminated postcode's seats have the month's code behind them."""
    found: dict[str, set[str]] = {}
    for part in filter(None, value.decode().split(";")):
        gss, (live, _, ended) = part[:_GSS], part[_GSS:].partition("-")
        for at in range(0, len(live), 2):
            found.setdefault(live[at : at + 2], set()).add(gss)
        for at in range(0, len(ended), 4):
            found.setdefault(ended[at : at + 2], set()).add(gss + ended[at + 2 : at + 4])
    return {unit: frozenset(seats) for unit, seats in found.items()}


def compare(old: Mapping[str, bytes], new: Mapping[str, Packed]) -> Change:
    """What would be different."""
    change = Change()
    for packed in new.values():
        change.postcodes += packed.postcodes
        change.terminated += packed.terminated
    for sector in {*old, *new}:
        before, after = old.get(sector, b""), new[sector].value if sector in new else b""
        if before != after:
            _count(change, unpack(before), unpack(after))
    return change


def _count(change: Change, before: dict[str, frozenset[str]], after: dict[str, frozenset[str]]) -> None:
    change.new += len(after.keys() - before.keys())
    change.gone += len(before.keys() - after.keys())
    change.changed += sum(before[unit] != after[unit] for unit in before.keys() & after.keys())


def _entries(sector: bytearray) -> set[bytes]:
    raw = bytes(sector)
    return {raw[at : at + _ENTRY] for at in range(0, len(raw), _ENTRY)}


def _pack(entries: set[bytes], names: list[str]) -> Packed:
    in_use = {entry[4:] for entry in entries if entry[2:4] == _LIVE}
    live: dict[bytes, list[bytes]] = {}
    ended: dict[bytes, dict[bytes, bytes]] = {}
    for entry in sorted(entries):
        number, month, unit = entry[:2], entry[2:4], entry[4:]
        if month == _LIVE:
            live.setdefault(number, []).append(unit)
        elif unit not in in_use:
            ended.setdefault(number, {})[unit] = month  # sorted by month: the latest stays
    parts = [
        names[int.from_bytes(number, "big")].encode() + b"".join(live.get(number, [])) + _ended(ended.get(number, {}))
        for number in {**live, **ended}
    ]
    terminated = len({unit for units in ended.values() for unit in units})
    return Packed(b";".join(sorted(parts)), len(in_use) + terminated, terminated)


def _ended(units: dict[bytes, bytes]) -> bytes:
    return b"-" + b"".join(unit + units[unit] for unit in sorted(units)) if units else b""
