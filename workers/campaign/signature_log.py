"""The public log of signatures: append-only, each entry sealed with the hash of the one before it.

An entry is a JSON object. Its hash is the SHA-256, in hex, of its canonical text in UTF-8: the object without its field
``hash``, keys in order, no spaces, nothing escaped that JSON does not demand. ``previous`` is the hash of the entry
before, 64 zeros for the first. So ten lines of Python recompute an exported file::

    import hashlib, json, sys
    previous = "0" * 64
    for line in list(open(sys.argv[1], encoding="utf-8"))[1:]:
        entry = json.loads(line)
        hash = entry.pop("hash")
        text = json.dumps(entry, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        assert entry["previous"] == previous, entry["number"]
        assert hashlib.sha256(text.encode()).hexdigest() == hash, entry["number"]
        previous = hash
    print(previous)  # what the campaign has published as its head
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from workers.campaign.model import Candidate

#: ``previous`` of the first entry.
GENESIS = "0" * 64
FORMAT = "mobilise-signature-log/1"
#: What ``by`` says of an entry that a person of the campaign made: names of operators are nobody's business.
CAMPAIGN = "campaign"

SIGNED, WITHDRAWN, CORRECTED = "signed", "withdrawn", "corrected"


@dataclass(frozen=True, slots=True)
class Head:
    """The newest entry: its number (0 for none) and its hash."""

    number: int = 0
    hash: str = GENESIS


@dataclass(frozen=True, slots=True)
class Change:
    """What an entry tells: times are epoch seconds, ``by_hand`` whether a person of the campaign entered it."""

    kind: str
    at: int
    source: str
    evidence: str = ""
    reason: str = ""
    by_hand: bool = False


def canonical(entry: Mapping[str, Any]) -> str:
    """The one way to write an entry."""
    return json.dumps(entry, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def digest(entry: Mapping[str, Any]) -> str:
    """The hash of an entry, whether or not it holds one already."""
    bare = {key: value for key, value in entry.items() if key != "hash"}
    return hashlib.sha256(canonical(bare).encode()).hexdigest()


def seal(campaign: str, candidate: Candidate, change: Change, head: Head, now: float) -> str:
    """The line that follows ``head``."""
    entry: dict[str, Any] = {
        "number": head.number + 1,
        "campaign": campaign,
        "kind": change.kind,
        "candidate": candidate.id,
        "name": candidate.name,
        "party": candidate.party,
        "constituency": candidate.constituency,
        "constituency_name": candidate.constituency_name,
        "at": _moment(change.at),
        "recorded_at": _moment(now),
        "source": change.source,
        "evidence": change.evidence,
        "reason": change.reason,
        "by": CAMPAIGN if change.by_hand else "",
        "previous": head.hash,
    }
    return canonical({**entry, "hash": digest(entry)})


@dataclass(frozen=True, slots=True)
class Header:
    """The first line of an exported log; ``candidates`` stand now, ``entries``, ``signatories`` and ``head`` end it."""

    campaign: str
    title: str
    candidates: int
    entries: int
    signatories: int
    head: str
    made_at: str
    kind: str = "header"
    format: str = FORMAT


def header(campaign: str, title: str, candidates: int, lines: Iterable[str], now: float) -> Header:
    """The header of these entries, as they are."""
    entries, head = 0, GENESIS
    signed: set[str] = set()
    for line in lines:
        entry = json.loads(line)
        entries, head = entries + 1, entry["hash"]
        (signed.discard if entry["kind"] == WITHDRAWN else signed.add)(entry["candidate"])
    return Header(campaign, title, candidates, entries, len(signed), head, _moment(now))


def _moment(at: float) -> str:
    return datetime.fromtimestamp(int(at), UTC).isoformat().replace("+00:00", "Z")
