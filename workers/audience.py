"""Whom a mailing is for: people's profiles and what the ledger knows of them, as a segment asks for it."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from workers.campaign.mailings import PURPOSES, REMINDER, Mailing, book, first_of
from workers.campaign.model import Candidate
from workers.campaign.profile import Profile
from workers.campaign.segments import Segment, parse
from workers.campaign.states import State
from workers.campaign.traits import Traits
from workers.store import Store

#: People whose letters are asked for in one round trip: about a millisecond of the server's time.
_CHUNK = 1000
_DAY_S = 86_400
#: Where a copy is that has reached its reader, as far as is known.
_REACHED = frozenset({State.ACCEPTED, State.DELIVERED})
#: What of a segment's needs hangs on a campaign's candidates.
_PLACED = frozenset({"constituency", "region", "signed"})

#: A person's id with their profile.
Profiled = tuple[str, Profile]


def expected(store: Store, mailing: Mailing) -> int:
    """How many would get a mailing now; reads everybody once."""
    return sum(1 for _ in audience(store, mailing, store.people.profiles()))


def audience(store: Store, mailing: Mailing, profiles: Iterable[Profiled]) -> Iterator[str]:
    """Those of the people (ids) who get this mailing, in their order: who agreed to it, and whom its rule means."""
    purpose = mailing.purpose or PURPOSES[mailing.kind]
    agreed = ((person, profile) for person, profile in profiles if purpose in profile.purposes)
    people = (person for person, _ in matching(store, mailing.campaign, parse(mailing.where), agreed))
    return _who_had(store, mailing, people) if mailing.edition.endswith(REMINDER) else people


def _who_had(store: Store, reminder: Mailing, people: Iterable[str]) -> Iterator[str]:
    """Those of the people whom the call itself has reached, as far as is known."""
    first = store.mailings.get(book(reminder.campaign, reminder.kind, reminder.name, first_of(reminder.edition)))
    source = iter(people)
    while chunk := list(islice(source, _CHUNK)):
        states = store.mailings.states(first, chunk)
        yield from (person for person, state in zip(chunk, states, strict=True) if state in _REACHED)


def matching(store: Store, campaign: str, segment: Segment, profiles: Iterable[Profiled]) -> Iterator[Profiled]:
    """Those whom the segment means, in their order."""
    source = traits(store, campaign, segment, profiles)
    return ((person, profile) for person, profile, known in source if segment.matches(known))


def traits(
    store: Store, campaign: str, segment: Segment, profiles: Iterable[Profiled]
) -> Iterator[tuple[str, Profile, Traits]]:
    """Each with their traits in this campaign; only what the segment needs is looked up, the rest is left empty.

    Candidates are read once, letters a thousand people at a time: the memory that it takes is bounded.
    """
    needs = segment.needs
    seats = _seats(store, campaign, signed="signed" in needs) if needs & _PLACED else _Seats({}, frozenset())
    today = int(time.time()) // _DAY_S
    source = iter(profiles)
    while chunk := list(islice(source, _CHUNK)):
        wrote = _wrote(store, campaign, chunk) if "wrote" in needs else ()
        for place, (person, profile) in enumerate(chunk):
            gss = seats.of(profile)
            yield (
                person,
                profile,
                Traits(
                    gss,
                    seats.regions.get(gss, ""),
                    frozenset(profile.tags) if "tags" in needs else frozenset(),
                    profile.language,
                    wrote[place] if wrote else False,
                    gss in seats.signed,
                    today - max(profile.mailed) if profile.mailed else None,
                ),
            )


@dataclass(frozen=True, slots=True)
class _Seats:
    """Where candidates of a campaign stand: regions by GSS code, and the constituencies where one has signed."""

    regions: dict[str, str]
    signed: frozenset[str]

    def of(self, profile: Profile) -> str:
        """The person's constituency in the boundaries of this campaign, the first where nobody stands; or ""."""
        for gss in profile.seats:
            if gss in self.regions:
                return gss
        return profile.seats[0] if profile.seats else ""


def _seats(store: Store, campaign: str, *, signed: bool) -> _Seats:
    candidates = store.candidates.all(campaign)
    signatories = store.signatures.among(campaign, list(candidates)) if signed else set()
    where = (found.constituency for one in signatories if (found := candidates.get(one)))
    return _Seats(_regions(candidates.values()), frozenset(where))


def _regions(candidates: Iterable[Candidate]) -> dict[str, str]:
    """The region that a candidate of the constituency tells, "" where none does."""
    regions: dict[str, str] = {}
    for one in candidates:
        regions[one.constituency] = one.region or regions.get(one.constituency, "")
    return regions


def _wrote(store: Store, campaign: str, chunk: Sequence[Profiled]) -> list[bool]:
    return store.letters.exist([store.ids.group(campaign, "letter", "", person) for person, _ in chunk])
