"""A forecast: when the last waiting letter leaves, and which of them find no time before polling day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from workers.campaign.pace import CAP_MOST, DOMAIN_CAP_MOST
from workers.campaign.slots import Slots
from workers.campaign.timetable import HOUR, Timetable, room_of

_DAY = 24 * HOUR
_US = 1_000_000
#: Candidates whose letters say which cap would do, and caps that are tried for a domain.
_LONGEST, _TRIES = 20, 6


@dataclass(frozen=True, slots=True)
class Queue:
    """A candidate's letters that wait: ``timed`` have their slots, ``late`` missed them, ``timeless`` found none.

    ``newest`` is the candidate's last slot (µs). ``daily``: the candidate wants at most one a day.
    """

    candidate: str
    timed: int = 0
    late: int = 0
    timeless: int = 0
    newest: int | None = None
    domain: str = ""
    daily: bool = False

    @property
    def letters(self) -> int:
        return self.timed + self.late + self.timeless


@dataclass(frozen=True, slots=True)
class Finish:
    """When a candidate's last letter leaves (epoch s; None if none does), and how many find no time."""

    candidate: str
    letters: int
    last: int | None
    timeless: int = 0


def as_it_stands(table: Timetable, queues: list[Queue], now: int) -> list[Finish]:
    """The finish of each candidate by the slots that were given; latest first. Late letters go behind them."""
    slots = _slots(table, queues)
    return latest_first(_stands(slots, queue, now) for queue in queues if queue.letters)


def anew(table: Timetable, queues: list[Queue], now: int) -> list[Finish]:
    """The same if everything got new times now; latest first.

    Letters to candidates at one shared domain take turns, as they do when supporters write to all of them; the order in
    which they really came may move one candidate's finish before another's, not the domain's.
    """
    rested = [replace(queue, newest=_rested(queue.newest, now)) for queue in queues if queue.letters]
    groups = {domain: group for domain, group in _groups(rested).items() if _can_be_full(table, group)}
    slots = _slots(table, [queue if queue.domain in groups else replace(queue, domain="") for queue in rested])
    finishes = [_alone(slots, queue, now) for queue in rested if queue.domain not in groups]
    for group in groups.values():
        finishes += _together(slots, group, now)
    return latest_first(finishes)


def mend(table: Timetable, queues: list[Queue], now: int) -> dict[str, int]:
    """Caps at which every letter leaves before the end, those that need to change; {} if none would do."""
    longest = sorted((replace(queue, domain="") for queue in queues), key=lambda queue: -queue.letters)[:_LONGEST]
    cap = _least(table.cap, CAP_MOST, lambda n: not _timeless(anew(replace(table, cap=n), longest, now)))
    fits = replace(table, cap=cap)
    domain_cap = max((_domain_cap(fits, group, now) for group in _groups(queues).values()), default=table.domain_cap)
    for _ in range(_TRIES):
        fits = replace(fits, domain_cap=max(table.domain_cap, min(DOMAIN_CAP_MOST, domain_cap)))
        if not _timeless(anew(fits, queues, now)):
            found = {"cap": (cap, table.cap), "domain_cap": (fits.domain_cap, table.domain_cap)}
            return {name: new for name, (new, old) in found.items() if new != old}
        domain_cap += domain_cap // 10 + 1
    return {}


def _domain_cap(table: Timetable, group: list[Queue], now: int) -> int:
    """The least cap of a domain at which the hours that are left have room for all its letters."""
    letters = sum(queue.letters for queue in group)
    hours = range(table.hour(max(now, table.opens)), table.hour(table.ends - 1) + 1)
    return _least(
        1,
        DOMAIN_CAP_MOST,
        lambda n: sum(map(replace(table, domain_cap=n).domain_room, hours)) >= letters,
    )


def _groups(queues: list[Queue]) -> dict[str, list[Queue]]:
    """The queues of each domain that several candidates share."""
    groups: dict[str, list[Queue]] = defaultdict(list)
    for queue in queues:
        if queue.domain and queue.letters:
            groups[queue.domain].append(queue)
    return groups


def _can_be_full(table: Timetable, group: list[Queue]) -> bool:
    """Whether the candidates of a domain can ever fill an hour of it: else none of them waits for another."""
    shares = {share for _, row in table.segments for share in row if share}
    return any(len(group) * room_of(table.cap, share) > room_of(table.domain_cap, share) for share in shares)


