"""Whom a postcode can write to: its constituencies, in the boundaries that the campaign means, and who stands there."""

from __future__ import annotations

from itertools import chain
from typing import NamedTuple

from workers.campaign.model import Campaign, Candidate
from workers.errors import NotFoundError
from workers.store.ballots import NotKept, View


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


async def find_ballot(view: View, campaign: Campaign, postcode: str) -> Ballot:
    """The campaign's boundaries, else the newest in which somebody stands; NotFoundError for an unknown postcode."""
    while True:
        try:
            return _kept(view, campaign, postcode)
        except NotKept as lacking:
            await view.read(lacking)


def _kept(view: View, campaign: Campaign, postcode: str) -> Ballot:
    found = view.seats(postcode)
    if not found:
        raise NotFoundError("this postcode is not among those that are known here")
    if campaign.boundaries:
        if campaign.boundaries not in found:
            raise NotFoundError(f"this postcode is not known in the boundaries of {campaign.boundaries}")
        return _ballot(view, found[campaign.boundaries])
    newest_first = [found[generation] for generation in sorted(found, reverse=True)]
    for seats in newest_first:
        ballot = _ballot(view, seats)
        if ballot.candidates:
            return ballot
    return Ballot(newest_first[0][0], [], newest_first[0])


def _ballot(view: View, seats: tuple[str, ...]) -> Ballot:
    if len(seats) == 1:
        return Ballot(seats[0], view.standing(seats[0]), seats)
    return Ballot(seats[0], list(chain.from_iterable(map(view.standing, seats))), seats)
