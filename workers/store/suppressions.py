"""Addresses that are not mailed any more: kept as keyed ids, with reason, time and source, never as addresses."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from workers.errors import NotFoundError
from workers.store import keys
from workers.store.scripts import Client, Scripts, reachable


@dataclass(frozen=True, slots=True)
class Suppression:
    """One reason why an address is not mailed; ``at`` is epoch seconds, ``source`` "report", "operator" or "import"."""

    id: str
    reason: str
    at: int
    source: str


class Suppressions:
    """The suppressed addresses of all campaigns, by id (see ``Ids.address``)."""

    def __init__(self, client: Client, scripts: Scripts) -> None:
        self._client = client
        self._scripts = scripts

    def all(self) -> Iterator[Suppression]:
        """Every reason of every address; what changes meanwhile may be there or not."""
        with reachable():
            for address, packed in self._client.hscan_iter(keys.SUPPRESSIONS, count=1000):
                yield from _reasons(address.decode(), packed)

    def of(self, address: str) -> list[Suppression]:
        """The reasons of one address; NotFoundError if it is mailed."""
        with reachable():
            packed = self._client.hget(keys.SUPPRESSIONS, address)
        if packed is None:
            raise NotFoundError(f"the address {address} is not suppressed")
        return list(_reasons(address, packed))

    def has(self, address: str) -> bool:
        """Whether an address (id) is suppressed."""
        with reachable():
            return bool(self._client.hexists(keys.SUPPRESSIONS, address))

    def among(self, addresses: Sequence[str]) -> set[str]:
        """Which of these addresses, at most a few thousand, are suppressed."""
        with reachable():
            found = self._client.hmget(keys.SUPPRESSIONS, addresses) if addresses else []
        return {address for address, packed in zip(addresses, found, strict=True) if packed}

    def count(self) -> int:
        """How many addresses are suppressed."""
        with reachable():
            return int(self._client.hlen(keys.SUPPRESSIONS))

    def put(self, reasons: Sequence[tuple[str, str]], source: str) -> list[str]:
        """Suppresses (address id, reason) pairs, at most a few thousand; the addresses for which that is new."""
        words = [word for pair in reasons for word in pair]
        found = self._scripts.call("put_suppressions", [], [int(time.time()), source, *words])
        return [raw.decode() for raw in found]

    def remove(self, addresses: Sequence[str]) -> int:
        """Lets addresses be mailed again, whatever was reported of them until now; how many were suppressed."""
        return int(self._scripts.call("remove_suppressions", [], [int(time.time()), *addresses]))


def _reasons(address: str, packed: bytes) -> Iterator[Suppression]:
    for words in packed.decode().split(","):
        reason, at, source = words.split(" ")
        yield Suppression(address, reason, int(at), source)
