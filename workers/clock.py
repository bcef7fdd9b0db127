"""The clock: moves what is due from the ledger into the queue. Any number may run; each due thing is taken by one."""

from __future__ import annotations

import threading
import time
from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, datetime

import structlog

from workers import breakers, editions, pacing
from workers.app import App
from workers.campaign.events import (
    ActionTaken,
    CharterSigned,
    Event,
    IntentsKept,
    LettersDue,
    LettersUndelivered,
    ReceiptsDue,
    ReportsReceived,
    SignatureReceived,
    SummariesDue,
    WritersDue,
)
from workers.campaign.mailing_events import CopiesDue, MailingDue
from workers.campaign.mailings import Mailing
from workers.campaign.model import Campaign
from workers.errors import UnavailableError
from workers.freezing import Freeze
from workers.store.callbacks import SIGNATURE
from workers.store.keys import queue_scope
from workers.store.mailings import campaign_of
from workers.store.pauses import covering, covering_mailing
from workers.upkeep import Upkeep

log = structlog.get_logger()

#: Ticks between looks for claims whose sender fell silent, and for callbacks that nobody worked.
_SELDOM = 10
#: When much is due at once, such as the first letters of a morning, a message may hold so many times more actions.
_CROWD = 8
#: Candidates who get their summary in one look.
_SUMMARIES = 100
#: Supporters answered in one look.
_ANSWERS = 500
#: Messages of calls and bulletins that may wait for a worker, and orders in each: letters come first, and soon.
_MAILINGS, _ORDERS = 24, 2
#: Copies in a second for which one order more is looked at.
_RATE = 250
#: Seconds that upkeep gets to end what it is at; it can be left at any point.
_GRACE_S = 2.0
#: Seconds between looks at the schedules of bulletins.
_SCHEDULES_S = 20.0
#: Seconds between looks at the breakers.
_BREAKERS_S = 1.0
#: Seconds between notes for those who watch whether a clock lives.
_SEEN_S = 5.0