def _slots(table: Timetable, queues: list[Queue]) -> Slots:
    newest = {queue.candidate: queue.newest for queue in queues if queue.newest is not None}
    return Slots(table, newest, {queue.candidate: queue.domain for queue in queues if queue.domain})


def _stands(slots: Slots, queue: Queue, now: int) -> Finish:
    last = max(now, (queue.newest or 0) // _US) if queue.timed else None
    fits, later = _many(slots, queue.candidate, now, queue.late)
    finish = Finish(queue.candidate, queue.letters, later or last, queue.timeless + queue.late - fits)
    return _daily(slots.table, queue, finish, now)


def _alone(slots: Slots, queue: Queue, now: int) -> Finish:
    fits, last = slots.reserve_many(queue.candidate, now, queue.letters)
    return _daily(slots.table, queue, Finish(queue.candidate, queue.letters, last, queue.letters - fits), now)


def _many(slots: Slots, candidate: str, now: int, letters: int) -> tuple[int, int | None]:
    if candidate not in slots.domains:
        return slots.reserve_many(candidate, now, letters)
    found = [at for _ in range(letters) if (at := slots.reserve(candidate, now)) is not None]
    return len(found), found[-1] if found else None


def _together(slots: Slots, group: list[Queue], now: int) -> Iterator[Finish]:
    """Whoever waits with more letters has its turn more often."""
    turns = sorted((n / queue.letters, i) for i, queue in enumerate(group) for n in range(queue.letters))
    last: list[int | None] = [None] * len(group)
    fits = [0] * len(group)
    for _, i in turns:
        at = slots.reserve(group[i].candidate, now)
        if at is not None:
            last[i], fits[i] = at, fits[i] + 1
    for i, queue in enumerate(group):
        finish = Finish(queue.candidate, queue.letters, last[i], queue.letters - fits[i])
        yield _daily(slots.table, queue, finish, now)


def _daily(table: Timetable, queue: Queue, finish: Finish, now: int) -> Finish:
    """The finish of one who gets at most a letter a day, whatever the pace allows."""
    if not queue.daily or finish.last is None:
        return finish
    begins = max(now, table.opens)
    days = max(0, (table.ends - 1 - begins) // _DAY)
    fits = min(finish.letters, days + 1)
    last = max(finish.last, begins + (fits - 1) * _DAY) if fits == finish.letters else begins + days * _DAY
    return replace(finish, last=last, timeless=max(finish.timeless, finish.letters - fits))


def _rested(newest: int | None, now: int) -> int | None:
    return None if newest is None else min(newest, now * _US)


def latest_first(finishes: Iterator[Finish] | list[Finish]) -> list[Finish]:
    """In the order in which they are shown: who finds no time, then who waits longest."""
    return sorted(finishes, key=lambda finish: (-finish.timeless, -(finish.last or 0), finish.candidate))


def _timeless(finishes: list[Finish]) -> int:
    return sum(finish.timeless for finish in finishes)


def _least(low: int, high: int, does: Callable[[int], bool]) -> int:
    """The least number from ``low`` to ``high`` that does, if each that is larger does as well."""
    step = low
    while step < high and not does(step):
        low, step = step + 1, min(high, step * 2)
    while low < step:
        middle = (low + step) // 2
        low, step = (low, middle) if does(middle) else (middle + 1, step)
    return low


def last_of(finishes: list[Finish]) -> int | None:
    """When the last letter of all leaves; None if none does."""
    return max((finish.last for finish in finishes if finish.last is not None), default=None)


def queues_of(
    states: Mapping[str, Mapping[str, int]],
    late: Mapping[str, int],
    timeless: frozenset[str],
    newest: Mapping[str, int],
    domains: Mapping[str, str],
    daily: frozenset[str],
) -> list[Queue]:
    """What waits, by candidate: ``states`` are the tally's counts; held letters of ``timeless`` ones want for time."""
    found = []
    for candidate, counts in states.items():
        queued, held = counts.get("queued", 0), counts.get("held", 0) if candidate in timeless else 0
        behind = min(queued, late.get(candidate, 0))
        if queued or held:
            found.append(
                Queue(
                    candidate,
                    queued - behind,
                    behind,
                    held,
                    newest.get(candidate),
                    domains.get(candidate, ""),
                    candidate in daily,
                )
            )
    return found
