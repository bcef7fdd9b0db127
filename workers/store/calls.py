"""What became of a call: who opened their page, who acted, and how many letters that made."""

from __future__ import annotations

from typing import NamedTuple

from workers.store import keys
from workers.store.scripts import Client, reachable


class Response(NamedTuple):
    """People who opened their page and who acted on it, and the letters that they asked for."""

    opened: int = 0
    acted: int = 0
    letters: int = 0


class Calls:
    """By campaign and name: a call and its reminder lead to one page."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def opened(self, campaign: str, call: str, person: str) -> None:
        """Somebody looks at their page; each counts once."""
        with reachable():
            self._client.sadd(keys.opened(campaign, call), person)

    def action_of(self, campaign: str, call: str, person: str) -> str:
        """The newest action (id) that somebody took on their page; "" if none."""
        with reachable():
            raw = self._client.hget(keys.acted(campaign, call), person)
        return raw.decode().partition(" ")[2] if raw else ""

    def response(self, campaign: str, call: str) -> Response:
        """How many, so far."""
        acted, letters = 0, 0
        with reachable():
            opened = int(self._client.scard(keys.opened(campaign, call)))
            for _, raw in self._client.hscan_iter(keys.acted(campaign, call), count=1000):
                acted, letters = acted + 1, letters + int(raw.partition(b" ")[0])
        return Response(opened, acted, letters)
