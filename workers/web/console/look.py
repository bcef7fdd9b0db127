"""What an operator looks at: the numbers of one moment, read from counts alone, whatever the number of letters."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from msgspec import Struct

from workers.app import App
from workers.campaign.model import Campaign
from workers.campaign.tally import Tally
from workers.pulse import SILENT_S
from workers.store.keys import receipts_book
from workers.store.meters import Wait
from workers.store.pauses import Pause, covering

#: Minutes that the charts show.
MINUTES = 60
#: Unknown letters that are named, of each book.
_NAMED = 3
#: Seconds for which the costlier numbers are good.
_SLOW_S = 15.0
#: States of a letter that is still to go.
_TO_GO = ("held", "queued", "sending")


class CampaignLine(Struct, frozen=True):
    """One campaign in a line; ``minutes`` are the letters handed over in each of the last sixty minutes."""

    campaign: str
    title: str
    state: str
    contacts: int
    supporters: int
    signatories: int
    actions: int
    unconfirmed: int
    to_go: int
    due_now: int
    overdue_s: int
    per_minute: int
    per_hour: int
    paused: bool


class Book(Struct, frozen=True):
    """The letters of one mailing by state; a campaign's letters and receipts are two mailings."""

    book: str
    campaign: str
    says: str
    states: dict[str, int]
    total: int


class Queue(Struct, frozen=True):
    """The messages of one queue."""

    queue: str
    waiting: int
    working: int
    delayed: int
    dead: int
    oldest_s: int
    paused: bool


class Stop(Struct, frozen=True):
    """What is paused: ``says`` in words, ``since`` in epoch seconds."""

    scope: str
    says: str
    reason: str
    since: int
    by: str


class Doubt(Struct, frozen=True):
    """Letters of a book that may have left; ``oldest`` are ids with epoch seconds."""

    book: str
    letters: int
    old: int
    oldest: list[tuple[str, int]]


class Answer(Struct, frozen=True):
    """Provider calls that came to one outcome; ``newest`` in epoch seconds, 0 if that is not known."""

    outcome: str
    calls: int
    newest: int


class Process(Struct, frozen=True):
    """A process and its newest sign of life."""

    kind: str
    name: str
    seen_s: int
    silent: bool


class Look(Struct, frozen=True):
    """All of it; times are epoch seconds."""

    at: float
    campaigns: list[CampaignLine]
    books: list[Book]
    accepted: list[int]
    failed: list[int]
    queues: list[Queue]
    stops: list[Stop]
    doubts: list[Doubt]
    held: dict[str, dict[str, int]]
    answers: list[Answer]
    provider_hold_s: float
    in_flight: int
    callbacks: int
    callbacks_oldest_s: int
    processes: list[Process]
    clock_tick_s: int | None
    drift: dict[str, int]
    redis: dict[str, Any]


