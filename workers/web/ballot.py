"""Whom a postcode can write to: its constituencies, in the boundaries that the campaign means, and who stands there."""

from __future__ import annotations

from typing import NamedTuple

from workers.campaign.model import Campaign, Candidate
from workers.errors import NotFoundError
from workers.store import Store


class Ballot(NamedTuple):
    """A constituency's GSS code and its standing candidates, in the order of the ballot.

    A postcode across a boundary may be in several: all are in ``seats``, and the candidates of all of them stand here.
    """

    constituency: str
    candidates: list[Candidate]
    seats: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The constituencies' names, "" if no candidate tells one."""
        names = dict.fromkeys(candidate.constituency_name for candidate in self.candidates)
        return " or ".join(filter(None, names))


def find_ballot(store: Store, campaign: Campaign, postcode: str) -> Ballot:
    """The campaign's boundaries, else the newest in which somebody stands; NotFoundError for an unknown postcode."""
    found = store.places.find(postcode)
    if campaign.boundaries:
        if campaign.boundaries not in found:
            raise NotFoundError(f"this postcode is not known in the boundaries of {campaign.boundaries}")
        return _ballot(store, campaign, found[campaign.boundaries].seats)
    newest_first = [found[generation].seats for generation in sorted(found, reverse=True)]
    ballots = (_ballot(store, campaign, seats) for seats in newest_first)
    return next((ballot for ballot in ballots if ballot.candidates), Ballot(newest_first[0][0], [], newest_first[0]))


def _ballot(store: Store, campaign: Campaign, seats: tuple[str, ...]) -> Ballot:
    everyone = [candidate for gss in seats for candidate in store.candidates.of(campaign.slug, gss)]
    return Ballot(seats[0], [candidate for candidate in everyone if candidate.is_standing], seats)
