"""A list of addresses not to be mailed, read from CSV: rows that can be used, and the others with the reason."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import chain, islice

from workers.campaign.suppression import Why
from workers.campaign.table import Record, Table, open_table
from workers.errors import InputError

#: Turns an address into its id; raises InputError if it is none.
AddressId = Callable[[str], str]

_ADDRESS = ("email", "address", "email_address", "e_mail", "recipient")
_COLUMNS = frozenset({*_ADDRESS, "id", "reason"})
_ID = re.compile(r"e[a-z2-7]{16}")


@dataclass(frozen=True, slots=True)
class SuppressionFile:
    """``rows`` are (address id, reason); ``refused`` are (line, why), without the address."""

    rows: tuple[tuple[str, str], ...]
    refused: tuple[tuple[int, str], ...]


def is_address_id(text: str) -> bool:
    """Whether ``text`` is the id of an address, as lists and exports show it."""
    return _ID.fullmatch(text) is not None


def read_suppressions(lines: Iterable[str], address_id: AddressId, reason: Why) -> SuppressionFile:
    """Reads a column of addresses or ids; a list without a header is one column. InputError if there is neither.

    ``reason`` is that of rows whose own reason is none of ours, as in a provider's export.
    """
    table = open_table(_with_header(iter(lines)), _COLUMNS)
    if not table.columns.keys() & {*_ADDRESS, "id"}:
        raise InputError("needs a column named email, or one named id as an export has it", field="file")
    rows, refused = [], []
    for record in table.records:
        try:
            rows.append(_row(record, table, address_id, reason))
        except InputError as error:
            refused.append((record.row, str(error)))
    return SuppressionFile(tuple(dict.fromkeys(rows)), tuple(refused))


def _with_header(lines: Iterable[str]) -> Iterable[str]:
    source = iter(lines)
    first = list(islice(source, 1))
    bare = first and ("@" in first[0] or is_address_id(first[0].strip()))
    return chain(["email\n"] if bare else [], first, source)


def _row(record: Record, table: Table, address_id: AddressId, reason: Why) -> tuple[str, str]:
    if record.flaw:
        raise InputError(record.flaw)
    cells = {name: record.cells[index].strip() for name, index in table.columns.items() if name in _COLUMNS}
    own = cells.get("reason", "").casefold()
    return _id(cells, address_id), own if own in set(Why) else reason.value


def _id(cells: Mapping[str, str], address_id: AddressId) -> str:
    given = next((cells[name] for name in ("id", *_ADDRESS) if cells.get(name)), "")
    if not given:
        raise InputError("holds no address")
    return given if is_address_id(given) else address_id(given)
