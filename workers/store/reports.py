"""What the provider says back, put into the ledger by precedence, never by arrival."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from workers.campaign.ids import split_delivery_id
from workers.store import keys
from workers.store.scripts import Argument, Client, Scripts, reachable

#: Reports moved by one call of the script: a few milliseconds of the server's time.
_CHUNK = 200


@dataclass(frozen=True, slots=True)
class Verdict:
    """One report in the ledger's words: ``state`` "" moves nothing; ``address`` (an id) is to be suppressed, or ""."""

    delivery: str
    state: str
    at: int
    reason: str = "-"
    address: str = ""


class Reports:
    """Reports of all campaigns."""

    def __init__(self, client: Client, scripts: Scripts) -> None:
        self._client = client
        self._scripts = scripts

    def campaigns_of(self, deliveries: Sequence[str]) -> dict[str, str]:
        """Delivery id → campaign; those that the ledger does not know are left out."""
        groups = {delivery: group for delivery in deliveries if (group := _group(delivery))}
        with reachable():
            pipeline = self._client.pipeline(transaction=False)
            for group in groups.values():
                pipeline.hget(keys.deliveries(group), "mailing")
            found = pipeline.execute() if groups else []
        named = zip(groups, found, strict=True)
        return {delivery: raw.decode().partition(":")[2] for delivery, raw in named if raw is not None}

    def record(self, campaign: str, verdicts: Sequence[tuple[Verdict, int]]) -> tuple[int, int]:
        """Applies verdicts, each with the day it counts on (days since 1970); how many moved, how many suppressed."""
        moved = suppressed = 0
        for start in range(0, len(verdicts), _CHUNK):
            args: list[Argument] = [campaign]
            for verdict, day in verdicts[start : start + _CHUNK]:
                group, recipient = split_delivery_id(verdict.delivery)
                args += [group, recipient, verdict.state, verdict.at, day, verdict.reason or "-", verdict.address]
            found = self._scripts.call("record_reports", [keys.SUPPRESSIONS], args)
            moved, suppressed = moved + found[0], suppressed + found[1]
        return moved, suppressed


def by_campaign(verdicts: Sequence[Verdict], campaigns: dict[str, str]) -> dict[str, list[Verdict]]:
    """The verdicts of each campaign, without those on deliveries nobody knows."""
    sorted_out: dict[str, list[Verdict]] = defaultdict(list)
    for verdict in verdicts:
        if verdict.delivery in campaigns:
            sorted_out[campaigns[verdict.delivery]].append(verdict)
    return sorted_out


def _group(delivery: str) -> str:
    try:
        return split_delivery_id(delivery)[0]
    except ValueError:
        return ""
