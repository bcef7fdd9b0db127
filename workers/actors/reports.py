"""The journey of reports: what the provider said of deliveries, put into the ledger by precedence."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache, lru_cache
from typing import NamedTuple

from workers.broker import SERVICE, actor
from workers.campaign.events import AddressesRestored, AddressesSuppressed, Event, LettersFollowed, ReportsRecorded
from workers.campaign.ids import REHEARSAL, split_delivery_id
from workers.campaign.model import Campaign
from workers.campaign.states import State
from workers.campaign.suppression import Why
from workers.mail.reports import Report, Reported, parse
from workers.meters import Meter
from workers.store import Store
from workers.store.reports import Recorded, SoftBounces, Unread, Verdict
from workers.store.tallies import day_number


class Meaning(NamedTuple):
    """What a report means in the ledger's words: the delivery's state and why, and the health of its address."""

    state: str = "-"
    reason: str = "-"
    health: str = "-"


R = Reported
_BOUNCED = State.BOUNCED.value

#: The one table from the provider's words, with their kind, to ours; what is not here moves nothing.
MEANINGS: dict[tuple[Reported, str], Meaning] = {
    (R.PROCESSED, ""): Meaning(State.ACCEPTED.value),
    (R.DELIVERED, ""): Meaning(State.DELIVERED.value, health="delivered"),
    (R.BOUNCED, "hard"): Meaning(_BOUNCED, "hard", "hard"),
    (R.BOUNCED, "soft"): Meaning(_BOUNCED, "soft", "soft"),
    (R.BLOCKED, "blocked"): Meaning(_BOUNCED, "blocked", "soft"),
    (R.DROPPED, "refused"): Meaning(_BOUNCED, "dropped"),
    (R.DROPPED, "bounced"): Meaning(_BOUNCED, "dropped", "hard"),
    (R.DROPPED, "unsubscribed"): Meaning(_BOUNCED, "dropped", Why.UNSUBSCRIBED.value),
    (R.DROPPED, "complained"): Meaning(_BOUNCED, "dropped", Why.COMPLAINED.value),
    (R.COMPLAINED, ""): Meaning(State.COMPLAINED.value, health=Why.COMPLAINED.value),
    (R.UNSUBSCRIBED, ""): Meaning(health=Why.UNSUBSCRIBED.value),
    (R.GROUP_UNSUBSCRIBED, ""): Meaning(health=Why.GROUP_UNSUBSCRIBED.value),
    (R.GROUP_RESUBSCRIBED, ""): Meaning(health="group-resubscribed"),
}
#: What is said with these is kept for people who ask why.
_TELLING = frozenset({R.DEFERRED, R.BOUNCED, R.BLOCKED, R.DROPPED})
#: In mail that is not ours these are about a group that is not ours.
_OF_GROUPS = frozenset({R.GROUP_UNSUBSCRIBED, R.GROUP_RESUBSCRIBED})
_NOTHING = Meaning()
#: Seconds in which no time zone's day begins but at the start.
_QUARTER_S = 900


@actor(queue_name="callbacks")
def record_reports(
    campaign: str,  # noqa: ARG001 - a batch belongs to none
    callback: str,
    *,
    store: Store = SERVICE,
    campaigns: Mapping[str, Campaign] = SERVICE,
    soft_bounces: SoftBounces = SERVICE,
    meter: Meter = SERVICE,
) -> Iterator[Event]:
    """Works one batch; working it again changes nothing."""
    raw = store.callbacks.get(callback)
    if raw is None or store.pauses.went_back():
        return  # a letter that the ledger has forgotten to be posted could not take it yet: the clock brings it again
    reports, unusable = parse(raw)
    now = time.time()
    meter.late("reports_late", [now - report.at for report in reports])
    zones = _zones(campaigns)
    numbers = {slug: zones.index(one.time_zone) + 1 for slug, one in campaigns.items()}
    recorded = store.reports.record(_verdicts(reports, zones, cache(store.ids.address)), numbers, soft_bounces)
    store.reports.keep_unread([Unread(callback, one.row, one.reason, one.entry) for one in unusable])
    yield from _told(recorded)
    store.callbacks.done(callback)
    yield ReportsRecorded("", callback, len(reports), recorded.moved, len(unusable), recorded.strange)


@actor(queue_name="callbacks")
def follow_addresses(
    campaign: str,  # noqa: ARG001 - an address belongs to none
    addresses: list[str],
    *,
    store: Store = SERVICE,
    campaigns: Mapping[str, Campaign] = SERVICE,
) -> Iterator[Event]:
    """Letters that wait go to another address, are held for want of one, or are released: wherever they belong now."""
    for slug in campaigns:
        moved = store.waiting.follow_addresses([slug], addresses)
        if moved.released or moved.held or moved.withheld:
            yield LettersFollowed(slug, moved.released, moved.held, moved.withheld)


def _verdicts(reports: Sequence[Report], zones: tuple[str, ...], address_id: Callable[[str], str]) -> Iterator[Verdict]:
    for report in reports:
        if report.delivery.startswith(REHEARSAL):
            continue  # nor is the health of an address to be learnt from it
        meaning = MEANINGS.get((report.event, report.kind), _NOTHING)
        said = f"{report.kind or report.event.value} {report.reason}" if report.event in _TELLING else "-"
        if report.delivery and (meaning is not _NOTHING or said != "-"):
            group, recipient = split_delivery_id(report.delivery)
        elif meaning.health != "-" and report.event not in _OF_GROUPS:
            group = recipient = "-"
        else:
            continue
        address = address_id(report.email) if report.email and report.event is not R.DEFERRED else "-"
        days = _days(report.at // _QUARTER_S, zones)
        yield Verdict(group, recipient, meaning.state, report.at, days, meaning.reason, meaning.health, address, said)


def _told(recorded: Recorded) -> Iterator[Event]:
    if recorded.suppressed:
        yield AddressesSuppressed("", list(recorded.suppressed))
    if recorded.restored:
        yield AddressesRestored("", list(recorded.restored))


def _zones(campaigns: Mapping[str, Campaign]) -> tuple[str, ...]:
    """The zones in which days are counted; a campaign that is not on this machine counts in the last."""
    return (*sorted({one.time_zone for one in campaigns.values()}), "UTC")


@lru_cache(maxsize=4096)
def _days(quarter: int, zones: tuple[str, ...]) -> str:
    return ",".join(str(day_number(quarter * _QUARTER_S, zone)) for zone in zones)
