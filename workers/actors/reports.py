"""The journey of reports: what the provider said of deliveries, put into the ledger by precedence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from workers.broker import SERVICE, actor
from workers.campaign.events import Event, ReportsRecorded
from workers.campaign.model import Campaign
from workers.campaign.states import State
from workers.mail.reports import Report, Reported, parse
from workers.store import Store
from workers.store.reports import Verdict, by_campaign
from workers.store.tallies import day_number

#: The one table from the provider's word to a delivery's state; what is not here moves nothing.
STATES = {
    Reported.PROCESSED: State.ACCEPTED,
    Reported.DELIVERED: State.DELIVERED,
    Reported.BOUNCED: State.BOUNCED,
    Reported.BLOCKED: State.BOUNCED,
    Reported.DROPPED: State.BOUNCED,
    Reported.COMPLAINED: State.COMPLAINED,
}
#: Words after which an address is not mailed any more, in any campaign.
SUPPRESSING = frozenset({Reported.COMPLAINED, Reported.UNSUBSCRIBED, Reported.GROUP_UNSUBSCRIBED})


@actor(queue_name="callbacks")
def record_reports(
    campaign: str,  # noqa: ARG001 - a batch belongs to none
    callback: str,
    *,
    store: Store = SERVICE,
    campaigns: Mapping[str, Campaign] = SERVICE,
) -> Iterator[Event]:
    """Works one batch; working it again changes nothing."""
    raw = store.callbacks.get(callback)
    if raw is None:
        return
    reports, unread = parse(raw)
    verdicts = [_verdict(report, store) for report in reports if report.delivery]
    known = by_campaign(verdicts, store.reports.campaigns_of([verdict.delivery for verdict in verdicts]))
    moved = 0
    for slug, of_campaign in known.items():
        zone = campaigns[slug].time_zone if slug in campaigns else "UTC"
        moved += store.reports.record(slug, [(verdict, day_number(verdict.at, zone)) for verdict in of_campaign])[0]
    store.callbacks.done(callback)
    yield ReportsRecorded("", callback, len(reports), moved, len(unread))


def _verdict(report: Report, store: Store) -> Verdict:
    suppress = report.event in SUPPRESSING or (report.event is Reported.BOUNCED and report.kind == "hard")
    address = store.ids.address(report.email) if suppress and report.email else ""
    state = STATES.get(report.event)
    return Verdict(report.delivery, state.value if state else "", report.at, _reason(report), address)


def _reason(report: Report) -> str:
    return " ".join(filter(None, [report.event.value, report.kind]))
