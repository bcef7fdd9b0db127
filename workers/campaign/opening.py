"""What an operator decided about when a campaign is open, and what becomes of its dates then."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from workers.campaign.model import Campaign

#: How much earlier than decided it holds: machines' clocks differ, and what is decided holds on all of them.
_SKEW = timedelta(minutes=5)

OPEN, CLOSED = "open", "closed"


@dataclass(frozen=True, slots=True)
class Opening:
    """``state`` is "open" or "closed", decided ``at`` (epoch seconds) by an operator."""

    state: str
    at: int
    by: str


def decided(campaign: Campaign, opening: Opening | None) -> Campaign:
    """The campaign with the dates that hold since. What its file says of the end holds in any case."""
    if opening is None:
        return campaign
    since = datetime.fromtimestamp(opening.at, UTC) - _SKEW
    if opening.state == OPEN:
        return replace(campaign, opens=min(campaign.opens, since))
    closes = min(campaign.closes, since)
    return replace(campaign, opens=min(campaign.opens, closes), closes=closes)
