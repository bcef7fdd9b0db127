"""Which constituency a postcode is in, for each generation of boundaries: a hash of packed sectors, swapped whole.

Fields of ``places:{generation}`` beside the sectors, which all have a blank: "" the number of postcodes, "terminated"
how many of them are, and "file", "at" and "version" of the import.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import NamedTuple

from workers.campaign.postcodes import normal_postcode
from workers.campaign.sectors import Change, Gathered, Packed, Place, compare, month_of, unpack
from workers.errors import InputError, NotFoundError, UnavailableError
from workers.store import keys
from workers.store.scripts import Client, Scripts, reachable

#: Sectors written or read in one round trip.
_CHUNK = 500
#: Seconds that an import which is not written whole is kept, from its newest chunk on: a chunk takes far less.
_UNFINISHED_S = 600
_COUNT, _TERMINATED, _FILE, _AT, _VERSION = b"", b"terminated", b"file", b"at", b"version"


class Known(NamedTuple):
    """A generation as it was imported: from which file, and when (epoch s; 0 if that is not known)."""

    postcodes: int
    terminated: int
    file: str
    at: int


class Import(NamedTuple):
    """Places to be put, by generation: the version they were compared with, their sectors, what they change."""

    versions: dict[str, str]
    sectors: dict[str, dict[str, Packed]]
    changes: dict[str, Change]


class Places:
    """Postcodes of all generations."""

    def __init__(self, client: Client, scripts: Scripts) -> None:
        self._client = client
        self._scripts = scripts

    def compare(self, gathered: Mapping[str, Gathered]) -> Import:
        """What replacing the generations that are ``gathered`` would change; InputError if there is no postcode."""
        if not gathered:
            raise InputError("no row holds a postcode with its constituency: nothing was changed", field="file")
        with reachable():
            versions = {generation: self._version(generation) for generation in gathered}
            sectors = {generation: dict(found.packed()) for generation, found in gathered.items()}
            changes = {generation: compare(self._sectors(generation), new) for generation, new in sectors.items()}
        return Import(versions, sectors, changes)

    def put(self, new: Import, *, file: str = "") -> None:
        """Replaces, all at one moment, the generations that change; one that stays as it is is not written.

        UnavailableError if another import came between. Whatever fails before the end changes nothing, and what was
        written by then goes by itself.
        """
        unfinished = []
        with reachable():
            for generation, change in new.changes.items():
                if not change.is_none:
                    key = self._write(generation, new.sectors[generation], change, file)
                    unfinished += [key, generation, new.versions[generation]]
            if unfinished and not self._scripts.call("swap_places", [keys.places(), keys.EDITIONS], unfinished):
                self._client.unlink(*unfinished[::3])
                raise UnavailableError("another import came between: nothing was changed; import again")

    def _version(self, generation: str) -> str:
        return (self._client.hget(keys.places(generation), _VERSION) or b"").decode()

    def _sectors(self, generation: str) -> dict[str, bytes]:
        """All of a generation, a chunk at a time, so that nobody waits long."""
        key = keys.places(generation)
        source = (name for name in self._client.hkeys(key) if b" " in name)
        found: dict[str, bytes] = {}
        while chunk := list(islice(source, _CHUNK)):
            values = self._client.hmget(key, chunk)
            found |= {name.decode(): value for name, value in zip(chunk, values, strict=True) if value}
        return found

    def _write(self, generation: str, sectors: Mapping[str, Packed], change: Change, file: str) -> str:
        version = secrets.token_hex(8)
        key = keys.places(generation, version)
        source = iter(sectors.items())
        while chunk := list(islice(source, _CHUNK)):
            pipeline = self._client.pipeline(transaction=True)
            pipeline.hset(key, mapping={name: packed.value for name, packed in chunk})
            pipeline.expire(key, _UNFINISHED_S)
            pipeline.execute()
        known = {_COUNT: change.postcodes, _TERMINATED: change.terminated, _FILE: file, _VERSION: version}
        self._client.hset(key, mapping=known)
        return key

    def find(self, postcode: str) -> dict[str, Place]:
        """Where a postcode however typed is, by generation, oldest first; InputError, or NotFoundError."""
        normal = normal_postcode(postcode)
        reply = self._scripts.call("find_places", [keys.places()], [normal[:-2], normal[-2:]])
        places = {reply[at].decode(): _place(*reply[at + 1 : at + 3]) for at in range(0, len(reply), 3)}
        found = {generation: places[generation] for generation in sorted(places) if places[generation].seats}
        if not found:
            what = "this postcode is not among those imported" if places else "no places are imported"
            raise NotFoundError(what if places else f"{what}: mobilise places import FILE")
        return found

    def seats(self, postcode: str) -> tuple[str, ...]:
        """The constituencies of a postcode, in the newest boundaries first; empty if none is known."""
        try:
            found = self.find(postcode)
        except (InputError, NotFoundError):
            return ()
        return tuple(seat for generation in sorted(found, reverse=True) for seat in found[generation].seats)

    def beside(self, postcode: str) -> list[str]:
        """The postcodes in use of the same sector, in any generation, in order; ``postcode`` is normal."""
        with reachable():
            values = [self._client.hget(keys.places(generation), postcode[:-2]) for generation in self.known()]
        seats = [(unit, seat) for value in values if value for unit, found in unpack(value).items() for seat in found]
        return sorted({postcode[:-2] + unit for unit, seat in seats if len(seat) == 9})

    def sectors(self, names: Sequence[str]) -> dict[str, list[bytes]]:
        """Packed sectors as they are stored, of the newest generation first; an empty list for one nobody knows."""
        found: dict[str, list[bytes]] = {name: [] for name in names}
        with reachable():
            for generation in sorted(self._client.smembers(keys.places()), reverse=True):
                values = self._client.hmget(keys.places(generation.decode()), names)
                for name, value in zip(names, values, strict=True):
                    if value:
                        found[name].append(value)
        return found

    def known(self) -> dict[str, Known]:
        """What is imported, by generation; empty before the first import."""
        with reachable():
            generations = sorted(raw.decode() for raw in self._client.smembers(keys.places()))
            fields = [_COUNT, _TERMINATED, _FILE, _AT]
            return {one: _known(self._client.hmget(keys.places(one), fields)) for one in generations}


def _known(values: list[bytes | None]) -> Known:
    count, terminated, file, at = (value or b"" for value in values)
    return Known(int(count or 0), int(terminated or 0), file.decode(), int(at or 0))


def _place(seats: list[bytes], months: list[bytes]) -> Place:
    ended = max((month_of(month.decode()) for month in months), default="")
    return Place(tuple(seat.decode() for seat in seats), ended)
