"""The breakers: a campaign or mailing whose letters or copies come to no good is paused within a second or two."""

from __future__ import annotations

from collections.abc import Mapping

import structlog

from workers.campaign.breaker import tripped
from workers.campaign.model import Campaign
from workers.store import Store

log = structlog.get_logger()


def look(store: Store, books: Mapping[str, Campaign]) -> None:
    """Pauses each book whose rates are too high; any number of processes may look at the same time.

    A book is a campaign's letters or a mailing: both are held to the campaign's numbers.
    """
    windows = store.windows.read({book: campaign.breaker.window_minutes for book, campaign in books.items()})
    for book, campaign in books.items():
        breaker, window = campaign.breaker, windows[book]
        rate = tripped(breaker, window.counts)
        if rate and store.windows.open_breaker(book, window, rate.reason(breaker)):
            log.error(
                "breaker.opened",
                campaign=book,
                reason=rate.reason(breaker),
                setting=f"breaker.{rate.outcome}",
                letters=rate.n,
                of=rate.of,
                share=round(rate.share, 4),
                limit=rate.limit,
            )
