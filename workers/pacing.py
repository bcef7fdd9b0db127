"""Setting the pace: what the campaign file says, unless an operator said otherwise while it runs."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import structlog

from workers.campaign.model import Campaign
from workers.campaign.pace import Pace
from workers.campaign.timetable import Timetable, timetable
from workers.errors import UnavailableError
from workers.openings import Campaigns
from workers.store import Store
from workers.store.paces import Standing

log = structlog.get_logger()

#: How an operator's pace follows from what stands; None takes it back.
Choice = Callable[[Pace | None], Pace | None]


def publish(store: Store, campaigns: Iterable[Campaign]) -> None:
    """Makes the ledger say what the files say, where no operator set another pace; changes nothing that is right."""
    for campaign in campaigns:
        _set(store, campaign, lambda override: override)


def publish_if_reachable(store: Store, campaigns: Campaigns) -> None:
    """The same for a process that can begin without the ledger: a clock does it when it is back."""
    try:
        campaigns.look()
        publish(store, campaigns.values())
    except UnavailableError as error:
        log.error("ledger.away", reason=str(error))


def change(store: Store, campaign: Campaign, choice: Choice, *, anew: bool = False) -> Standing:
    """Sets or takes back an operator's pace, for all processes at once; ``anew`` times what waits even if it stays."""
    return _set(store, campaign, choice, anew=anew)


def table_of(campaign: Campaign, override: Pace | None) -> Timetable | None:
    """The timetable that should stand; None for a campaign without a pace."""
    pace = override or campaign.pace
    return timetable(campaign, pace) if pace else None


def _set(store: Store, campaign: Campaign, choice: Choice, *, anew: bool = False) -> Standing:
    while True:
        was = store.paces.find(campaign.slug)
        override = choice(was.override)
        table = table_of(campaign, override)
        if not anew and (table, override) == (was.table, was.override):
            return was
        if store.paces.put(campaign.slug, table, override, seen=was.version):
            pace = override or campaign.pace
            log.info("pace.set", campaign=campaign.slug, cap=pace.cap if pace else 0, by_hand=override is not None)
            return store.paces.find(campaign.slug)
