"""Who signed: one signature for each candidate and campaign, by whatever way and however often it arrives."""

from __future__ import annotations

import msgspec

from workers.campaign.signature import Signature
from workers.store import keys
from workers.store.scripts import Argument, Client, Scripts, reachable

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Signature).decode


class Signatures:
    """The signatures of all campaigns."""

    def __init__(self, client: Client, scripts: Scripts) -> None:
        self._client = client
        self._scripts = scripts

    def record(self, campaign: str, signature: Signature, webhook: str = "") -> bool:
        """Whether this made a new signatory; ``webhook`` is the sender's id for it, seen once."""
        args: list[Argument] = [campaign, signature.candidate, signature.at, webhook, _encode(signature)]
        return bool(self._scripts.call("record_signature", _keys(campaign), args))

    def withdraw(self, campaign: str, candidate: str, at: int, webhook: str = "") -> bool:
        """Whether this took a signature back; one given after ``at`` (epoch seconds) stays."""
        args: list[Argument] = [campaign, candidate, at, webhook]
        return bool(self._scripts.call("withdraw_signature", _keys(campaign), args))

    def all(self, campaign: str) -> dict[str, Signature]:
        """Every signature by candidate."""
        with reachable():
            found = self._client.hgetall(keys.signatures(campaign))
        return {candidate.decode(): _decode(raw) for candidate, raw in found.items()}


def _keys(campaign: str) -> list[str]:
    named = keys.signatures(campaign), keys.withdrawals(campaign), keys.webhooks(campaign), keys.tally(campaign)
    return list(named)
