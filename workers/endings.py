"""What a claim came to: its settlement, and what is told of it."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

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
from workers.campaign.outcomes import Answer, Outcome
from workers.campaign.states import State
from workers.mail.posting import Posted
from workers.store.claims import Claim, Settled, Settlement
from workers.store.keys import mailing_scope, pause_scope
from workers.store.tallies import day_number

STATES = {
    Outcome.ACCEPTED: State.ACCEPTED,
    Outcome.REFUSED: State.REJECTED,
    Outcome.LATER: State.QUEUED,
    Outcome.BARRED: State.QUEUED,
    Outcome.UNKNOWN: State.UNKNOWN,
    Outcome.WITHHELD: State.WITHHELD,
}
#: Seconds until a letter of a claim that came to nothing is due again, perhaps for another sender.
AGAIN_S = 10.0

#: What a claim came to, and what is told of it.
Ended = tuple[Settlement, list[Event]]


def given_back(campaign: Campaign, claim: Claim, reason: str, after_s: float) -> Ended:
    """The letters of a claim of which nothing was posted wait again: they surely did not leave."""
    now, action = time.time(), claim.action
    letters = [Settled(recipient, State.QUEUED, 0, reason) for recipient in claim.recipients]
    again_ms = int((now + after_s) * 1000)
    day = day_number(now, campaign.time_zone)
    settlement = Settlement(action, letters, (), day, retry_at_ms=again_ms, deadline=claim.deadline)
    if claim.readers:
        return settlement, [CopiesRequeued(action.campaign, action.id, len(letters), reason)]
    deliveries = [delivery_id(action.group, recipient) for recipient in claim.recipients]
    return settlement, [LettersRequeued(action.campaign, action.id, deliveries, reason)]


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
    retry_at = max((one.answer.retry_at for one in posted), default=now + AGAIN_S)
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


def told_of(campaign: Campaign, claim: Claim, posted: Sequence[Posted], mishap: Answer | None) -> Iterator[Event]:
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


def message_id(posted: Sequence[Posted]) -> str:
    """Of the one call that took all letters of a claim; "" if it was not that simple."""
    answers = [one.answer for one in posted]
    return answers[0].message_id if len(answers) == 1 and answers[0].outcome is Outcome.ACCEPTED else ""
