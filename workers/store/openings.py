"""What operators decided about when campaigns are open, for all processes."""

from __future__ import annotations

import msgspec

from workers.campaign.opening import Opening
from workers.store import keys
from workers.store.scripts import Client, Scripts, reachable

_decode = msgspec.json.Decoder(Opening).decode


class Openings:
    """One decision for each campaign: the newest."""

    def __init__(self, client: Client, scripts: Scripts) -> None:
        self._client = client
        self._scripts = scripts

    def all(self) -> dict[str, Opening]:
        """Every decision that holds, by campaign."""
        with reachable():
            found = self._client.hgetall(keys.OPENINGS)
        return {slug.decode(): _decode(raw) for slug, raw in found.items()}

    def decide(self, campaign: str, state: str, by: str) -> None:
        """Keeps a decision: ``campaign.opening.OPEN`` or ``CLOSED``, or "" to go by the campaign's file again."""
        self._scripts.call("decide_opening", [keys.OPENINGS], [campaign, state, by])
