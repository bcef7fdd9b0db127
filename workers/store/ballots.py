"""Who stands where, kept in the memory of a web process for as long as nothing of it has changed in the ledger.

Each import of places or of candidates draws a new edition. What is kept is of one edition or of a later one, and the
script that takes an action refuses one that was made from another edition than the ledger's.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field

from workers.campaign.model import Candidate
from workers.campaign.sectors import Part, parts_of, seats_in
from workers.store import keys
from workers.store.candidates import Candidates
from workers.store.together import Together

_Values = list[tuple[str, tuple[Part, ...]]]

#: Sectors kept, of about 11,000 in the country; a few hundred bytes each.
_SECTORS = 16_384


@dataclass(slots=True)
class _Sectors:
    """What lies in each sector, by generation, oldest first; all read after the edition was."""

    edition: str = ""
    values: OrderedDict[str, _Values] = field(default_factory=OrderedDict)

    def keep(self, sector: str, values: _Values) -> _Values:
        self.values[sector] = values
        if len(self.values) > _SECTORS:
            self.values.popitem(last=False)
        return values


@dataclass(slots=True)
class _Seats:
    """A campaign's ballots by GSS code, all read after the edition was."""

    edition: str = ""
    ballots: dict[str, list[Candidate]] = field(default_factory=dict)


class NotKept(Exception):
    """Raised when a sector or a ballot has to be read from the ledger; what is kept needs no waiting."""

    def __init__(self, *, sector: str = "", gss: str = "") -> None:
        super().__init__("not read yet")
        self.sector, self.gss = sector, gss


class View:
    """Places and ballots as of one moment or later; ``edition`` is that moment's."""

    def __init__(self, ballots: Ballots, campaign: str, sectors: _Sectors, seats: _Seats) -> None:
        self._ballots, self._campaign, self._sectors, self._seats = ballots, campaign, sectors, seats

    @property
    def edition(self) -> tuple[str, str]:
        """What the places and the campaign's candidates were read as."""
        return self._sectors.edition, self._seats.edition

    def seats(self, postcode: str) -> dict[str, tuple[str, ...]]:
        """GSS codes by generation, oldest first, for a normal postcode; empty for one that is not known.

        ``NotKept`` if its sector is to be read first.
        """
        sector, unit = postcode[:-2], postcode[-2:]
        values = self._sectors.values.get(sector)
        if values is None:
            raise NotKept(sector=sector)
        found = {}
        for generation, value in values:
            if seats := seats_in(value, unit):
                found[generation] = seats
        return found

    def standing(self, gss: str) -> list[Candidate]:
        """Who stands in a constituency, in the order of the ballot; empty when nobody does. ``NotKept`` as above."""
        found = self._seats.ballots.get(gss)
        if found is None:
            raise NotKept(gss=gss)
        return found

    async def read(self, lacking: NotKept) -> None:
        """Keeps what was lacking."""
        if lacking.sector:
            self._sectors.keep(lacking.sector, await self._ballots.read_sector(lacking.sector))
        else:
            self._seats.ballots[lacking.gss] = await self._ballots.read_ballot(self._campaign, lacking.gss)


class Ballots:
    """What the views of one process share."""

    def __init__(self, together: Together, candidates: Candidates) -> None:
        self._together, self._candidates = together, candidates
        self._sectors = _Sectors()
        self._seats: dict[str, _Seats] = {}

    async def view(self, campaign: str, *, fresh: bool = False) -> View:
        """What is kept, which may be of an older edition; ``fresh``: compared with the ledger first."""
        if fresh or campaign not in self._seats:
            places, candidates = await self._together.command("HMGET", keys.EDITIONS, "places", campaign)
            self._compare(campaign, (places or b"").decode(), (candidates or b"").decode())
        return View(self, campaign, self._sectors, self._seats[campaign])

    async def read_sector(self, sector: str) -> _Values:
        """A sector as the ledger has it."""
        reply = await self._together.script("read_sector", [keys.places()], [sector])
        found = {reply[at].decode(): parts_of(reply[at + 1]) for at in range(0, len(reply), 2)}
        return sorted(found.items())

    async def read_ballot(self, campaign: str, gss: str) -> list[Candidate]:
        """A ballot as the ledger has it."""
        return self._candidates.ballot(await self._together.script(*self._candidates.ballot_call(campaign, gss)))

    def _compare(self, campaign: str, places: str, candidates: str) -> None:
        if places != self._sectors.edition:
            self._sectors = _Sectors(places)
        kept = self._seats.get(campaign)
        if kept is None or kept.edition != candidates:
            self._seats[campaign] = _Seats(candidates)