class Clock:
    """One tick after the other until asked to stop."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._options = app.settings.clock
        self._away = False
        self._looked = self._seen = -_SEEN_S
        self._scheduled = -_SCHEDULES_S
        self._running: list[Mailing] = []
        self._freeze = Freeze(app.store)

    def run(self, asked: threading.Event) -> None:
        """Ticks faster while there is something to move; says once that the ledger is away, or back."""
        log.info("clock.started", tick_ms=self._options.tick_ms)
        upkeep = threading.Thread(target=Upkeep(self._app).run, args=(asked,), name="upkeep", daemon=True)
        upkeep.start()
        self._run(asked)
        upkeep.join(_GRACE_S)
        log.info("clock.stopped")

    def _run(self, asked: threading.Event) -> None:
        ticks, published = 0, False
        while not asked.wait(self._options.tick_ms / 1000):
            try:
                if not published:
                    self._app.campaigns.look()
                    pacing.publish(self._app.store, self._app.campaigns.values())
                    published = True
                while self.tick(seldom=ticks % _SELDOM == 0) and not asked.is_set():
                    ticks += 1
                self._back()
            except UnavailableError as error:
                self._gone(error)
            ticks += 1

    def tick(self, *, seldom: bool = True) -> int:
        """Moves what is due now; how many messages that made. Nothing, while all work is frozen."""
        if self._freeze.look():
            self._be_seen()
            return 0
        if seldom:
            self._expire()
        self._app.lookout.look()
        self._app.campaigns.look()
        self._look_at_breakers()
        self._be_seen()
        due = self._app.store.agenda.due(self._app.campaigns, letters_only=not seldom)
        if not due and not seldom and not self._running:
            return 0
        paused = self._app.store.pauses.all()
        held = self._app.store.pauses.hold_ms() > 0
        moved = 0
        for campaign in self._app.campaigns.values():
            if campaign.slug not in due:
                continue
            stopped = held or any(scope in paused for scope in covering(campaign.slug))
            moved += self._publish(self._due(campaign, sending=not stopped))
            if seldom and not stopped:
                moved += self._publish(self._summaries(campaign))
                moved += self._publish(self._answers(campaign))
        if seldom and queue_scope("callbacks") not in paused:
            moved += self._publish(self._callbacks())
        if seldom:
            self._running = self._app.store.mailings.worked()
            moved += self._publish(self._mailings())
        if not held:
            moved += self._publish(self._copies(paused))
        return moved

    def _be_seen(self) -> None:
        if time.monotonic() - self._seen >= _SEEN_S:
            self._seen = time.monotonic()
            self._app.store.meters.ticked()

    def _look_at_breakers(self) -> None:
        if time.monotonic() - self._looked >= _BREAKERS_S:
            self._looked = time.monotonic()
            campaigns = self._app.campaigns
            mailings = {one.book: campaigns[one.campaign] for one in self._running if one.campaign in campaigns}
            breakers.look(self._app.store, {**campaigns, **mailings})

    def _publish(self, events: Iterator[Event]) -> int:
        n = 0
        for event in events:
            self._app.publish(event)
            n += 1
        return n

    def _due(self, campaign: Campaign, *, sending: bool) -> Iterator[Event]:
        agenda, options = self._app.store.agenda, self._options
        nudge_ms = int(options.nudge_s * 1000)
        room = max(0, options.backlog - self._app.broker.backlog("letters"))
        unwritten = agenda.due_unwritten(campaign.slug, room * options.batch, nudge_ms) if room else []
        for batch in _batches(unwritten, options.batch):
            yield ActionTaken(campaign.slug, batch)
        if room and sending and campaign.is_open(datetime.now(UTC)):
            messages = max(1, room // 2)
            due = agenda.due_actions(campaign.slug, messages * options.batch * _CROWD, nudge_ms)
            for batch in _batches(due, max(options.batch, -(-len(due) // messages))):
                yield LettersDue(campaign.slug, batch)

    def _summaries(self, campaign: Campaign) -> Iterator[Event]:
        """Mails with all that waits for a candidate; none any more where the campaign is over, or does not allow it."""
        store, options, now = self._app.store, self._options, datetime.now(UTC)
        if campaign.summary is None or (now > campaign.opens and not campaign.is_open(now)):
            if store.summaries.end_all(campaign.slug):
                log.info("summaries.ended", campaign=campaign.slug)
        elif campaign.is_open(now) and self._app.broker.backlog("letters") < options.backlog:
            due = store.agenda.due_summaries(campaign.slug, _SUMMARIES, int(options.nudge_s * 1000))
            yield from (SummariesDue(campaign.slug, [candidate]) for candidate in due)

    def _answers(self, campaign: Campaign) -> Iterator[Event]:
        """What supporters and signatories are to hear, whether the campaign is still open or not."""
        store, options = self._app.store, self._options
        if self._app.broker.backlog("letters") >= options.backlog:
            return
        nudge_ms = int(options.nudge_s * 1000)
        for batch in _batches(store.agenda.due_undelivered(campaign.slug, _ANSWERS, nudge_ms), options.batch):
            yield LettersUndelivered(campaign.slug, batch)
        for batch in _batches(store.agenda.due_intents(campaign.slug, _ANSWERS, nudge_ms), options.batch):
            yield IntentsKept(campaign.slug, batch)
        for candidate in store.agenda.due_signed(campaign.slug, _ANSWERS, nudge_ms):
            yield CharterSigned(campaign.slug, candidate)
        for candidate, actions in store.agenda.due_late(campaign.slug, _ANSWERS, nudge_ms).items():
            yield WritersDue(campaign.slug, candidate, actions)
        book = store.receipts.book(campaign.slug)
        for batch in _batches(store.agenda.due_actions(book, _ANSWERS, nudge_ms), options.batch):
            yield ReceiptsDue(campaign.slug, batch)

    def _mailings(self) -> Iterator[Event]:
        """Calls and bulletins whose next step is due; where nobody works, no more than so many words of it pile up."""
        if self._app.broker.backlog("bulletins") >= self._options.backlog:
            return
        if time.monotonic() - self._scheduled >= _SCHEDULES_S:
            self._scheduled = time.monotonic()
            yield from editions.due(self._app.store, self._app.bulletins().values(), self._app.campaigns)
        for book in self._app.store.agenda.due_mailings(_ANSWERS, int(self._options.nudge_s * 1000)):
            if campaign_of(book) in self._app.campaigns:
                yield MailingDue(book)

    def _copies(self, paused: Collection[str]) -> Iterator[Event]:
        """Orders of calls and bulletins that may leave; few at a time: letters are not to be kept waiting."""
        for mailing in self._running:
            room = max(0, _MAILINGS - self._app.broker.backlog("bulletins"))
            stopped = any(scope in paused for scope in covering_mailing(mailing.book))
            if not room or stopped or mailing.campaign not in self._app.campaigns:
                continue
            limit = room * _ORDERS
            if mailing.speed.per_second:
                limit = min(limit, 1 + int(mailing.speed.per_second // _RATE))
            due = self._app.store.agenda.due_actions(mailing.book, limit, int(self._options.nudge_s * 1000))
            for batch in _batches(due, _ORDERS):
                yield CopiesDue(mailing.book, batch)

    def _callbacks(self) -> Iterator[Event]:
        if self._app.broker.backlog("callbacks") >= self._options.backlog:
            return
        for callback in self._app.store.agenda.due_callbacks(100, int(self._options.nudge_s * 1000)):
            kind = SignatureReceived if callback.startswith(SIGNATURE) else ReportsReceived
            yield kind("", callback)

    def _expire(self) -> None:
        for action, campaign, letters in self._app.store.letters.expire_claims():
            log.warning("claims.expired", campaign=campaign, action=action, letters=letters)

    def _gone(self, error: UnavailableError) -> None:
        if not self._away:
            log.error("ledger.away", reason=str(error))
        self._away = True

    def _back(self) -> None:
        if self._away:
            log.info("ledger.back")
        self._away = False


def _batches(actions: Sequence[str], size: int) -> Iterator[list[str]]:
    for start in range(0, len(actions), size):
        yield list(actions[start : start + size])
