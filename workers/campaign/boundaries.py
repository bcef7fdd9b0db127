"""Which boundaries of constituencies a column's name or the codes in it speak of."""

from __future__ import annotations

import re
from collections.abc import Iterable

from workers.errors import InputError

_YEAR = re.compile(r"(?:20)?([0-9]{2})(?![0-9])")
#: The last number of each nation's codes that belongs to a generation; Scotland's first 59 have served two of them, and
#: five of these a third.
_CODES = {
    "E14": ((529, "2005"), (1062, "2010"), (1605, "2024")),
    "W07": ((40, "2005"), (80, "2010"), (112, "2024")),
    "N06": ((18, "2010"),),
    "N05": ((18, "2024"),),
    "S14": ((59, ""), (111, "2024")),
}
#: Scottish codes of the older kind that the boundaries of 2024 have as well.
_KEPT = 5


def generation_of_column(name: str) -> str:
    """The boundaries that a column name speaks of: ``pcon10cd`` and ``pcon19cd`` 2010, ``pcon24cd`` 2024, else ""."""
    found = _YEAR.search(name)
    year = int(found[1]) if found else None
    if year is None:
        return ""
    return next(begun for last, begun in ((9, "2005"), (23, "2010"), (99, "2024")) if year <= last)


def generation_of_codes(codes: Iterable[str]) -> str:
    """The boundaries that all these GSS codes belong to, "" if they do not tell; InputError for a mixture."""
    codes = list(codes)
    told = sorted(set(map(_told, codes)) - {""})
    if len(told) > 1:
        what = f"has codes of {' and of '.join(told)} in one column: say which boundaries are meant with --generation"
        raise InputError(what, field="file")
    if told:
        return told[0]
    return "2010" if sum(code.startswith("S14") and _number(code) <= 59 for code in codes) > _KEPT else ""


def _told(code: str) -> str:
    return next((begun for last, begun in _CODES.get(code[:3], ()) if _number(code) <= last), "")


def _number(code: str) -> int:
    return int(code[3:])
