"""How every e-mail leaves: claimed, noted, posted and settled, one order after the other, whatever kind it is."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import structlog

from workers.campaign.events import (
    Event,
    LettersAccepted,
    LettersRejected,
    LettersRequeued,
    LettersStopped,
    LettersUnknown,
    SendingPaused,
)
from workers.campaign.ids import delivery_id
from workers.campaign.mailing_events import CopiesAccepted, CopiesRejected, CopiesRequeued, CopiesUnknown
from workers.campaign.model import Campaign
from workers.campaign.outcomes import Answer, Envelope, Outcome
from workers.campaign.states import State
from workers.doubts import Lookout
from workers.errors import ConfigError, UnavailableError
from workers.journal import Entry, Journal
from workers.mail.posting import Mailer, Posted, post_all
from workers.meters import Meter
from workers.store import Store
from workers.store.claims import APART, Claim, Refusal, Sender, Settled, Settlement, Terms, gathering
from workers.store.keys import mailing_scope, pause_scope
from workers.store.tallies import day_number

log = structlog.get_logger()

STATES = {
    Outcome.ACCEPTED: State.ACCEPTED,
    Outcome.REFUSED: State.REJECTED,
    Outcome.LATER: State.QUEUED,
    Outcome.BARRED: State.QUEUED,
    Outcome.UNKNOWN: State.UNKNOWN,
    Outcome.WITHHELD: State.WITHHELD,
}
#: Seconds a sender that knows what became of its letters waits for a ledger that is away.
_PATIENCE_S = 60.0
#: Seconds until a letter that could not be noted in the journal is due again, perhaps for another sender.
_UNNOTED_S = 10.0

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

    def send(
        self, campaign: Campaign, book: str, orders: Sequence[str], write: Write, terms: Terms | None = None
    ) -> Iterator[Event]:
        """Sends what these orders of a book have queued; what it does not come to stays on the agenda.

        Copies of a call or bulletin leave on these ``terms``.
        """
        settlement: Settlement | None = None
        told: list[Event] = []
        left = list(orders)
        while left:
            if self.stopping.is_set() or not self.journal.ready():
                break
            order = left[0]
            claim = self._next_claim(campaign, settlement, book, order, terms)
            settlement = None
            yield from told
            told = []
            if isinstance(claim, Refusal) and claim.why != "nothing":
                if claim.why == "behind":
                    self.lookout.look()
                break
            left.pop(0)
            if isinstance(claim, Refusal):
                continue
            if not self.noted(claim):
                settlement, told = _given_back(campaign, claim)
                break
            posted, mishap = self.post(claim, write)
            self.measure(claim, posted)
            told = list(_told(campaign, claim, posted, mishap))
            self.stop_what_must(told)
            settlement = came_to(campaign, claim, posted, mishap)
        if settlement:
            surely(partial(self.store.letters.settle, settlement))
        yield from told
        self.store.agenda.due_again(book, left)

    def _next_claim(
        self, campaign: Campaign, settlement: Settlement | None, book: str, order: str, terms: Terms | None
    ) -> Claim | Refusal:
        """The next claim, in the same round trip as the settlement of the one before."""
        now = time.time()
        deadline = now + self.claim_s
        on = terms or (gathering(campaign, now) if book == campaign.slug else APART)
        try:
            if settlement is None:
                return self.store.letters.claim(book, order, deadline, self.sender, on)
            return self.store.letters.settle_and_claim(settlement, order, deadline, self.sender, on)
        except UnavailableError:
            if settlement:
                surely(partial(self.store.letters.settle, settlement))
            surely(partial(self.store.letters.unclaim, book, order, deadline))
            return Refusal("away")

    @property
    def sender(self) -> Sender:
        """Who claims here."""
        return Sender(self.journal.sender, self.journal.highest)

    def noted(self, claim: Claim) -> bool:
        """Whether the journal has the claim: what it does not have is not posted."""
        if not claim.number:
            return True
        action = claim.action
        entry = Entry(claim.number, int(time.time()), action.campaign, action.id, action.group, claim.recipients)
        return self.journal.append(entry)

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
        return list(post_all(self.mailer, envelopes, begin_by, self.stopping)), None

    def measure(self, claim: Claim, posted: Sequence[Posted]) -> None:
        """Notes how long after they were due the accepted ones of a claim have left."""
        if self.meter and claim.due:
            accepted = sum(len(one.deliveries) for one in posted if one.answer.outcome is Outcome.ACCEPTED)
            self.meter.late("letters_late", [time.time() - claim.due] * accepted)

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


def _given_back(campaign: Campaign, claim: Claim) -> tuple[Settlement, list[Event]]:
    """The letters of a claim that could not be noted wait again: they surely did not leave."""
    now, action = time.time(), claim.action
    letters = [Settled(recipient, State.QUEUED, 0, "journal") for recipient in claim.recipients]
    again_ms = int((now + _UNNOTED_S) * 1000)
    day = day_number(now, campaign.time_zone)
    settlement = Settlement(action, letters, (), day, retry_at_ms=again_ms, deadline=claim.deadline)
    if claim.readers:
        return settlement, [CopiesRequeued(action.campaign, action.id, len(letters), "journal")]
    deliveries = [delivery_id(action.group, recipient) for recipient in claim.recipients]
    return settlement, [LettersRequeued(action.campaign, action.id, deliveries, "journal")]


def came_to(campaign: Campaign, claim: Claim, posted: Sequence[Posted], mishap: Answer | None) -> Settlement:
    """How a claim ends, after what was posted of it and what kept it from being written."""
    message_ids = [one.answer.message_id for one in posted if one.answer.outcome is Outcome.ACCEPTED]
    letters, call = [], 0
    for one in posted:
        call += one.answer.outcome is Outcome.ACCEPTED
        letters += [_settled(delivery, one.answer, call) for delivery in one.deliveries]
    if mishap:
        letters = [
            Settled(recipient, State.QUEUED, 0, mishap.reason.partition(":")[0]) for recipient in claim.recipients
        ]
    now = time.time()
    retry_at = max((one.answer.retry_at for one in posted), default=now + _UNNOTED_S)
    return Settlement(
        claim.action,
        letters,
        message_ids,
        day_number(now, campaign.time_zone),
        retry_at_ms=int(max(retry_at, now) * 1000),
        hold_ms=max(0, int((retry_at - now) * 1000)) if posted else 0,
        deadline=claim.deadline,
    )


def _settled(delivery: str, answer: Answer, call: int) -> Settled:
    state = STATES[answer.outcome]
    recipient = delivery.partition("-")[2]
    return Settled(recipient, state, call if state is State.ACCEPTED else 0, answer.reason)


def _told(campaign: Campaign, claim: Claim, posted: Sequence[Posted], mishap: Answer | None) -> Iterator[Event]:
    book, order = claim.action.campaign, claim.action.id
    if claim.readers:
        yield from _told_of_copies(book, order, posted)
        yield from stops(campaign, posted, mishap, mailing_scope(book))
        return
    for one in posted:
        answer = one.answer
        if answer.outcome is Outcome.ACCEPTED:
            yield LettersAccepted(book, order, one.deliveries, answer.message_id, int(answer.duration_ms))
        elif answer.outcome is Outcome.REFUSED:
            yield LettersRejected(book, order, one.deliveries, answer.reason)
        elif answer.outcome is Outcome.UNKNOWN:
            yield LettersUnknown(book, order, one.deliveries, answer.reason)
        elif answer.outcome is not Outcome.WITHHELD:
            yield LettersRequeued(book, order, one.deliveries, answer.reason)
    stopped = [one for one in posted if one.answer.outcome is Outcome.WITHHELD]
    if stopped:
        yield LettersStopped(book, order, sum(len(one.deliveries) for one in stopped), stopped[0].answer.reason)
    yield from stops(campaign, posted, mishap)


def _told_of_copies(book: str, order: str, posted: Sequence[Posted]) -> Iterator[Event]:
    """A line for hundreds of copies does not name them: their order does."""
    for one in posted:
        answer, copies = one.answer, len(one.deliveries)
        if answer.outcome is Outcome.ACCEPTED:
            yield CopiesAccepted(book, order, copies, answer.message_id, int(answer.duration_ms))
        elif answer.outcome is Outcome.REFUSED:
            yield CopiesRejected(book, order, copies, answer.reason)
        elif answer.outcome is Outcome.UNKNOWN:
            yield CopiesUnknown(book, order, copies, answer.reason)
        elif answer.outcome is Outcome.WITHHELD:
            yield LettersStopped(book, order, copies, answer.reason)
        else:
            yield CopiesRequeued(book, order, copies, answer.reason)


def stops(
    campaign: Campaign, posted: Sequence[Posted], mishap: Answer | None, template_scope: str = ""
) -> Iterator[Event]:
    """That sending has to stop, if the provider or a template says so; ``template_scope`` is what the latter stops."""
    answers = [mishap] if mishap else [one.answer for one in posted]
    barred = next((answer for answer in answers if answer.outcome is Outcome.BARRED), None)
    if barred:
        own = (mishap and template_scope) or pause_scope(campaign.slug)
        scope = "all" if barred.scope == "all" else own
        yield SendingPaused(campaign.slug, scope, barred.reason)
