"""The constituencies of many postcodes, from sectors that are read once and kept."""

from __future__ import annotations

from collections.abc import Iterable

from workers.campaign.profile import NONE
from workers.campaign.sectors import Part, parts_of, seats_in
from workers.store.places import Places

#: Postcodes whose constituencies are kept ready.
_KEPT = 65_536


class Seats:
    """What a profile says of a postcode. All generations of boundaries are there, the newest first."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self._sectors: dict[str, tuple[tuple[Part, ...], ...]] = {}
        self._words: dict[str, str] = {}

    def look_ahead(self, postcodes: Iterable[str]) -> None:
        """Reads what is lacking of these (normal ones, or ""), in one round trip for each generation."""
        lacking = {postcode[:-2] for postcode in postcodes} - self._sectors.keys() - {""}
        if lacking:
            for sector, values in self._places.sectors(sorted(lacking)).items():
                self._sectors[sector] = tuple(parts_of(value) for value in values)

    def of(self, postcode: str) -> str:
        """The GSS codes with commas between, "-" if none is known; its sector was looked ahead for."""
        found = self._words.get(postcode)
        if found is None:
            if len(self._words) >= _KEPT:
                self._words.clear()
            found = self._words[postcode] = self._found(postcode)
        return found

    def _found(self, postcode: str) -> str:
        values = self._sectors.get(postcode[:-2], ())
        return ",".join(seat for parts in values for seat in seats_in(parts, postcode[-2:])) or NONE
