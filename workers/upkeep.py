"""Upkeep: finds what the queue lost, ends what is over, and says what looks wrong. Any number may run; one acts."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime

import structlog

from workers.app import App
from workers.campaign.model import Campaign
from workers.campaign.states import State
from workers.campaign.tally import Difference
from workers.errors import UnavailableError

log = structlog.get_logger()

#: Seconds between two rounds, and between two passes over the ledger, over all keys, and looks at what waits too long.
_ROUND_S, _PASS_S, _KEYS_S, _WAITING_S = 1.0, 60.0, 600.0, 30.0
#: Seconds in which a campaign that has closed may be worked without a pause.
_BUDGET_S = 0.5
#: Keys looked at in one round.
_KEYS = 1_000
#: Seconds after which the same warning may be said again.
_QUIET_S = 3600.0
#: Seconds after which a callback should have been worked, whatever happened.
_UNWORKED_S = 900.0
#: Differences named in one line of the log.
_NAMED = 20


class Upkeep:
    """One round after the other until asked to stop, in a thread of its own: a recount must not hold up the clock."""

    def __init__(self, app: App) -> None:
        self._app, self._store, self._options = app, app.store, app.settings.upkeep

    def run(self, asked: threading.Event) -> None:
        """Rounds until ``asked``. A ledger that is away is the clock's to tell."""
        while not asked.wait(_ROUND_S):
            self.round()

    def round(self) -> None:
        """Does every job whose turn it is; one that fails does not keep the others from theirs."""
        for campaign in self._app.campaigns.values():
            self._try(self.sweep, campaign)
            self._try(self._drift_in_turn, campaign)
        self._try(self.look_at_keys)
        self._try(self._look_in_turn)

    def sweep(self, campaign: Campaign) -> None:
        """Holds the next actions of the pass against the ledger; all that wait, once nothing may leave any more."""
        give_up = time.monotonic() + _BUDGET_S
        closed = self._is_over(campaign)
        job = f"sweep:{campaign.slug}"
        if not self._store.turns.take(job, _ROUND_S * 0.9):
            return
        while self._sweep_on(campaign, job, closed=closed):
            if not (closed and self._waiting(campaign.slug)) or time.monotonic() > give_up:
                return

    def _sweep_on(self, campaign: Campaign, job: str, *, closed: bool) -> bool:
        """False when the pass has come to its end, and the next one need not begin yet."""
        turns, losses = self._store.turns, self._store.losses
        start = turns.at(job)
        rest = 0.0 if closed and self._waiting(campaign.slug) else _PASS_S
        if start == 0 and rest and not turns.take(f"pass:{campaign.slug}", rest):
            return False
        actions = losses.actions(campaign.slug, start, self._options.actions)
        turns.come_to(job, start + len(actions) if len(actions) == self._options.actions else 0)
        if actions:
            found = losses.mend(campaign.slug, actions, self._app.settings.clock.claim_s, closed=closed)
            _tell(campaign.slug, found)
        return len(actions) == self._options.actions

    def _waiting(self, slug: str) -> int:
        letters = self._store.tallies.totals(slug).letters
        return letters.get(State.HELD, 0) + letters.get(State.QUEUED, 0)

    def _is_over(self, campaign: Campaign) -> bool:
        """Only if the ledger's clock says so as well as ours: what is withheld now never leaves."""
        moments = [datetime.fromtimestamp(at, UTC) for at in (time.time(), self._store.losses.time())]
        return all(now >= campaign.opens and not campaign.is_open(now) for now in moments)

    def drift(self, campaign: Campaign) -> list[Difference]:
        """Recounts, and says what differs; what only moved meanwhile is no difference."""
        tallies = self._store.tallies
        before = tallies.totals(campaign.slug)
        found = tallies.verify(campaign.slug)
        if found and tallies.totals(campaign.slug) != before:
            again = {_gap(difference) for difference in tallies.verify(campaign.slug)}
            found = [difference for difference in found if _gap(difference) in again]
        if found:
            named = [f"{d.tally} {d.name}: {d.counted}, recounted {d.recounted}" for d in found[:_NAMED]]
            log.warning("tally.drift", campaign=campaign.slug, differences=len(found), named=named)
        return found

    def _drift_in_turn(self, campaign: Campaign) -> None:
        if self._store.turns.take(f"drift:{campaign.slug}", self._options.drift_s):
            self.drift(campaign)

    def look_at_keys(self) -> None:
        """The next keys of the pass: none may live for ever by mistake, and no callback's body may be forgotten."""
        turns, losses = self._store.turns, self._store.losses
        if not turns.take("keys", _ROUND_S * 0.9):
            return
        start = turns.at("keys")
        if start == 0 and not turns.take("pass:keys", _KEYS_S):
            return
        cursor, immortal, callbacks = losses.immortal(start, _KEYS)
        turns.come_to("keys", cursor)
        for noun, keys in immortal.items():
            if turns.take(f"said:key:{noun}", _QUIET_S):
                log.warning("key.immortal", noun=noun, keys=keys)
        self._mend_callbacks(callbacks)

    def _mend_callbacks(self, callbacks: list[str]) -> None:
        restored, dropped = self._store.losses.mend_callbacks(callbacks)
        if restored or dropped:
            log.warning("upkeep.mended", campaign="", callbacks=restored, callbacks_gone=dropped)

    def _look_in_turn(self) -> None:
        if self._store.turns.take("waiting", _WAITING_S):
            self._mend_callbacks([])
            self.look_at_what_waits()

    def look_at_what_waits(self) -> None:
        """Warns, once an hour each, of letters that are unknown and of callbacks that are not worked for too long."""
        turns, store = self._store.turns, self._store
        for slug, doubt in store.unknowns.count(list(self._app.campaigns), self._options.unknown_s).items():
            if doubt.old and turns.take(f"said:unknown:{slug}", _QUIET_S):
                log.warning("letters.unknown_old", campaign=slug, letters=doubt.old, unknown=doubt.letters)
        unworked = store.losses.unworked_callbacks(_UNWORKED_S)
        if unworked and turns.take("said:callbacks", _QUIET_S):
            log.warning("callbacks.unworked", callbacks=unworked)

    def _try(self, job: Callable[..., None], *arguments: Campaign) -> None:
        try:
            job(*arguments)
        except UnavailableError:
            return
        except Exception as error:  # noqa: BLE001 - whatever it is, the other jobs and the clock go on
            log.error("upkeep.failed", job=job.__name__, error=type(error).__name__)


def _gap(difference: Difference) -> tuple[str, str, int]:
    return difference.tally, difference.name, difference.recounted - difference.counted


def _tell(slug: str, found: dict[str, int]) -> None:
    """What was lost is a warning; what has merely come to its end is not."""
    for what, letters in found.items():
        if what.startswith("withheld:"):
            log.info("letters.withheld", campaign=slug, letters=letters, reason=what.partition(":")[2])
        elif what == "queued":
            log.info("letters.released", campaign=slug, letters=letters)
    lost = {what: n for what, n in found.items() if what != "queued" and not what.startswith("withheld:")}
    if lost:
        log.warning("upkeep.mended", campaign=slug, **lost)
