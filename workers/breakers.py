"""The breakers: a campaign whose letters come to no good is paused within a second or two."""

from __future__ import annotations

from collections.abc import Collection

import structlog

from workers.campaign.breaker import tripped
from workers.campaign.model import Campaign
from workers.store import Store

log = structlog.get_logger()


def look(store: Store, campaigns: Collection[Campaign]) -> None:
    """Pauses each campaign whose rates are too high; any number of processes may look at the same time."""
    windows = store.windows.read({campaign.slug: campaign.breaker.window_minutes for campaign in campaigns})
    for campaign in campaigns:
        breaker, window = campaign.breaker, windows[campaign.slug]
        rate = tripped(breaker, window.counts)
        if rate and store.windows.open_breaker(campaign.slug, window, rate.reason(breaker)):
            log.error(
                "breaker.opened",
                campaign=campaign.slug,
                reason=rate.reason(breaker),
                setting=f"breaker.{rate.outcome}",
                letters=rate.n,
                of=rate.of,
                share=round(rate.share, 4),
                limit=rate.limit,
            )
