"""A candidate file of either generation, read into candidates, refused rows and remarks."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from workers.campaign.addresses import normal_address
from workers.campaign.ids import normal_name
from workers.campaign.model import Candidate
from workers.campaign.table import Record, Table, is_undecoded, open_table
from workers.errors import InputError

#: Checks an address and returns it as it is posted to; raises ValueError.
Check = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Remark:
    """Something to say about one row; ``candidate`` is its id where that could be read."""

    row: int
    text: str
    candidate: str = ""


@dataclass(frozen=True, slots=True)
class CandidateFile:
    """What a file says. ``unsaid``: fields that it has no column for; ``notes``: about rows that were taken."""

    generation: str
    candidates: tuple[Candidate, ...]
    refused: tuple[Remark, ...]
    notes: tuple[Remark, ...]
    unsaid: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Layout:
    """A generation: the columns that may hold each field, the first that is filled counts."""

    name: str
    required: Mapping[str, tuple[str, ...]]
    optional: Mapping[str, tuple[str, ...]]


_SHARED = {
    "email": ("email",),
    "second_email": ("email_2", "email2", "second_email"),
    "honorific": ("honorific_prefix",),
    "region": ("region",),
    "incumbent": ("incumbent", "is_incumbent"),
    "cancelled": ("cancelled_poll",),
}
_LAYOUTS = (
    _Layout(
        "2015",
        {"id": ("id",), "name": ("name",), "party": ("party",), "constituency": ("gss_code", "gss", "post_id")},
        {**_SHARED, "constituency_name": ("constituency",)},
    ),
    _Layout(
        "today",
        {
            "id": ("person_id",),
            "name": ("person_name",),
            "party": ("party_name",),
            "constituency": ("gss", "post_id", "gss_code"),
        },
        {**_SHARED, "constituency_name": ("post_label",)},
    ),
)
_KNOWN = frozenset(
    name for layout in _LAYOUTS for names in (*layout.required.values(), *layout.optional.values()) for name in names
)

_ID = re.compile(r"(?!mailing\Z)[A-Za-z0-9_.-]{1,64}")
_GSS = re.compile(r"[ENSW][0-9]{8}")
_NATIONS = {"E": "England", "N": "Northern Ireland", "S": "Scotland", "W": "Wales"}
_YES = frozenset({"true", "yes", "t", "y", "1"})
_NO = frozenset({"false", "no", "f", "n", "0", ""})
#: Characters a field may have: about three times the longest in use.
_LONGEST = {"name": 120, "party": 150, "constituency_name": 120, "honorific": 40, "region": 60}
_LEAST = frozenset({"name", "party"})
#: Unicode categories that no name has: controls, lone surrogates, line and paragraph separators.
_CONTROLS = frozenset({"Cc", "Cs", "Zl", "Zp"})
_DIRECTION = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def read_candidates(
    lines: Iterable[str],
    check: Check,
    *,
    regions: Mapping[str, str] | None = None,
    homes: Mapping[str, str] | None = None,
) -> CandidateFile:
    """Every row of either generation, in the order of the file; InputError if the file has not the columns it needs.

    ``regions`` maps GSS codes to regions. ``homes`` maps ids already known to their GSS codes: who stands in two
    constituencies keeps the plain id where it was first, and is ``id.GSS`` in the other, whatever the order of rows.
    """
    table = open_table(lines, _KNOWN)
    layout = _layout(table)
    reader = _RowReader(table, layout, check, regions or {})
    rows = [(record.row, candidate) for record in table.records if (candidate := reader.read(record))]
    candidates = tuple(_with_own_ids(rows, homes or {}, reader.refused))
    said = {name for name, columns in layout.optional.items() if table.columns.keys() & set(columns)}
    if regions:
        said.add("region")
    if "email" in said:  # its cells may hold two
        said.add("second_email")
    unsaid = {"email", "second_email", "honorific", "region", "incumbent", "constituency_name"} - said
    refused = tuple(sorted(reader.refused, key=lambda remark: remark.row))
    return CandidateFile(layout.name, candidates, refused, tuple(reader.notes), frozenset(unsaid))


def read_regions(lines: Iterable[str]) -> dict[str, str]:
    """GSS code to region, from any CSV with a column of each; rows that are neither are passed over."""
    table = open_table(lines, {"region"})
    codes = [index for name, index in table.columns.items() if re.fullmatch(r"pcon\w*cd|pcon\d*|gss\w*|\w*code", name)]
    if not codes or "region" not in table.columns:
        raise InputError("needs a column of GSS codes (PCON10CD, gss_code) and one named Region", field="regions")
    column = table.columns["region"]
    pairs = ((row.cells[codes[0]].strip(), row.cells[column].strip()) for row in table.records if not row.flaw)
    return {code: region for code, region in pairs if _GSS.fullmatch(code) and region}


_Row = tuple[int, Candidate]


@dataclass(slots=True)
class _RowReader:
    table: Table
    layout: _Layout
    check: Check
    regions: Mapping[str, str]
    refused: list[Remark] = field(default_factory=list)
    notes: list[Remark] = field(default_factory=list)

    def read(self, record: Record) -> Candidate | None:
        """The row's candidate; None if it was refused, which is remembered."""
        if record.flaw:
            self.refused.append(Remark(record.row, record.flaw))
            return None
        cells = {**self._cells(record, self.layout.required), **self._cells(record, self.layout.optional)}
        identity = cells["id"].strip()
        try:
            return self._candidate(record.row, identity, cells)
        except InputError as error:
            known = identity if _ID.fullmatch(identity) else ""
            self.refused.append(Remark(record.row, str(error), known))
            return None

    def _cells(self, record: Record, fields: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
        found = {}
        for name, columns in fields.items():
            indexes = [self.table.columns[column] for column in columns if column in self.table.columns]
            found[name] = next((record.cells[index] for index in indexes if record.cells[index].strip()), "")
        return found

    def _candidate(self, row: int, identity: str, cells: Mapping[str, str]) -> Candidate:
        if not _ID.fullmatch(identity):
            raise InputError("takes 1 to 64 letters, digits and _ . : -", field="id")
        texts = {name: _text(name, cells[name]) for name in _LONGEST}
        gss = _gss(cells["constituency"])
        first, second = self._addresses(row, identity, cells["email"], cells["second_email"])
        return Candidate(
            id=identity,
            name=texts["name"],
            party=texts["party"],
            constituency=gss,
            constituency_name=texts["constituency_name"],
            email=first,
            honorific=texts["honorific"],
            region=texts["region"] or self.regions.get(gss, "") or _NATIONS[gss[0]],
            incumbent=_flag("incumbent", cells["incumbent"]),
            status="withdrawn" if _flag("cancelled_poll", cells["cancelled"]) else "standing",
            second_email=second,
        )

    def _addresses(self, row: int, identity: str, cell: str, second: str) -> tuple[str, str]:
        """The first two addresses of both cells; a first that is none refuses the row, any other is passed over."""
        found: list[str] = []
        given = [*_apart(cell), *_apart(second)]
        for number, address in enumerate(given):
            try:
                usable = self.check(address)
            except ValueError as error:
                if number == 0:
                    raise InputError("not an address that mail can be sent to", field="email") from error
                self._note(row, "email: a further address is not one that mail can be sent to", identity)
                continue
            if normal_address(usable) not in map(normal_address, found):
                found.append(usable)
        if len(found) > 2:
            self._note(row, f"email: holds {len(found)} addresses, the first two are used", identity)
        first, other, *_ = [*found, "", ""]
        return first, other

    def _note(self, row: int, text: str, identity: str) -> None:
        self.notes.append(Remark(row, text, identity))


def _apart(cell: str) -> list[str]:
    """The addresses of a cell; what is not clearly several is one."""
    address = cell.strip(" \t\xa0")
    parts = [part for part in re.split(r"[\s;,/|]+", address) if part]
    several = len(parts) > 1 and address.isprintable() and all(part.count("@") == 1 for part in parts)
    return parts if several else [address] if address else []


def _layout(table: Table) -> _Layout:
    def hits(layout: _Layout) -> int:
        own = {*layout.required["id"], *layout.required["name"], *layout.required["party"]}
        return len(own & table.columns.keys())

    layout = max(_LAYOUTS, key=hits)
    missing = [" or ".join(names) for names in layout.required.values() if not table.columns.keys() & set(names)]
    if missing and hits(layout) == 0:
        needs = "; or ".join(", ".join(names[0] for names in known.required.values()) for known in _LAYOUTS)
        raise InputError(f"this is no candidate file: its header needs the columns {needs}", field="file")
    if missing:
        columns = " and no column ".join(missing)
        raise InputError(f"looks like a candidate file of {layout.name}, but has no column {columns}", field="file")
    return layout


def _with_own_ids(rows: list[_Row], homes: Mapping[str, str], refused: list[Remark]) -> Iterator[Candidate]:
    """One id for each candidate: repeats are refused, a second constituency gets an id of its own."""
    main = _main_rows(rows, homes)
    taken: dict[str, int] = {key: row for key, (row, _) in main.items()}
    for row, candidate in rows:
        home = main[candidate.id][1]
        elsewhere = candidate.constituency != home.constituency and normal_name(candidate.name) == normal_name(
            home.name
        )
        own = replace(candidate, id=f"{candidate.id}.{candidate.constituency}") if elsewhere else candidate
        if taken.setdefault(own.id, row) == row and _ID.fullmatch(own.id):
            yield own
        else:
            refused.append(Remark(row, f"id: row {taken[own.id]} has it already", own.id))


def _main_rows(rows: list[_Row], homes: Mapping[str, str]) -> dict[str, _Row]:
    """For each id the row that keeps it: the one in the constituency where it is known, else the first."""
    main: dict[str, _Row] = {}
    for row, candidate in rows:
        home = homes.get(candidate.id)
        if candidate.id not in main or candidate.constituency == home != main[candidate.id][1].constituency:
            main[candidate.id] = (row, candidate)
    return main


def _text(name: str, cell: str) -> str:
    """``cell`` as one line with single spaces; refused where it could not be a name."""
    if is_undecoded(cell):
        raise InputError("not UTF-8", field=name)
    if not cell.isprintable() and any(char in _DIRECTION or unicodedata.category(char) in _CONTROLS for char in cell):
        raise InputError("holds a line break or control character", field=name)
    text = " ".join(cell.split())
    if not text and name in _LEAST:
        raise InputError("empty", field=name)
    if len(text) > _LONGEST[name]:
        raise InputError(f"longer than {_LONGEST[name]} characters", field=name)
    if unicodedata.normalize("NFKC", text[:1]) in {"=", "+", "-", "@"}:
        raise InputError("begins like a spreadsheet formula", field=name)
    return text


def _gss(cell: str) -> str:
    code = cell.strip().upper().removeprefix("GSS:")
    if not _GSS.fullmatch(code):
        raise InputError("not a GSS code, such as E14000530", field="constituency")
    return code


def _flag(name: str, cell: str) -> bool:
    word = cell.strip().casefold()
    if word not in _YES and word not in _NO:
        raise InputError("takes true or false", field=name)
    return word in _YES
