"""Whom a postcode can write to: its constituency, in the boundaries that the campaign means, and who stands there."""

from __future__ import annotations

from typing import NamedTuple

from workers.campaign.model import Campaign, Candidate
from workers.errors import NotFoundError
from workers.store import Store


class Ballot(NamedTuple):
    """A constituency's GSS code and its standing candidates, in the order of the ballot."""

    constituency: str
    candidates: list[Candidate]

    @property
    def name(self) -> str:
        """The constituency's name, or "" if no candidate tells it."""
        return next((candidate.constituency_name for candidate in self.candidates if candidate.constituency_name), "")


def find_ballot(store: Store, campaign: Campaign, postcode: str) -> Ballot:
    """The campaign's boundaries, else the newest in which somebody stands; NotFoundError for an unknown postcode."""
    found = store.places.find(postcode)
    if campaign.boundaries:
        if campaign.boundaries not in found:
            raise NotFoundError(f"this postcode is not known in the boundaries of {campaign.boundaries}")
        return _ballot(store, campaign, found[campaign.boundaries])
    newest_first = [found[generation] for generation in sorted(found, reverse=True)]
    ballots = (_ballot(store, campaign, gss) for gss in newest_first)
    return next((ballot for ballot in ballots if ballot.candidates), Ballot(newest_first[0], []))


def _ballot(store: Store, campaign: Campaign, gss: str) -> Ballot:
    standing = [candidate for candidate in store.candidates.of(campaign.slug, gss) if candidate.is_standing]
    return Ballot(gss, standing)
