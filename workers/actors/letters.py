"""The journey of letters: written when a supporter acted, claimed, posted and settled when they are due."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from workers.broker import SERVICE, actor
from workers.campaign.events import (
    Event,
    LettersAccepted,
    LettersDue,
    LettersRejected,
    LettersRequeued,
    LettersUnknown,
    SendingPaused,
)
from workers.campaign.ids import delivery_id
from workers.campaign.model import Campaign
from workers.campaign.outcomes import Answer, Outcome
from workers.campaign.states import State
from workers.doubts import Lookout
from workers.errors import ConfigError, UnavailableError
from workers.journal import Entry, Journal
from workers.mail.envelope import Composer
from workers.mail.posting import Mailer, Posted, post_all
from workers.store import Store
from workers.store.keys import pause_scope
from workers.store.letters import Claim, Refusal, Sender, Settled, Settlement
from workers.store.tallies import day_number

STATES = {
    Outcome.ACCEPTED: State.ACCEPTED,
    Outcome.REFUSED: State.REJECTED,
    Outcome.LATER: State.QUEUED,
    Outcome.BARRED: State.QUEUED,
    Outcome.UNKNOWN: State.UNKNOWN,
}
#: Seconds a sender that knows what became of its letters waits for a ledger that is away.
_PATIENCE_S = 60.0
#: Seconds until a letter that could not be noted in the journal is due again, perhaps for another sender.
_UNNOTED_S = 10.0


class Desk(NamedTuple):
    """What one claim is worked with; no call begins after ``begin_by`` (epoch seconds)."""

    mailer: Mailer
    composer: Composer
    begin_by: float


@actor(queue_name="letters", priority=10)
def write_letters(
    campaign: str, actions: list[str], *, store: Store = SERVICE, nudge_ms: int = SERVICE
) -> Iterator[Event]:
    """Writes a letter to each candidate that these actions name and that has none from the same supporter yet."""
    due = store.letters.write(campaign, actions, nudge_ms)
    if due:
        yield LettersDue(campaign, list(due))


@actor(queue_name="letters")
def send_letters(
    campaign: str,
    actions: list[str],
    *,
    store: Store = SERVICE,
    mailer: Mailer = SERVICE,
    composer: Composer = SERVICE,
    campaigns: Mapping[str, Campaign] = SERVICE,
    journal: Journal = SERVICE,
    lookout: Lookout = SERVICE,
    stopping: threading.Event = SERVICE,
    claim_s: float = SERVICE,
) -> Iterator[Event]:
    """Claims, posts and settles action by action; what it does not come to stays on the agenda."""
    push = _known(campaigns, campaign)
    settlement: Settlement | None = None
    told: list[Event] = []
    for action in actions:
        if stopping.is_set() or not journal.ready() or not push.is_open(datetime.now(UTC)):
            break
        claim = _next_claim(store, settlement, push, action, time.time() + claim_s, journal)
        settlement = None
        yield from told
        told = []
        if isinstance(claim, Refusal):
            if claim.why == "nothing":
                continue
            if claim.why == "behind":
                lookout.look()
            break
        if not _noted(journal, claim):
            settlement, told = _given_back(push, claim)
            break
        posted, mishap = _post(push, claim, Desk(mailer, composer, claim.deadline - mailer.longest_s))
        told = list(_told(push, claim.action.id, posted, mishap))
        _stop_what_must(store, told)
        settlement = _settlement(push, claim, posted, mishap)
    if settlement:
        _surely_settle(store, settlement)
    yield from told


def _known(campaigns: Mapping[str, Campaign], slug: str) -> Campaign:
    if slug not in campaigns:
        raise ConfigError("no such campaign on this machine", where=f"campaign {slug}", mend="add its file and restart")
    return campaigns[slug]


def _next_claim(
    store: Store, settlement: Settlement | None, campaign: Campaign, action: str, deadline: float, journal: Journal
) -> Claim | Refusal:
    """The next claim, in the same round trip as the settlement of the one before."""
    sender = Sender(journal.sender, journal.highest)
    if settlement is None:
        return store.letters.claim(campaign.slug, action, deadline, sender)
    try:
        return store.letters.settle_and_claim(settlement, action, deadline, sender)
    except UnavailableError:
        _surely_settle(store, settlement)
        return Refusal("nothing")


def _noted(journal: Journal, claim: Claim) -> bool:
    """Whether the journal has the claim: what it does not have is not posted."""
    if not claim.number:
        return True
    action, candidates = claim.action, tuple(candidate.id for candidate in claim.candidates)
    entry = Entry(claim.number, int(time.time()), action.campaign, action.id, action.group, candidates)
    return journal.append(entry)


def _given_back(campaign: Campaign, claim: Claim) -> tuple[Settlement, list[Event]]:
    """The letters of a claim that could not be noted wait again: they surely did not leave."""
    now, action = time.time(), claim.action
    letters = [Settled(candidate.id, State.QUEUED, 0, "journal") for candidate in claim.candidates]
    again_ms = int((now + _UNNOTED_S) * 1000)
    settlement = Settlement(action, letters, (), day_number(now, campaign.time_zone), retry_at_ms=again_ms)
    deliveries = [delivery_id(action.group, candidate.id) for candidate in claim.candidates]
    return settlement, [LettersRequeued(campaign.slug, action.id, deliveries, "journal")]


def _surely_settle(store: Store, settlement: Settlement) -> None:
    """What is known of a letter is not forgotten because the ledger is away for a moment."""
    give_up = time.monotonic() + _PATIENCE_S
    while True:
        try:
            store.letters.settle(settlement)
        except UnavailableError:
            if time.monotonic() > give_up:
                raise
            time.sleep(0.25)
        else:
            return


def _post(campaign: Campaign, claim: Claim, desk: Desk) -> tuple[list[Posted], Answer | None]:
    """What was posted, and what kept the letters from being written: a template that fails stops its campaign."""
    letters = [(delivery_id(claim.action.group, candidate.id), candidate) for candidate in claim.candidates]
    try:
        envelopes = desk.composer.compose(campaign, claim.person, claim.action, letters)
    except ConfigError as error:
        return [], Answer(Outcome.BARRED, reason=f"template: {error}")
    return list(post_all(desk.mailer, envelopes, desk.begin_by)), None


def _settlement(campaign: Campaign, claim: Claim, posted: Sequence[Posted], mishap: Answer | None) -> Settlement:
    message_ids = [one.answer.message_id for one in posted if one.answer.outcome is Outcome.ACCEPTED]
    letters, call = [], 0
    for one in posted:
        call += one.answer.outcome is Outcome.ACCEPTED
        letters += [_settled(delivery, one.answer, call) for delivery in one.deliveries]
    if mishap:
        letters = [Settled(candidate.id, State.QUEUED, 0, "template") for candidate in claim.candidates]
    now = time.time()
    retry_at = max((one.answer.retry_at for one in posted), default=0.0)
    return Settlement(
        claim.action,
        letters,
        message_ids,
        day_number(now, campaign.time_zone),
        retry_at_ms=int(max(retry_at, now) * 1000),
        hold_ms=max(0, int((retry_at - now) * 1000)),
    )


def _settled(delivery: str, answer: Answer, call: int) -> Settled:
    state = STATES[answer.outcome]
    candidate = delivery.partition("-")[2]
    return Settled(candidate, state, call if state is State.ACCEPTED else 0, answer.reason)


def _told(campaign: Campaign, action: str, posted: Sequence[Posted], mishap: Answer | None) -> Iterator[Event]:
    for one in posted:
        answer = one.answer
        if answer.outcome is Outcome.ACCEPTED:
            yield LettersAccepted(campaign.slug, action, one.deliveries, answer.message_id, int(answer.duration_ms))
        elif answer.outcome is Outcome.REFUSED:
            yield LettersRejected(campaign.slug, action, one.deliveries, answer.reason)
        elif answer.outcome is Outcome.UNKNOWN:
            yield LettersUnknown(campaign.slug, action, one.deliveries, answer.reason)
        else:
            yield LettersRequeued(campaign.slug, action, one.deliveries, answer.reason)
    barred = mishap or next((one.answer for one in posted if one.answer.outcome is Outcome.BARRED), None)
    if barred:
        scope = "all" if barred.scope == "all" else pause_scope(campaign.slug)
        yield SendingPaused(campaign.slug, scope, barred.reason)


def _stop_what_must(store: Store, told: Sequence[Event]) -> None:
    """Pauses before the claim ends, so that no other sender begins in between."""
    for event in told:
        if isinstance(event, SendingPaused):
            store.pauses.pause(event.scope, event.reason)
