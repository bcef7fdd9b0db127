"""What an operator looks at: the numbers of one moment, read from counts alone, whatever the number of letters."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from msgspec import structs

from workers.app import App
from workers.campaign.mailings import Mailing, Stage
from workers.campaign.model import Campaign
from workers.campaign.tally import Tally
from workers.pulse import SILENT_S
from workers.store.keys import mailing_scope, receipts_book
from workers.store.meters import Wait
from workers.store.pauses import Pause, covering
from workers.web.console.shapes import Answer, Book, CampaignLine, Doubt, Look, Process, Queue, Stop

#: Minutes that the charts show.
MINUTES = 60
#: Unknown letters that are named, of each book.
_NAMED = 3
#: Seconds for which the costlier numbers are good.
_SLOW_S = 15.0
#: Calls and bulletins that are shown, the newest; and stages at which something of one leaves, or will.
_MAILINGS = 40
_LEAVES = (Stage.APPROVED, Stage.GATHERING, Stage.SENDING)
#: States of a letter that is still to go.
_TO_GO = ("held", "queued", "sending")


class Lookout:
    """Reads a ``Look``; what is costlier is read seldom."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._kept: dict[str, tuple[float, Any]] = {}

    def look(self) -> Look:
        """UnavailableError when the ledger is away."""
        app, store, now = self._app, self._app.store, time.time()
        mailings = self._slowly("mailings", lambda: store.mailings.of()[:_MAILINGS], 5.0)
        books = [*_letters(app.campaigns), *map(_mailing, mailings)]
        names = [book.book for book in books]
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
            books=[_counted(book, totals[book.book], paused) for book in books],
            accepted=_added(accepted.values()),
            failed=_added(failed),
            queues=self._slowly("queues", lambda: list(self._queues(paused)), 1.0),
            stops=[_stop(scope, pause) for scope, pause in sorted(paused.items())],
            doubts=list(self._doubts(names)),
            held=self._slowly("held", lambda: self._held(totals)),
            contributions=self._slowly("contributions", self._contributions),
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

    def forget(self) -> None:
        """Everything is read anew."""
        self._kept.clear()

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
            minutes=list(accepted),
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

    def _contributions(self) -> dict[str, int]:
        waiting = {slug: self._app.store.contributions.waiting(slug) for slug in self._app.campaigns}
        return {slug: number for slug, number in waiting.items() if number}

    def _processes(self, now: float) -> Iterator[Process]:
        for sign in self._app.store.pulse.living():
            seen = max(0, int(now - sign.at))
            yield Process(sign.kind, sign.name, seen, seen > SILENT_S)

    def _redis(self) -> dict[str, Any]:
        says = self._app.store.meters.server()
        wrong = [name for name in ("aof_last_write_status", "aof_last_bgrewrite_status") if says.get(name) != "ok"]
        wrong += [] if says.get("aof_enabled") else ["aof_enabled"]
        return {"used": int(says["used_memory"]), "limit": int(says.get("maxmemory", 0)), "wrong": wrong}


def _letters(campaigns: Mapping[str, Campaign]) -> Iterator[Book]:
    for slug in campaigns:
        for name, says in ((slug, "letters"), (receipts_book(slug), "receipts")):
            yield Book(name, slug, says, "", "", paused=False, states={}, total=0)


def _mailing(one: Mailing) -> Book:
    scope = mailing_scope(one.book) if one.stage in _LEAVES else ""
    says = f"{one.kind} {one.name}, {one.edition}"
    return Book(one.book, one.campaign, says, one.stage.value, scope, paused=False, states={}, total=0)


def _counted(book: Book, tally: Tally, paused: Mapping[str, Pause]) -> Book:
    states = {state: n for state, n in tally.letters.items() if n}
    is_paused = book.scope in paused
    return structs.replace(book, states=states, total=sum(states.values()), paused=is_paused)


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
    return {
        "all": "everything",
        "work": "all work: it is frozen",
        "campaign": f"the campaign {name}",
        "queue": f"the queue {name}",
    }.get(kind, f"the mailing {name}")


def _answers(counts: Mapping[str, int]) -> Iterator[Answer]:
    for name, calls in sorted(counts.items()):
        kind, _, outcome = name.partition(" ")
        if kind == "provider_calls":
            yield Answer(outcome, calls, counts.get(f"provider_newest {outcome}", 0))


def _failed(minute: Mapping[str, int]) -> int:
    return sum(minute.get(outcome, 0) for outcome in ("bounced", "rejected", "complained"))


def _added(lines: Any) -> list[int]:
    return [sum(column) for column in zip(*lines, strict=True)] or [0] * MINUTES
