"""Tells what happened: signed arrays of events, sent again until they are taken."""

from __future__ import annotations

import asyncio
import random
import time
from collections import deque
from dataclasses import replace

import msgspec
import structlog
import urllib3

from workers.outbox.fate import About, Happening, abouts, happening, happenings
from workers.outbox.history import Asked, History
from workers.outbox.ledger import Ledger
from workers.outbox.options import OutboxOptions
from workers.outbox.signing import Signer

#: Events in one callback.
MOST = 1000
#: Seconds between two tries of the same callback.
FIRST_WAIT, LONGEST_WAIT = 0.1, 10.0

log = structlog.get_logger()


class Batch(msgspec.Struct):
    """One callback: all its events, those told for the first time, and the call the rule will have come to."""

    happenings: list[Happening]
    fresh: list[Happening]
    cursor: int


class Callbacks:
    """Sends the events that the rule and people ask for to where it is told."""

    def __init__(self, options: OutboxOptions, ledger: Ledger, history: History, signer: Signer) -> None:
        self.options = options
        self._ledger, self._history, self._signer = ledger, history, signer
        self._cursor = history.cursor
        self._rest: deque[Happening] = deque()
        self._repeats: list[Happening] = []
        self._chance = random.Random(f"order {options.seed}")  # noqa: S311  repeatable on purpose
        self._hurry = asyncio.Event()
        self._pool = urllib3.PoolManager(retries=False, timeout=urllib3.Timeout(connect=2, read=10))

    def retarget(self, url: str | None = None, **chances: float) -> None:
        """Other chances or another address from now on; a URL of "" stops the callbacks."""
        options = self.options if url is None else replace(self.options, events_to=url)
        self.options = replace(options, chances=replace(options.chances, **chances))
        self._hurry.set()

    def ask(self, number: int, what: str) -> str:
        """Asks for one event by hand, now; its sg_event_id. NotFoundError if there is no such mail."""
        nonce, now = str(time.time_ns()), int(time.time())
        event_id = happening(self._about(number), what, nonce=nonce).event_id
        self._history.ask(Asked(number, what, event_id, nonce, now))
        self._hurry.set()
        return event_id

    def test(self, url: str) -> bool:
        """Posts an event about nobody, as SendGrid does on request; whether it was taken."""
        event = {"email": "example@test.com", "event": "processed", "timestamp": int(time.time())}
        body = msgspec.json.encode([{**event, "sg_event_id": f"test-{time.time_ns()}", "sg_message_id": "test"}])
        try:
            return 200 <= self._answered(url, body) < 300
        except urllib3.exceptions.HTTPError:
            return False

    def waiting(self) -> int:
        """Mails (and events by hand) of which there is still something to tell."""
        if not self.options.events_to:
            return 0
        untold = self._ledger.mails_from(self._history.cursor)
        return untold + len(self._history.waiting) + len(self._repeats)

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await self._pause(self.options.event_every_s)
            try:
                await self._round()
            except Exception:
                log.exception("outbox.callbacks_failed")
                self._cursor = self._history.cursor
                self._rest.clear()

    async def _round(self) -> None:
        while self.options.events_to and (batch := await asyncio.to_thread(self._gather)):
            await self._send(batch)
            self._record(batch)

    async def _pause(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._hurry.wait()
        except TimeoutError:
            pass
        self._hurry.clear()

    def _gather(self) -> Batch | None:
        repeats, self._repeats = self._repeats[: MOST // 2], self._repeats[MOST // 2 :]
        fresh = self._by_hand()
        while len(fresh) + len(repeats) < MOST and self._next():
            fresh.append(self._rest.popleft())
        if not fresh and not repeats and self._cursor == self._history.cursor:
            return None
        found = repeats + fresh
        if self.options.shuffle_events:
            self._chance.shuffle(found)
        return Batch(found, fresh, self._cursor - 1 if self._rest else self._cursor)

    def _by_hand(self) -> list[Happening]:
        asked = list(self._history.waiting.values())[: MOST // 2]
        return [happening(self._about(one.asked), one.what, nonce=one.nonce, at=one.when) for one in asked]

    def _about(self, number: int) -> About:
        return next(one for one in abouts(*self._ledger.entry_of(number)) if one.number == number)

    def _next(self) -> bool:
        """Fills the rest from the next calls that are due; False when there is none."""
        while not self._rest:
            if self._cursor >= self._ledger.calls:
                return False
            entry, first = self._ledger.entry(self._cursor)
            if entry.at + self.options.event_delay_ms / 1000 > time.time():
                return False
            self._cursor += 1
            self._rest = deque(happenings(entry, first, self.options.chances, self.options.seed))
        return True

    async def _send(self, batch: Batch) -> None:
        body = msgspec.json.encode([one.body for one in batch.happenings])
        wait, tries = FIRST_WAIT, 1
        while batch.happenings and not await asyncio.to_thread(self._post, body, tries):
            await self._pause(wait)
            wait, tries = min(LONGEST_WAIT, wait * 2), tries + 1

    def _post(self, body: bytes, tries: int) -> bool:
        url = self.options.events_to
        if not url:
            return False
        try:
            status = self._answered(url, body)
        except urllib3.exceptions.HTTPError as error:
            log.warning("outbox.callback_failed", tries=tries, error=type(error).__name__)
            return False
        taken = 200 <= status < 300
        if not taken:
            log.warning("outbox.callback_failed", tries=tries, status=status)
        return taken

    def _answered(self, url: str, body: bytes) -> int:
        signed = self._signer.headers(body, int(time.time()))
        return self._pool.request("POST", url, body=body, headers={"Content-Type": "application/json", **signed}).status

    def _record(self, batch: Batch) -> None:
        self._history.tell(((one.number, one.what, one.event_id) for one in batch.fresh), batch.cursor)
        self._repeats += batch.fresh * self.options.repeat_events
        log.info("outbox.events_told", events=len(batch.happenings), waiting=self.waiting())
