"""A file of signatures that were made on paper or on stage, held against the ledger before anything is touched."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field

from workers.campaign.evidence import evidence_url
from workers.campaign.signature import Signature, signing_time, source_word
from workers.campaign.table import Record, Table, is_undecoded, open_table
from workers.errors import InputError

#: Column of the ledger's words → titles it may have.
_COLUMNS = {
    "candidate": ("candidate_id", "candidate", "id", "person_id"),
    "at": ("signed_at", "at", "date", "time"),
    "evidence": ("evidence", "evidence_url", "url"),
    "source": ("source",),
}
_KNOWN = frozenset(title for titles in _COLUMNS.values() for title in titles)

#: Reads a time as people write it; raises InputError.
ReadTime = Callable[[str], float]


@dataclass(frozen=True, slots=True)
class Refused:
    """A row that is left out, and why."""

    row: int
    reason: str
    candidate: str = ""


@dataclass(frozen=True, slots=True)
class Known:
    """What the ledger has: ids of candidates, those who signed, and epoch seconds of each one's newest withdrawal."""

    candidates: Collection[str]
    signed: Collection[str]
    withdrawn: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Entering:
    """What holds for a whole file: who enters it, the source where a row names none, now, and how times are read."""

    by: str
    source: str
    now: float
    read_time: ReadTime
    day_of: Callable[[int], int]


@dataclass(slots=True)
class SignatureFile:
    """New signatures in the order of the file, ids of those who had signed, rows that are left out."""

    new: list[Signature] = field(default_factory=list)
    already: list[str] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)


def read_signatures(lines: Iterable[str], known: Known, entering: Entering) -> SignatureFile:
    """Every row is in exactly one list; InputError if the file has no column of candidates."""
    table = open_table(lines, _KNOWN)
    if not any(title in table.columns for title in _COLUMNS["candidate"]):
        raise InputError("needs a column candidate_id", field="file")
    found, rows = SignatureFile(), dict[str, int]()
    for record in table.records:
        cells = _cells(table, record)
        candidate = cells["candidate"] if len(cells["candidate"]) <= 64 and cells["candidate"].isprintable() else ""
        try:
            _require_once(candidate, rows)
            signature = _signature(record, cells, known, entering)
        except InputError as error:
            found.refused.append(Refused(record.row, str(error), candidate))
            continue
        rows[candidate] = record.row
        if candidate in known.signed:
            found.already.append(candidate)
        else:
            found.new.append(signature)
    return found


def require_later(candidate: str, at: int, withdrawn: Mapping[str, int]) -> None:
    """InputError if a signature of ``at`` would be older than the withdrawal that counts."""
    if withdrawn.get(candidate, -1) >= at:
        raise InputError("is not after the withdrawal of this candidate, which therefore counts", field="time")


def _require_once(candidate: str, rows: Mapping[str, int]) -> None:
    if candidate in rows:
        raise InputError(f"is in row {rows[candidate]} already", field="candidate_id")


def _cells(table: Table, record: Record) -> dict[str, str]:
    def cell(titles: tuple[str, ...]) -> str:
        indexes = [table.columns[title] for title in titles if title in table.columns]
        texts = (record.cells[index].strip() for index in indexes if index < len(record.cells))
        return next(filter(None, texts), "")

    return {name: cell(titles) for name, titles in _COLUMNS.items()}


def _signature(record: Record, cells: dict[str, str], known: Known, entering: Entering) -> Signature:
    if record.flaw:
        raise InputError(record.flaw)
    if any(map(is_undecoded, cells.values())):
        raise InputError("holds bytes that are not UTF-8")
    candidate = cells["candidate"]
    if not candidate:
        raise InputError("is empty", field="candidate_id")
    if candidate not in known.candidates:
        raise InputError("is not a candidate of this campaign", field="candidate_id")
    at = signing_time(entering.read_time(cells["at"]) if cells["at"] else entering.now, entering.now)
    if candidate not in known.signed:
        require_later(candidate, at, known.withdrawn)
    evidence = evidence_url(cells["evidence"]) if cells["evidence"] else ""
    source = source_word(cells["source"]) if cells["source"] else entering.source
    return Signature(candidate, at, source, evidence, entering.by, entering.day_of(at))
