"""Upkeep: finds what the queue lost, ends what is over, and says what looks wrong. Any number may run; one acts."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime

import structlog

from workers.app import App
from workers.campaign.mailings import Stage, of_book
from workers.campaign.model import Campaign
from workers.campaign.states import State
from workers.campaign.tally import Difference
from workers.errors import UnavailableError
from workers.freezing import Freeze
from workers.store.keys import receipts_book
from workers.store.mailings import campaign_of

log = structlog.get_logger()

#: Seconds between two rounds, between two passes over all keys, and between looks at what waits.
_ROUND_S, _KEYS_S, _WAITING_S = 1.0, 600.0, 30.0
#: Seconds between looks whether a campaign's letters are to be timed anew.
_RETIME_S = 2.0
#: Seconds in which a campaign that has closed may be worked without a pause.
_BUDGET_S = 0.5
#: Keys looked at in one round.
_KEYS = 1_000
#: Seconds until the first recount: a clock that has just begun has work to move.
_FIRST_DRIFT_S = 300.0
#: Seconds after which the same warning may be said again.
_QUIET_S = 3600.0
#: Seconds after which a callback should have been worked, whatever happened.
_UNWORKED_S = 900.0
#: Days for which a call or bulletin that started is recounted, and for which its unknown copies are warned about.
_LATELY_DAYS, _DOUBT_DAYS = 2.0, 14.0
#: So many fewer orders of a mailing than actions are looked at in one round.
_ACTIONS_PER_ORDER = 25
#: Differences named in one line of the log.
_NAMED = 20


class Upkeep:
    """One round after the other until asked to stop, in a thread of its own: a recount must not hold up the clock."""

    def __init__(self, app: App) -> None:
        self._app, self._store, self._options = app, app.store, app.settings.upkeep
        self._freeze = Freeze(app.store)
        self._rests: dict[str, float] = {}  # job → when it may begin again, on this process's own monotonic clock

    def run(self, asked: threading.Event) -> None:
        """Rounds until ``asked``. A ledger that is away is the clock's to tell."""
        while not asked.wait(_ROUND_S):
            self._try(self.round)

    def round(self) -> None:
        """Does every job that is due, unless another clock does this round; a job that fails stops no other."""
        if self._freeze.look() or not self._store.turns.take("upkeep", _ROUND_S * 0.9):
            return
        self._app.campaigns.look()
        for campaign in self._app.campaigns.values():
            if self._is_due(f"retime:{campaign.slug}", _RETIME_S):
                self._try(self.retime, campaign)
            for book in _books(campaign.slug):
                if self._is_due(f"sweep:{book}"):
                    self._try(self.sweep, campaign, book)
                if self._is_due(f"drift:{book}", self._options.drift_s, _FIRST_DRIFT_S):
                    self._try(self._drift_in_turn, book)
        self._try(self.look_after_mailings)
        if self._is_due("keys"):
            self._try(self.look_at_keys)
        if self._is_due("waiting", _WAITING_S):
            self._try(self.look_at_what_waits)

    def look_after_mailings(self) -> None:
        """Calls and bulletins: those that leave are held against the ledger, those of late are recounted."""
        for mailing in self._store.mailings.worked():
            campaign = self._app.campaigns.get(mailing.campaign)
            if campaign and self._is_due(f"sweep:{mailing.book}"):
                self._try(self.sweep, campaign, mailing.book)
        if self._is_due("drift:mailings", self._options.drift_s, _FIRST_DRIFT_S):
            for mailing in self._store.mailings.lately(_LATELY_DAYS):
                self._try(self._drift_in_turn, mailing.book)

    def retime(self, campaign: Campaign) -> None:
        """Times what waits at a new pace, if nobody else has: none of it leaves before."""
        give_up, letters, without = time.monotonic() + _BUDGET_S, 0, 0
        while (step := self._store.paces.retime(campaign.slug)) and time.monotonic() < give_up:
            letters, without = letters + step.letters, without + step.without_time
        if letters or without:
            log.info("letters.retimed", campaign=campaign.slug, letters=letters, without_time=without)
        if step:
            self._rest(f"retime:{campaign.slug}", 0.0)

    def sweep(self, campaign: Campaign, book: str = "") -> None:
        """Holds the next actions of the pass against the ledger; all that are left, once nothing may leave any more.

        ``book`` is the campaign's letters by default; its receipts may leave after it has closed as well.
        """
        if self._store.pauses.went_back():
            return
        book, give_up = book or campaign.slug, time.monotonic() + _BUDGET_S
        closed = book == campaign.slug and self._is_over(campaign)
        while self._sweep_on(book, closed=closed):
            if time.monotonic() > give_up or not (closed and self._waiting(book)):
                return
        # Letters that were being sent when the campaign closed may come back to the queue.
        again = closed and self._waiting(book)
        self._rest(f"sweep:{book}", _ROUND_S if again else self._options.pass_s)

    def _sweep_on(self, book: str, *, closed: bool) -> bool:
        """False when the pass has come to its end."""
        job, turns, losses = f"sweep:{book}", self._store.turns, self._store.losses
        start, limit = turns.at(job), self._options.actions
        if of_book(book):  # an order holds hundreds of copies
            limit = max(1, limit // _ACTIONS_PER_ORDER)
        actions = losses.actions(book, start, limit)
        if actions:
            _tell(book, losses.mend(book, actions, self._app.settings.clock.claim_s, closed=closed))
        is_end = len(actions) < limit
        turns.come_to(job, 0 if is_end else start + len(actions))
        return not is_end

    def _waiting(self, book: str) -> int:
        letters = self._store.tallies.totals(book).letters
        return letters.get(State.HELD, 0) + letters.get(State.QUEUED, 0)

    def _is_over(self, campaign: Campaign) -> bool:
        """Only if the ledger's clock says so as well as ours: what is withheld now never leaves."""
        moments = [datetime.fromtimestamp(at, UTC) for at in (time.time(), self._store.losses.time())]
        return all(now >= campaign.opens and not campaign.is_open(now) for now in moments)

    def drift(self, book: str) -> list[Difference]:
        """Recounts, and says what differs; what only moved meanwhile is no difference."""
        tallies = self._store.tallies
        before = tallies.totals(book)
        found = tallies.verify(book)
        if found and tallies.totals(book) != before:
            again = {_gap(difference) for difference in tallies.verify(book)}
            found = [difference for difference in found if _gap(difference) in again]
        self._store.meters.note("tally_drift", book, len(found))
        if found:
            named = [f"{d.tally} {d.name}: {d.counted}, recounted {d.recounted}" for d in found[:_NAMED]]
            log.warning("tally.drift", campaign=book, differences=len(found), named=named)
        return found

    def _drift_in_turn(self, book: str) -> None:
        if self._store.turns.take(f"drift:{book}", self._options.drift_s):
            self.drift(book)

    def look_at_keys(self) -> None:
        """The next keys of the pass: none may live for ever by mistake, and no callback's body may be forgotten."""
        turns, losses = self._store.turns, self._store.losses
        cursor, immortal, callbacks = losses.immortal(turns.at("keys"), _KEYS)
        turns.come_to("keys", cursor)
        if cursor == 0:
            self._rest("keys", _KEYS_S)
        for noun, keys in immortal.items():
            if turns.take(f"said:key:{noun}", _QUIET_S):
                log.warning("key.immortal", noun=noun, keys=keys)
        if callbacks:
            self._mend_callbacks(callbacks)

    def _mend_callbacks(self, callbacks: list[str]) -> None:
        restored, dropped = self._store.losses.mend_callbacks(callbacks)
        if restored or dropped:
            log.warning("upkeep.mended", campaign="", callbacks=restored, callbacks_gone=dropped)

    def look_at_what_waits(self) -> None:
        """Warns, once an hour each, of letters that are unknown and of callbacks that are not worked for too long."""
        turns, store = self._store.turns, self._store
        self._mend_callbacks([])
        books = [book for slug in self._app.campaigns for book in _books(slug)]
        mailings = store.mailings.lately(_DOUBT_DAYS)
        books += [mailing.book for mailing in mailings]
        for book, doubt in store.unknowns.count(books, self._options.unknown_s).items():
            if doubt.old and turns.take(f"said:unknown:{book}", _QUIET_S):
                log.warning("letters.unknown_old", campaign=book, letters=doubt.old, unknown=doubt.letters)
        self._reopen([mailing.book for mailing in mailings if mailing.stage is Stage.FINISHED])
        for book in store.mailings.running():
            if campaign_of(book) not in self._app.campaigns and turns.take(f"said:homeless:{book}", _QUIET_S):
                log.warning("mailing.homeless", campaign=book)
        unworked = store.losses.unworked_callbacks(_UNWORKED_S)
        if unworked and turns.take("said:callbacks", _QUIET_S):
            log.warning("callbacks.unworked", callbacks=unworked)

    def _reopen(self, finished: list[str]) -> None:
        """Copies that somebody let be sent again, and died before saying so of their mailing, leave after all."""
        for book, tally in self._store.tallies.totals_of(finished).items():
            if tally.letters.get(State.QUEUED) and self._store.mailings.move(book, Stage.SENDING, Stage.FINISHED):
                log.warning("upkeep.mended", campaign=book, reopened=tally.letters[State.QUEUED])

    def _is_due(self, job: str, every_s: float = 0.0, first_s: float = 0.0) -> bool:
        """Whether a job's rest is over, the first one ``first_s`` long; then the next begins, ``every_s`` long."""
        now = time.monotonic()
        is_due = now >= self._rests.setdefault(job, now + first_s)
        if is_due:
            self._rest(job, every_s)
        return is_due

    def _rest(self, job: str, for_s: float) -> None:
        self._rests[job] = time.monotonic() + for_s

    def _try(self, job: Callable[..., None], *arguments: Campaign | str) -> None:
        try:
            job(*arguments)
        except UnavailableError:
            return
        except Exception as error:  # noqa: BLE001 - whatever it is, the other jobs and the clock go on
            log.error("upkeep.failed", job=job.__name__, error=type(error).__name__)


def _books(slug: str) -> tuple[str, str]:
    """A campaign's letters, and its receipts."""
    return slug, receipts_book(slug)


def _gap(difference: Difference) -> tuple[str, str, int]:
    return difference.tally, difference.name, difference.recounted - difference.counted


def _tell(book: str, found: dict[str, int]) -> None:
    """What was lost is a warning; what has merely come to its end is not."""
    for what, letters in found.items():
        if what.startswith("withheld:"):
            log.info("letters.withheld", campaign=book, letters=letters, reason=what.partition(":")[2])
        elif what == "queued":
            log.info("letters.released", campaign=book, letters=letters)
    lost = {what: n for what, n in found.items() if what != "queued" and not what.startswith("withheld:")}
    if lost:
        log.warning("upkeep.mended", campaign=book, **lost)
