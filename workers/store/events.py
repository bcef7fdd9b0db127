"""What happened, in order: the stream that the scripts append to, for people who watch."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from workers.store import keys
from workers.store.scripts import Client, reachable

#: Events kept, as in the scripts.
_KEPT = 100_000
#: Events read in one round trip.
_CHUNK = 2000


@dataclass(frozen=True, slots=True)
class Entry:
    """One event: ``id`` is "ms-n", ``at`` epoch seconds, ``body`` ids and counts only."""

    id: str
    at: float
    kind: str
    campaign: str
    body: str


class Events:
    """The newest hundred thousand events of all campaigns."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def newest(self, count: int) -> list[Entry]:
        """The last ``count`` events, oldest first."""
        with reachable():
            found = self._client.xrevrange(keys.EVENTS, count=count)
        return [_entry(raw) for raw in reversed(found)]

    def since(self, at: float) -> Iterator[Entry]:
        """Every event since ``at`` (epoch seconds), oldest first, as far as they are kept."""
        start = str(max(0, int(at * 1000)))
        while True:
            with reachable():
                found = self._client.xrange(keys.EVENTS, min=start, count=_CHUNK)
            yield from (_entry(raw) for raw in found)
            if len(found) < _CHUNK:
                return
            start = f"({found[-1][0].decode()}"

    def append(self, kind: str, campaign: str, body: str) -> None:
        """Keeps what happened outside every script: what an operator looked at."""
        entry = {"kind": kind, "campaign": campaign, "body": body}
        with reachable():
            self._client.xadd(keys.EVENTS, entry, maxlen=_KEPT, approximate=True)

    def after(self, last: str, block_ms: int) -> Iterator[Entry]:
        """Events since ``last`` ("$" for only new ones), after waiting up to ``block_ms`` for the first."""
        with reachable():
            found = self._client.xread({keys.EVENTS: last}, count=1000, block=block_ms) or []
        for _, entries in found.items() if isinstance(found, dict) else found:
            yield from (_entry(raw) for raw in entries)


def _entry(raw: tuple[bytes, dict[bytes, bytes]]) -> Entry:
    number, fields = raw[0].decode(), {key.decode(): value.decode() for key, value in raw[1].items()}
    at = int(number.partition("-")[0]) / 1000
    return Entry(number, at, fields["kind"], fields["campaign"], fields["body"])
