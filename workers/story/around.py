"""What surrounds every letter of a campaign just now: its zone, and what keeps queued letters from leaving."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from workers.campaign.answers import Said
from workers.campaign.model import Campaign
from workers.store import Store
from workers.store.keys import domain_scope
from workers.store.pauses import covering
from workers.story.telling import Step, clock

#: Seconds after which a letter that is due and hindered by nothing should have left.
_SOON_S = 60


@dataclass(frozen=True)
class Around:
    """The ledger and the campaigns of this machine, as they stand."""

    store: Store
    campaigns: Mapping[str, Campaign]

    def zone(self, slug: str) -> str:
        """The campaign's time zone; UTC for one that has no file here."""
        return self.campaigns[slug].time_zone if slug in self.campaigns else "UTC"

    def waiting(self, slug: str, candidate: str, due: float, *, why: str = "") -> tuple[list[str], list[Step]]:
        """Why a queued letter has not left yet, and what can be done about it."""
        now, zone = time.time(), self.zone(slug)
        because = f" ({why})" if why else ""
        if due > now:
            said = [f"queued. It waits for its turn, which is due at {clock(due, zone)}{because}."]
        else:
            said = [f"queued. It may leave since {clock(due, zone)}{because}."]
        hindered, steps = self._hindrances(slug, candidate)
        hindered += self._gathered(slug, candidate)
        if due < now - _SOON_S and not hindered:
            hindered = ["Nothing hinders it, and it has not left: do a clock and a worker run?"]
            steps = [Step("Look at the queues", "mobilise queues show"), Step("Look at the set-up", "mobilise check")]
        return said + hindered, steps

    def _gathered(self, slug: str, candidate: str) -> list[str]:
        """Whether the candidate gets less mail than letters."""
        if next_at := self.store.summaries.all(slug).get(candidate):
            return [f"The candidate gets one mail a day: the next summary is due at {clock(next_at, self.zone(slug))}."]
        if any(answer.said is Said.LESS_OFTEN for answer in self.store.answers.of(slug, candidate)):
            return ["The candidate wants at most one letter a day."]
        return []

    def _hindrances(self, slug: str, candidate: str) -> tuple[list[str], list[Step]]:
        said, steps = [], []
        pauses = self.store.pauses.all()
        at = domain_scope(self.store.candidates.domain(slug, candidate))
        for scope in (scope for scope in (*covering(slug), at) if scope in pauses):
            why = pauses[scope]
            by = f", by {why.by}" if why.by else ""
            where = f"mail to {why.domain}" if why.domain else scope
            said.append(f"Paused: {where}, since {clock(why.at, self.zone(slug))}{by}: {why.reason}.")
            steps.append(Step("When the cause is mended", _resume(scope, why.domain)))
        if hold := self.store.pauses.hold_ms():
            said.append(f"The provider asked to be left alone for another {hold / 1000:.0f} s.")
        campaign = self.campaigns.get(slug)
        if campaign is None:
            said.append("This machine has no file of its campaign.")
        elif not campaign.is_open(datetime.now(UTC)):
            opens, closes = (
                clock(moment.timestamp(), campaign.time_zone) for moment in (campaign.opens, campaign.closes)
            )
            said.append(f"The campaign is not open: it opens on {opens} and closes on {closes}.")
            steps.append(Step("To open it now", f"mobilise campaigns open {slug}"))
        return said, steps


def _resume(scope: str, domain: str) -> str:
    kind, _, name = scope.partition(":")
    if domain:
        return f"mobilise domains resume {domain}"
    return f"mobilise queues resume {name}" if kind == "queue" else f"mobilise campaigns resume {name or scope}"