class Lookout:
    """Reads a ``Look``; what is costlier is read seldom."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._kept: dict[str, tuple[float, Any]] = {}

    def look(self) -> Look:
        """UnavailableError when the ledger is away."""
        app, store, now = self._app, self._app.store, time.time()
        books = list(_books(app.campaigns))
        names = [name for name, _, _ in books]
        totals, paused, counts = store.tallies.totals_of(names), store.pauses.all(), store.meters.counts()
        minutes = store.pulse.minutes(names, MINUTES)
        waits = store.meters.waits(list(app.campaigns))
        callbacks, callbacks_oldest_s = store.meters.callbacks()
        accepted = {name: [minute["accepted"] for minute in found] for name, found in minutes.items()}
        failed = [[_failed(minute) for minute in found] for found in minutes.values()]
        tick = store.meters.tick_age_s()
        return Look(
            at=now,
            campaigns=[
                self._line(campaign, totals[slug], waits[slug], accepted[slug], paused)
                for slug, campaign in app.campaigns.items()
            ],
            books=[_book(name, slug, says, totals[name]) for name, slug, says in books],
            accepted=_added(accepted.values()),
            failed=_added(failed),
            queues=self._slowly("queues", lambda: list(self._queues(paused)), 1.0),
            stops=[_stop(scope, pause) for scope, pause in sorted(paused.items())],
            doubts=list(self._doubts(names)),
            held=self._slowly("held", lambda: self._held(totals)),
            answers=list(_answers(counts)),
            provider_hold_s=round(store.pauses.hold_ms() / 1000, 1),
            in_flight=store.letters.claims_in_flight(),
            callbacks=callbacks,
            callbacks_oldest_s=int(callbacks_oldest_s),
            processes=list(self._processes(now)),
            clock_tick_s=None if tick is None else int(tick),
            drift={name.partition(" ")[2]: n for name, n in counts.items() if n and name.startswith("tally_drift ")},
            redis=self._slowly("redis", self._redis, 5.0),
        )

    def _slowly(self, name: str, read: Callable[[], Any], good_s: float = _SLOW_S) -> Any:
        at, found = self._kept.get(name, (-_SLOW_S, None))
        if time.monotonic() - at >= good_s:
            found = read()
            self._kept[name] = time.monotonic(), found
        return found

    def _line(
        self, campaign: Campaign, tally: Tally, wait: Wait, accepted: Sequence[int], paused: Mapping[str, Pause]
    ) -> CampaignLine:
        slug, store = campaign.slug, self._app.store
        actions, unconfirmed = self._slowly(
            f"actions {slug}", lambda: (store.actions.count(slug), store.intents.count(slug)), 2.0
        )
        stopped = any(scope in paused for scope in covering(slug))
        return CampaignLine(
            campaign=slug,
            title=campaign.title,
            state=_state(campaign, stopped=stopped),
            contacts=tally.contacts,
            supporters=tally.supporters,
            signatories=tally.signatories,
            actions=actions,
            unconfirmed=unconfirmed,
            to_go=sum(tally.letters.get(state, 0) for state in _TO_GO),
            due_now=wait.now,
            overdue_s=int(wait.late_s),
            per_minute=max(accepted[-2:]),
            per_hour=sum(accepted),
            paused=f"campaign:{slug}" in paused,
        )

    def _queues(self, paused: Mapping[str, Pause]) -> Iterator[Queue]:
        broker = self._app.broker
        for queue in sorted(broker.get_declared_queues()):
            stopped = f"queue:{queue}" in paused
            yield Queue(queue, **broker.sizes(queue), oldest_s=int(broker.oldest_s(queue)), paused=stopped)

    def _doubts(self, books: Sequence[str]) -> Iterator[Doubt]:
        unknowns = self._app.store.unknowns
        for book, doubt in unknowns.count(books, self._app.settings.upkeep.unknown_s).items():
            if doubt.letters:
                oldest = [(letter, int(at)) for letter, at in unknowns.oldest(book, _NAMED)]
                yield Doubt(book, doubt.letters, doubt.old, oldest)

    def _held(self, totals: Mapping[str, Tally]) -> dict[str, dict[str, int]]:
        waiting = [slug for slug in self._app.campaigns if totals[slug].letters.get("held")]
        return {slug: self._app.store.meters.held(slug) for slug in waiting}

    def _processes(self, now: float) -> Iterator[Process]:
        for sign in self._app.store.pulse.living():
            seen = max(0, int(now - sign.at))
            yield Process(sign.kind, sign.name, seen, seen > SILENT_S)

    def _redis(self) -> dict[str, Any]:
        says = self._app.store.meters.server()
        wrong = [name for name in ("aof_last_write_status", "aof_last_bgrewrite_status") if says.get(name) != "ok"]
        wrong += [] if says.get("aof_enabled") else ["aof_enabled"]
        return {"used": int(says["used_memory"]), "limit": int(says.get("maxmemory", 0)), "wrong": wrong}


def _books(campaigns: Mapping[str, Campaign]) -> Iterator[tuple[str, str, str]]:
    for slug in campaigns:
        yield slug, slug, "letters"
        yield receipts_book(slug), slug, "receipts"


def _book(name: str, slug: str, says: str, tally: Tally) -> Book:
    states = {state: n for state, n in tally.letters.items() if n}
    return Book(name, slug, says, states, sum(states.values()))


def _state(campaign: Campaign, *, stopped: bool) -> str:
    now = datetime.now(UTC)
    if now < campaign.opens:
        return "not open yet"
    if not campaign.is_open(now):
        return "closed"
    return "paused" if stopped else "open"


def _stop(scope: str, pause: Pause) -> Stop:
    return Stop(scope, scope_in_words(scope, pause.domain), pause.reason, pause.at, pause.by)


def scope_in_words(scope: str, domain: str = "") -> str:
    """What a scope stops."""
    kind, _, name = scope.partition(":")
    if kind == "domain":
        return f"mail to {domain or 'one domain'}"
    return {"all": "everything", "campaign": f"the campaign {name}", "queue": f"the queue {name}"}.get(
        kind, f"the mailing {name}"
    )


def _answers(counts: Mapping[str, int]) -> Iterator[Answer]:
    for name, calls in sorted(counts.items()):
        kind, _, outcome = name.partition(" ")
        if kind == "provider_calls":
            yield Answer(outcome, calls, counts.get(f"provider_newest {outcome}", 0))


def _failed(minute: Mapping[str, int]) -> int:
    return sum(minute.get(outcome, 0) for outcome in ("bounced", "rejected", "complained"))


def _added(lines: Any) -> list[int]:
    return [sum(column) for column in zip(*lines, strict=True)] or [0] * MINUTES
