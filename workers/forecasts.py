"""What is to be expected of a campaign's waiting letters: read from the ledger's counts, not from the letters."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

from workers.campaign.answers import Said
from workers.campaign.forecast import Finish, Queue, anew, as_it_stands, last_of, latest_first, mend, queues_of
from workers.campaign.model import Campaign
from workers.campaign.pace import Pace
from workers.campaign.states import State
from workers.campaign.timetable import Timetable, timetable
from workers.pacing import table_of
from workers.store import Store

#: Why a letter is held for which no time is left; every other reason is about an address.
NO_TIME = "no-time"


@dataclass(frozen=True, slots=True)
class Forecast:
    """``last`` is when the last waiting letter leaves (epoch s), None if none does or all may leave at once.

    ``unreachable``: candidate → letters held for want of an address that works, and why. ``mends``: settings with which
    every letter would find its time; {} if none is needed, or none would do.
    """

    table: Timetable | None
    waiting: int
    last: int | None
    finishes: list[Finish]
    unreachable: dict[str, tuple[int, str]]
    mends: dict[str, int]

    @property
    def timeless(self) -> int:
        """Letters for which no time is left before the end."""
        return sum(finish.timeless for finish in self.finishes)


def forecast(store: Store, campaign: Campaign, nudge_s: float, what_if: Pace | None = None) -> Forecast:
    """The forecast at the pace that stands, or what would come of another one; nothing is changed.

    A campaign that is paused is looked at as if it went on now.
    """
    now, slug = int(time.time()), campaign.slug
    standing = store.paces.find(slug)
    table = timetable(campaign, what_if) if what_if else standing.table or table_of(campaign, standing.override)
    states = store.tallies.show(slug).candidates
    reasons = store.paces.held_for(slug, _with_held(states), store.letters, store.actions)
    timeless = frozenset(candidate for candidate, reason in reasons.items() if reason == NO_TIME)
    unreachable = {
        candidate: (states[candidate][State.HELD], reason) for candidate, reason in reasons.items() if reason != NO_TIME
    }
    gathered = store.summaries.all(slug) if campaign.summary else {}
    if table is None:
        waiting = sum(counts.get(State.QUEUED, 0) for counts in states.values())
        together = _together(queues_of(states, {}, timeless, {}, {}, frozenset()), gathered)
        return Forecast(None, waiting, last_of(together), together, unreachable, {})
    is_new = what_if is not None or standing.table is None or standing.is_timing
    late = {} if is_new else store.paces.late(slug, nudge_s)
    everything = _queues(store, campaign, states, late, timeless)
    queues = [queue for queue in everything if queue.candidate not in gathered]
    finishes = anew(table, queues, now) if is_new else as_it_stands(table, queues, now)
    is_short = any(finish.timeless for finish in finishes)
    mends = mend(table, queues, now) if is_short else {}
    finishes = latest_first([*finishes, *_together(everything, gathered)])
    return Forecast(table, sum(q.letters for q in everything), last_of(finishes), finishes, unreachable, mends)


def _together(queues: list[Queue], gathered: Mapping[str, int]) -> list[Finish]:
    """The finish of those who get all that waits in their next summary."""
    found = [
        Finish(queue.candidate, queue.letters, gathered[queue.candidate])
        for queue in queues
        if queue.candidate in gathered and queue.letters
    ]
    return latest_first(found)


def _queues(
    store: Store,
    campaign: Campaign,
    states: Mapping[str, Mapping[str, int]],
    late: Mapping[str, int],
    timeless: frozenset[str],
) -> list[Queue]:
    paces, slug = store.paces, campaign.slug
    daily = frozenset() if campaign.summary else frozenset(store.answers.who(slug, Said.LESS_OFTEN))
    return queues_of(states, late, timeless, paces.newest(slug), paces.shared_domains(slug), daily)


def _with_held(states: Mapping[str, Mapping[str, int]]) -> list[str]:
    return [candidate for candidate, counts in states.items() if counts.get(State.HELD)]
