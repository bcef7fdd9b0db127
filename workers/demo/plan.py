"""Who writes to whom, so that the letters that can leave add up to a number asked for."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

from workers.campaign.place_file import PlaceFile
from workers.demo.supporters import Supporter, supporters
from workers.errors import InputError
from workers.placefiles import open_places

#: The order of postcodes is the same each time.
_SEED = 2015


@dataclass(frozen=True, slots=True)
class Ballot:
    """Whom a postcode can write to: ids, by whether an address is known."""

    constituency: str
    reachable: tuple[str, ...] = ()
    unreachable: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Wish:
    """One supporter's action; ``candidates`` None means all of the ballot."""

    supporter: Supporter
    candidates: tuple[str, ...] | None
    reachable: int
    held: int


@dataclass(frozen=True, slots=True)
class Plan:
    """What will be asked for: ``contacts`` letters that can leave, ``held`` that wait for an address.

    ``candidates`` are all who are written to; the constituencies take turns.
    """

    wishes: list[Wish]
    candidates: list[str]

    @property
    def contacts(self) -> int:
        return sum(wish.reachable for wish in self.wishes)

    @property
    def held(self) -> int:
        return sum(wish.held for wish in self.wishes)


def postcodes_of(path: Path) -> list[str]:
    """The postcodes of a file of places, shuffled: constituencies take turns."""
    with open_places(path) as opened:
        found = sorted({postcode for postcode, _, _, ended in PlaceFile(opened.lines) if not ended})
    random.Random(_SEED).shuffle(found)  # noqa: S311 - repeatable on purpose
    return found


def plan(postcodes: Sequence[str], contacts: int, ballot_of: Callable[[str], Ballot]) -> Plan:
    """Supporters until their letters to candidates with an address are exactly ``contacts``; the last one chooses."""
    wishes: list[Wish] = []
    asked: dict[str, dict[str, None]] = {}
    missing, fruitless = contacts, 0
    for supporter in supporters(postcodes) if postcodes else ():
        if not missing or fruitless > 2 * len(postcodes):
            break
        ballot = ballot_of(supporter.postcode)
        fruitless = 0 if ballot.reachable else fruitless + 1
        if not ballot.reachable:
            continue
        wish = _wish(supporter, ballot, missing)
        missing -= wish.reachable
        wishes.append(wish)
        asked.setdefault(ballot.constituency, {}).update(dict.fromkeys(wish.candidates or ballot.reachable))
    if missing:
        what = "none of its postcodes leads to a candidate with an address: the two files are of different places"
        raise InputError(what, field="--postcodes")
    return Plan(wishes, _by_turns(list(asked.values())))


def _by_turns(seats: Sequence[Iterable[str]]) -> list[str]:
    """One of each, then the next of each: whoever signs first does not leave a seat with nobody to write to."""
    return [one for turn in zip_longest(*seats) for one in turn if one is not None]


def _wish(supporter: Supporter, ballot: Ballot, missing: int) -> Wish:
    if len(ballot.reachable) <= missing:
        return Wish(supporter, None, len(ballot.reachable), len(ballot.unreachable))
    return Wish(supporter, ballot.reachable[:missing], missing, 0)
