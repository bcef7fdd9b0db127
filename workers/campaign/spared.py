"""Who of those somebody may write to gets no letter, and why; the scripts that send letters decide the same way."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple

from workers.campaign.answers import Answer, Said
from workers.campaign.model import Campaign, Candidate


class Why(StrEnum):
    """What may be said in public: whether somebody declined or only wants no letters is their own affair."""

    SIGNED = "signed"
    ASKED = "asked"
    WITHDRAWN = "withdrawn"


class Parted(NamedTuple):
    """Who gets a letter (``thanked``, ids, one of thanks), and who gets none."""

    written: list[Candidate]
    thanked: set[str]
    spared: dict[Why, list[Candidate]]


def part(
    campaign: Campaign,
    candidates: Sequence[Candidate],
    signed: Collection[str],
    answers: Mapping[str, Sequence[Answer]],
) -> Parted:
    """``candidates`` in their order, by what they signed (ids) and answered."""
    written: list[Candidate] = []
    spared: dict[Why, list[Candidate]] = {}
    for one in candidates:
        said = {answer.said for answer in answers.get(one.id, ())}
        why = _why(campaign, one, said, signed=one.id in signed)
        (spared.setdefault(why, []) if why else written).append(one)
    return Parted(written, {one.id for one in written if one.id in signed}, spared)


def _why(campaign: Campaign, candidate: Candidate, said: set[Said], *, signed: bool) -> Why | None:
    if not candidate.is_standing:
        return Why.WITHDRAWN
    if signed and not campaign.thanks:
        return Why.SIGNED
    unwanted = Said.STOPPED in said or (Said.DECLINED in said and not signed)
    return Why.ASKED if unwanted else None
