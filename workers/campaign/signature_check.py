"""The check of a signature log: the chain is computed again, and every entry must make sense after those before it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any, BinaryIO

from workers.campaign.signature_log import (
    CORRECTED,
    FORMAT,
    GENESIS,
    SIGNED,
    WITHDRAWN,
    Header,
    canonical,
    digest,
)
from workers.errors import InputError

#: Bytes of a line; entries have about 500.
_LINE = 32_768
_NUMBERS = frozenset({"number", "candidates", "entries", "signatories"})
_ENTRY = frozenset(
    [
        *("number", "campaign", "kind", "candidate", "name", "party", "constituency", "constituency_name"),
        *("at", "recorded_at", "source", "evidence", "reason", "by", "previous", "hash"),
    ]
)
_HEADER = frozenset(Header.__dataclass_fields__)


@dataclass(slots=True)
class Replay:
    """The entries so far: who has signed, how many of each kind, and what was taken back or corrected, and why."""

    campaign: str
    entries: int = 0
    head: str = GENESIS
    signatories: set[str] = field(default_factory=set)
    kinds: Counter[str] = field(default_factory=Counter)
    sources: Counter[str] = field(default_factory=Counter)
    undone: list[dict[str, Any]] = field(default_factory=list)

    def add(self, line: bytes) -> None:
        """Takes the next entry; ValueError says what is wrong with it."""
        entry = _object(line, _ENTRY)
        if entry["campaign"] != self.campaign:
            raise ValueError("the entry is of another campaign")
        if entry["number"] != self.entries + 1:
            raise ValueError(f"entry {self.entries + 1} should stand here: one was added, left out or moved")
        if entry["previous"] != self.head:
            raise ValueError("the entry does not follow from the one before it")
        if digest(entry) != entry["hash"]:
            raise ValueError("the entry was changed: its hash is not that of its content")
        self._count(entry)
        self.entries, self.head = entry["number"], entry["hash"]

    def _count(self, entry: dict[str, Any]) -> None:
        kind, candidate = entry["kind"], entry["candidate"]
        if kind not in {SIGNED, WITHDRAWN, CORRECTED}:
            raise ValueError("the kind is none of signed, withdrawn, corrected")
        if (kind == SIGNED) == (candidate in self.signatories):
            has = "has signed already" if kind == SIGNED else "has not signed"
            raise ValueError(f"the candidate {has}")
        self.kinds[kind] += 1
        if kind == SIGNED:
            self.signatories.add(candidate)
            self.sources[entry["source"]] += 1
            return
        self.undone.append(entry)
        if kind == WITHDRAWN:
            self.signatories.discard(candidate)


def check_log(file: BinaryIO) -> tuple[Header, Replay]:
    """The header and what its entries come to; InputError names the first line that is wrong."""
    lines = _lines(file)
    number = 1
    try:
        head = _header(next(lines, b""))
        replay = Replay(head.campaign)
        for line in lines:
            number += 1
            replay.add(line)
        number += 1
        _require_end(head, replay)
    except ValueError as error:
        raise InputError(str(error), field=f"line {number}") from None
    return head, replay


def _require_end(head: Header, replay: Replay) -> None:
    if replay.entries != head.entries:
        raise ValueError(f"the log ends after {replay.entries} entries, its header says {head.entries}")
    if replay.head != head.head:
        raise ValueError("the last entry is not the one that the header names as head")
    if len(replay.signatories) != head.signatories:
        raise ValueError(f"{len(replay.signatories)} have signed, the header says {head.signatories}")


def _header(line: bytes) -> Header:
    if not line:
        raise ValueError("the file is empty")
    try:
        found = _object(line, _HEADER)
    except ValueError as error:
        raise ValueError(f"this is not the header of a signature log: {error}") from None
    if found["kind"] != "header" or found["format"] != FORMAT:
        raise ValueError(f"this is not the header of a signature log of the format {FORMAT}")
    return Header(**found)


def _lines(file: BinaryIO) -> Iterator[bytes]:
    while line := file.readline(_LINE):
        yield line


def _object(line: bytes, fields: frozenset[str]) -> dict[str, Any]:
    """The JSON object of a line, with exactly these fields, each once; whole numbers where numbers stand, else text."""
    if len(line) == _LINE:
        raise ValueError("the line is too long")
    try:
        found = json.loads(line.decode(), object_pairs_hook=_once)
    except UnicodeDecodeError:
        raise ValueError("the line is not UTF-8") from None
    except (json.JSONDecodeError, RecursionError):
        raise ValueError("the line is not JSON: is it cut off?") from None
    if not isinstance(found, dict) or found.keys() != fields:
        raise ValueError("the line does not have the fields that it should have")
    if any(type(value) is not (int if key in _NUMBERS else str) for key, value in found.items()):
        raise ValueError("a field is not of the kind that it should be")
    if any(value < 0 for key, value in found.items() if key in _NUMBERS):
        raise ValueError("a number is below zero")
    try:
        canonical(found).encode()
    except UnicodeEncodeError:
        raise ValueError("a text holds half a character") from None
    return found


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a field is there twice")
    return found


def record(head: Header, replay: Replay) -> dict[str, Any]:
    """What was found, for programs."""
    undone = [{key: entry[key] for key in ("number", "kind", "candidate", "at", "reason")} for entry in replay.undone]
    counts = {kind: replay.kinds[kind] for kind in (SIGNED, WITHDRAWN, CORRECTED)}
    return asdict(head) | {"intact": True} | counts | {"signed_by_source": dict(replay.sources), "undone": undone}
