"""Which constituency a postcode is in, for each generation of boundaries, in two bytes a postcode.

``places`` is the set of generations; ``places:{generation}`` is a hash: sector ("AB12 5") -> what lies in it, as GSS
code and then two letters for each postcode, "E14000530AAABAD;E14000531ZZ"; its field "" holds the number of postcodes.
"""

from __future__ import annotations

import secrets
from collections import defaultdict
from collections.abc import Iterable
from itertools import islice

from workers.campaign.postcodes import normal_postcode
from workers.errors import InputError, NotFoundError
from workers.store import keys
from workers.store.scripts import Client, Scripts, reachable

#: Sectors written in one round trip.
_CHUNK = 1000
#: Seconds that half an import is kept: longer than any import takes.
_UNFINISHED_S = 3600
#: Characters of a GSS code.
_GSS = 9
#: A postcode ends in two of so many letters.
_UNITS, _A = 26, ord("A")


class _Sector:
    """What lies in one sector while it is gathered: two letters for each postcode, by GSS code."""

    __slots__ = ("_seen", "count", "seats")

    def __init__(self) -> None:
        self.seats: dict[str, bytearray] = {}
        self.count = 0
        self._seen = bytearray(_UNITS * _UNITS)

    def add(self, unit: bytes, gss: str) -> None:
        """Remembers a postcode, unless it was there."""
        index = (unit[0] - _A) * _UNITS + unit[1] - _A
        if not self._seen[index]:
            self._seen[index] = 1
            self.count += 1
            self.seats.setdefault(gss, bytearray()).extend(unit)

    def packed(self) -> bytes:
        return b";".join(gss.encode() + units for gss, units in self.seats.items())


class Places:
    """Postcodes of all generations."""

    def __init__(self, client: Client, scripts: Scripts) -> None:
        self._client = client
        self._scripts = scripts

    def put(self, rows: Iterable[tuple[str, str, str]]) -> dict[str, int]:
        """Replaces, all at one moment, every generation that ``rows`` (normal postcode, generation, GSS code) name.

        Returns postcodes by generation. A postcode that comes twice stays where it came first. InputError if there is
        no row; whatever fails before the end changes nothing.
        """
        found: dict[str, dict[str, _Sector]] = defaultdict(lambda: defaultdict(_Sector))
        for postcode, generation, gss in rows:
            found[generation][postcode[:-2]].add(postcode[-2:].encode(), gss)
        if not found:
            raise InputError("no row holds a postcode with its constituency: nothing was changed", field="file")
        return self._swap(found)

    def _swap(self, found: dict[str, dict[str, _Sector]]) -> dict[str, int]:
        token = secrets.token_hex(8)
        unfinished = {generation: keys.places(generation, token) for generation in found}
        counts = {}
        with reachable():
            for generation, key in unfinished.items():
                counts[generation] = self._write(key, found[generation])
            together = self._client.pipeline(transaction=True)
            for generation, key in unfinished.items():
                together.persist(key)
                together.rename(key, keys.places(generation))
                together.sadd(keys.places(), generation)
            together.execute()
        return counts

    def _write(self, key: str, sectors: dict[str, _Sector]) -> int:
        source = iter(sectors.items())
        while chunk := list(islice(source, _CHUNK)):
            pipeline = self._client.pipeline(transaction=False)
            pipeline.hset(key, mapping={name: sector.packed() for name, sector in chunk})
            pipeline.expire(key, _UNFINISHED_S)
            pipeline.execute()
        total = sum(sector.count for sector in sectors.values())
        self._client.hset(key, "", total)
        return total

    def find(self, postcode: str) -> dict[str, str]:
        """GSS code by generation, oldest first, for a postcode however typed; InputError, or NotFoundError."""
        normal = normal_postcode(postcode)
        reply = self._scripts.call("find_places", [keys.places()], [normal[:-2]])
        seats = {reply[i].decode(): _seat(reply[i + 1], normal[-2:].encode()) for i in range(0, len(reply), 2)}
        found = {generation: seats[generation] for generation in sorted(seats) if seats[generation]}
        if not found:
            raise NotFoundError(self._why_not())
        return found

    def _why_not(self) -> str:
        if self.count():
            return "this postcode is not among those imported"
        return "no places are imported: mobilise places import FILE"

    def count(self) -> dict[str, int]:
        """Postcodes by generation; empty before the first import."""
        with reachable():
            generations = sorted(raw.decode() for raw in self._client.smembers(keys.places()))
            return {generation: int(self._client.hget(keys.places(generation), "") or 0) for generation in generations}


def _seat(value: bytes, unit: bytes) -> str:
    for part in value.split(b";"):
        at = part.find(unit, _GSS)
        while at >= 0 and (at - _GSS) % 2:
            at = part.find(unit, at + 1)
        if at >= 0:
            return part[:_GSS].decode()
    return ""
