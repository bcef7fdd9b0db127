"""How every e-mail leaves: claimed, noted, posted and settled, a few orders at a time, whatever kind it is."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial

import structlog

from workers.campaign.events import (
    Event,
    SendingPaused,
)
from workers.campaign.model import Campaign
from workers.campaign.outcomes import Answer, Envelope, Outcome
from workers.doubts import Lookout
from workers.endings import AGAIN_S, Ended, came_to, given_back, message_id, told_of
from workers.errors import ConfigError, UnavailableError
from workers.gate import ENOUGH_S, Gate
from workers.journal import Journal
from workers.journal_files import Entry
from workers.mail.posting import Mailer, Posted, post_all
from workers.meters import Meter
from workers.store import Store
from workers.store.claims import APART, Claim, Refusal, Sender, Settlement, Terms, gathering

log = structlog.get_logger()

#: Seconds a sender that knows what became of its letters waits for a ledger that is away.
_PATIENCE_S = 60.0

#: After these the next call would fare no better.
_NO_MORE = frozenset({Outcome.LATER, Outcome.BARRED, Outcome.UNKNOWN})

#: Renders what was claimed; ConfigError if a template fails.
Write = Callable[[Claim], list[Envelope]]


@dataclass(frozen=True)
class Sending:
    """What one process sends with. ``claim_s`` is how long a claim lasts, in seconds."""

    store: Store
    mailer: Mailer
    journal: Journal
    lookout: Lookout
    stopping: threading.Event
    claim_s: float
    #: What counts how late letters leave; None where nobody watches.
    meter: Meter | None = None
    gate: Gate = field(default_factory=Gate)

    def send(
        self, campaign: Campaign, book: str, orders: Sequence[str], write: Write, terms: Terms | None = None
    ) -> Iterator[Event]:
        """Sends what these orders of a book have queued; what it does not come to stays on the agenda.

        Copies of a call or bulletin leave on these ``terms``.
        """
        with self.gate:
            left = yield from self._send(campaign, book, list(orders), write, terms)
        self.store.agenda.due_again(book, left)

    def _send(
        self, campaign: Campaign, book: str, orders: list[str], write: Write, terms: Terms | None
    ) -> Generator[Event, None, list[str]]:
        """Returns the orders that it did not come to."""
        ended: list[Ended] = []
        while orders and not self.stopping.is_set() and self.journal.ready():
            taken = orders[: 1 if terms else self.gate.orders]  # an order of copies is large enough by itself
            claims = self._next_claims(campaign, [settlement for settlement, _ in ended], book, taken, terms)
            yield from _events(ended)
            ended = []
            if isinstance(claims, Refusal):
                if claims.why == "behind":
                    self.lookout.look()
                break
            del orders[: len(taken)]
            ended = list(self._work(campaign, claims, write))
        if ended:
            surely(partial(self.store.letters.settle, *[settlement for settlement, _ in ended]))
        yield from _events(ended)
        return orders

    def _next_claims(
        self, campaign: Campaign, done: Sequence[Settlement], book: str, orders: Sequence[str], terms: Terms | None
    ) -> list[Claim] | Refusal:
        """The next claims, in the same round trip as the settlements of those before."""
        now = time.time()
        deadline = now + self.claim_s
        on = terms or (gathering(campaign, now) if book == campaign.slug else APART)
        try:
            return self.store.letters.settle_and_claim(done, book, orders, deadline, self.sender, on)
        except UnavailableError:
            if done:
                surely(partial(self.store.letters.settle, *done))
            for order in orders:
                surely(partial(self.store.letters.unclaim, book, order, deadline))
            return Refusal("away")

    def _work(self, campaign: Campaign, claims: Sequence[Claim], write: Write) -> Iterator[Ended]:
        """Posts one claim after the other. What is not reached soon goes back, to be stopped if anyone wants it to."""
        if not claims:
            return
        until_ms = int(claims[0].deadline * 1000) if len(claims) > 1 else 0
        if not self.noted(*claims, until_ms=until_ms):
            yield from (given_back(campaign, claim, "journal", AGAIN_S) for claim in claims)
            return
        give_up, posted, why_not = time.monotonic() + ENOUGH_S, list[Posted](), ""
        for place, claim in enumerate(claims):
            if place and not why_not:
                why_not = self._why_not(claim, posted, give_up)
            if why_not:
                yield given_back(campaign, claim, why_not, AGAIN_S if why_not == "journal" else 0.0)
                continue
            posted, mishap = self.post(claim, write)
            self.measure(claim, posted)
            told = list(told_of(campaign, claim, posted, mishap))
            self.stop_what_must(told)
            if any(one.answer.outcome in _NO_MORE for one in posted) or _is_barred(mishap):
                why_not = "not-reached"
            yield came_to(campaign, claim, posted, mishap), told

    def _why_not(self, claim: Claim, former: Sequence[Posted], give_up: float) -> str:
        """Why a claim is not begun after the one before it; "" if it is, and the journal says so."""
        if time.monotonic() > give_up:
            return "not-reached"
        if claim.number and not self.journal.go_on(claim.number, message_id(former)):
            return "journal"
        return ""

    @property
    def sender(self) -> Sender:
        """Who claims here."""
        return Sender(self.journal.sender, self.journal.highest)

    def noted(self, *claims: Claim, until_ms: int = 0) -> bool:
        """Whether the journal has these claims: what it does not have is not posted.

        With ``until_ms``, when they end, it knows that they begin one after the other.
        """
        now = int(time.time())
        entries = [_entry(claim, now) for claim in claims if claim.number]
        return not entries or self.journal.append(*entries, until_ms=until_ms)

    def post(self, claim: Claim, write: Write) -> tuple[list[Posted], Answer | None]:
        """What was posted, and what kept the letters from being written: a template that fails stops its campaign."""
        try:
            envelopes = write(claim)
        except ConfigError as error:
            return [], Answer(Outcome.BARRED, reason=f"template: {error}")
        except Exception as error:  # noqa: BLE001 - whatever it was, nothing has left
            log.error("message.failed", error=type(error).__name__, action=claim.action.id)
            return [], Answer(Outcome.LATER, reason="not-written")
        begin_by = claim.deadline - self.mailer.longest_s
        posted = list(post_all(self.mailer, envelopes, begin_by, self.stopping))
        for one in posted:
            if one.answer.outcome is Outcome.ACCEPTED:
                self.gate.note(one.answer.duration_ms)
        return posted, None

    def measure(self, claim: Claim, posted: Sequence[Posted]) -> None:
        """Notes how long after they were due the accepted ones of a claim have left."""
        if self.meter and claim.due:
            accepted = sum(len(one.envelope.recipients) for one in posted if one.answer.outcome is Outcome.ACCEPTED)
            self.meter.late("letters_late", [time.time() - claim.due], accepted)

    def stop_what_must(self, told: Sequence[Event]) -> None:
        """Pauses before the claim ends, so that no other sender begins in between."""
        for event in told:
            if isinstance(event, SendingPaused):
                surely(partial(self.store.pauses.pause, event.scope, event.reason))


def surely(deed: Callable[[], object]) -> None:
    """What is known of a letter is not forgotten because the ledger is away for a moment."""
    give_up = time.monotonic() + _PATIENCE_S
    while True:
        try:
            deed()
        except UnavailableError:
            if time.monotonic() > give_up:
                raise
            time.sleep(0.25)
        else:
            return


def _entry(claim: Claim, at: int) -> Entry:
    action = claim.action
    return Entry(claim.number, at, action.campaign, action.id, action.group, claim.recipients)


def _events(ended: Iterable[Ended]) -> Iterator[Event]:
    for _, told in ended:
        yield from told


def _is_barred(mishap: Answer | None) -> bool:
    return mishap is not None and mishap.outcome is Outcome.BARRED
