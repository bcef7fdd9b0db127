"""What a candidate file would change in the ledger, worked out before anything is touched."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace

from workers.campaign.candidate_file import CandidateFile
from workers.campaign.model import Candidate

_FIELDS = tuple(field.name for field in fields(Candidate) if field.name not in {"id", "status"})


@dataclass(frozen=True, slots=True)
class Change:
    """One candidate before and after, and the names of the fields that differ."""

    before: Candidate
    after: Candidate
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """Candidates as they will be: every one that is written is in exactly one of the first four."""

    new: tuple[Candidate, ...] = ()
    changed: tuple[Change, ...] = ()
    back: tuple[Candidate, ...] = ()  # withdrawn until now
    gone: tuple[Candidate, ...] = ()  # withdrawn from now on: not in the file, or the poll is cancelled
    same: int = 0
    standing: int = 0  # candidates that stand before the import
    without_address: tuple[Candidate, ...] = ()  # standing after the import
    losing_address: int = 0

    @property
    def put(self) -> tuple[Candidate, ...]:
        """All that is to be written, in the order of the file; nothing when the file says what the ledger says."""
        return (*self.new, *(change.after for change in self.changed), *self.back, *self.gone)


def difference(known: Mapping[str, Candidate], file: CandidateFile) -> Difference:
    """``file`` against ``known``; a refused row, and a column that is not there, change nothing."""
    pairs = list(_pairs(known, file))
    after = [candidate for _, candidate in pairs]
    untouched = [candidate for key, candidate in known.items() if key not in {found.id for found in after}]
    changes = [Change(old, new, _differing(old, new)) for old, new in pairs if old]
    stayed = [change for change in changes if change.before.status == change.after.status]
    lost = [change for change in changes if change.after.is_standing and change.before.email and not change.after.email]
    return Difference(
        new=tuple(new for old, new in pairs if old is None),
        changed=tuple(change for change in stayed if change.fields),
        back=tuple(new for old, new in pairs if old and not old.is_standing and new.is_standing),
        gone=tuple(new for old, new in pairs if old and old.is_standing and not new.is_standing),
        same=sum(not change.fields for change in stayed),
        standing=sum(candidate.is_standing for candidate in known.values()),
        without_address=tuple(new for new in (*after, *untouched) if new.is_standing and not new.email),
        losing_address=len(lost),
    )


def _pairs(known: Mapping[str, Candidate], file: CandidateFile) -> Iterator[tuple[Candidate | None, Candidate]]:
    """(before, after) of everyone in the file, then of everyone who is missing from it."""
    for candidate in file.candidates:
        before = known.get(candidate.id)
        yield before, _completed(candidate, before, file.unsaid)
    named = {candidate.id for candidate in file.candidates} | {remark.candidate for remark in file.refused}
    missing = [before for key, before in known.items() if key not in named and before.is_standing]
    for before in sorted(missing, key=lambda gone: (gone.constituency_name, gone.constituency, gone.name)):
        yield before, replace(before, status="withdrawn")


def _completed(candidate: Candidate, before: Candidate | None, unsaid: frozenset[str]) -> Candidate:
    if before is None:
        return candidate
    kept = {name: getattr(before, name) for name in unsaid if name != "region" and getattr(before, name)}
    if "region" in unsaid and before.region and before.constituency == candidate.constituency:
        kept["region"] = before.region
    if "constituency_name" in kept and before.constituency != candidate.constituency:
        del kept["constituency_name"]
    return replace(candidate, **kept)


def _differing(before: Candidate, after: Candidate) -> tuple[str, ...]:
    return tuple(name for name in _FIELDS if getattr(before, name) != getattr(after, name))
