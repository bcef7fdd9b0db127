"""How a daily summary leaves: each letter in it claimed, noted and settled as itself, and all posted as one mail."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from workers.campaign.addresses import normal_address
from workers.campaign.events import (
    Event,
    LettersStopped,
    SummaryAccepted,
    SummaryRejected,
    SummaryRequeued,
    SummaryUnknown,
)
from workers.campaign.ids import Ids, delivery_id, split_delivery_id
from workers.campaign.model import Campaign
from workers.campaign.outcomes import Answer, Envelope, Outcome
from workers.campaign.timetable import Timetable
from workers.endings import came_to, stops
from workers.errors import UnavailableError
from workers.mail.posting import Posted
from workers.mail.summary import One, Part, SummaryWriter
from workers.sending import Sending, surely
from workers.store.claims import Claim, Refusal, Settlement, gathering
from workers.store.summaries import Waiting

#: Letters in one mail at most, and bytes of what their supporters did: with all that stands around them, text and HTML
#: stay below the 30 MB that the provider takes. More leave at once as further parts.
LETTERS, BYTES = 500, 2_000_000

#: Seconds until the next try of what could not be claimed or noted; a pause is waited for by the clock.
_AGAIN_S = 1.0
#: After these nothing is tried again.
_DONE = frozenset({Outcome.ACCEPTED, Outcome.REFUSED, Outcome.UNKNOWN, Outcome.WITHHELD})
#: The delivery of a mail → the claims of the letters in it.
Mails = Mapping[str, Sequence[Claim]]


@dataclass(frozen=True)
class Summaries:
    """What one process sends summaries with."""

    sending: Sending
    writer: SummaryWriter
    ids: Ids

    def send(self, campaign: Campaign, candidate: str) -> Iterator[Event]:
        """Sends what waits for a candidate who gets a summary; what does not leave stays due."""
        store, slug = self.sending.store, campaign.slug
        if campaign.summary is None or not store.summaries.has(slug, candidate):
            return
        quiet_until = _quiet_until(store.paces.find(slug).table, time.time())
        if quiet_until:
            store.summaries.due_again(slug, candidate, quiet_until)
            return
        parts = list(_parts(store.summaries.waiting(slug, candidate)))
        for number, actions in enumerate(parts, 1):
            later = yield from self._send(campaign, candidate, actions, Part(number, len(parts)))
            if later is not None:
                surely(partial(store.summaries.due_again, slug, candidate, later))
                return
        if not store.summaries.end(slug, candidate, gathering(campaign, time.time())):
            store.waiting.hasten(slug, candidate)

    def _send(
        self, campaign: Campaign, candidate: str, actions: Sequence[str], part: Part
    ) -> Generator[Event, None, float | None]:
        """Returns when what did not leave is to be tried again (epoch seconds); None if nothing is left to do."""
        sending, deadline = self.sending, time.time() + self.sending.claim_s
        if sending.stopping.is_set() or not sending.journal.ready():
            return time.time()
        claims, again_s = self._claim(campaign.slug, candidate, actions, deadline)
        if claims is None or not all(sending.noted(claim) for claim in claims):
            surely(partial(sending.store.summaries.unclaim, campaign.slug, candidate, actions, deadline))
            return time.time() + again_s
        if not claims:
            return None
        mails = self._mails(campaign, candidate, claims)
        posted, mishap = sending.post(claims[0], lambda _: list(self._write(campaign, mails, part)))
        told = [*_told(campaign, candidate, mails, posted), *stops(campaign, posted, mishap)]
        sending.stop_what_must(told)
        settlements = list(_settlements(campaign, mails, posted, mishap))
        surely(partial(sending.store.summaries.settle, settlements))
        yield from told
        is_done = not mishap and all(one.answer.outcome in _DONE for one in posted)
        return None if is_done else max(settlement.retry_at_ms for settlement in settlements) / 1000

    def _claim(
        self, slug: str, candidate: str, actions: Sequence[str], deadline: float
    ) -> tuple[list[Claim] | None, float]:
        """The claims of all letters that may leave; None if something forbids it, or nobody knows whether it does.

        And after how many seconds another try makes sense.
        """
        sending = self.sending
        try:
            found = sending.store.summaries.claim(slug, candidate, actions, deadline, sending.sender)
        except UnavailableError:
            return None, _AGAIN_S
        again_s = max([_AGAIN_S, *(one.wait_ms / 1000 for one in found if isinstance(one, Refusal))])
        whys = {one.why for one in found if isinstance(one, Refusal)}
        if "behind" in whys:
            sending.lookout.look()
        if whys - {"nothing"}:
            return None, again_s
        return [one for one in found if isinstance(one, Claim) and one.candidates], _AGAIN_S

    def _mails(self, campaign: Campaign, candidate: str, claims: Sequence[Claim]) -> Mails:
        """One mail for each address that letters go to: an address may have bounced for some of them."""
        by_address: dict[str, list[Claim]] = {}
        for claim in claims:
            by_address.setdefault(normal_address(claim.candidates[0].email), []).append(claim)
        return {self._delivery(campaign, candidate, letters): letters for letters in by_address.values()}

    def _delivery(self, campaign: Campaign, candidate: str, claims: Sequence[Claim]) -> str:
        """Derived from what no two mails have in common: when which letter was claimed for it."""
        edition = f"{claims[0].deadline} {claims[0].action.group}"
        return delivery_id(self.ids.summary(campaign.slug, candidate, edition), candidate)

    def _write(self, campaign: Campaign, mails: Mails, part: Part) -> Iterator[Envelope]:
        for delivery, claims in mails.items():
            summary, candidate = split_delivery_id(delivery)
            self.sending.store.summaries.note(summary, candidate, [claim.action.group for claim in claims])
            letters = [One(claim.person, claim.action, claim.candidates[0], claim.thanks) for claim in claims]
            yield self.writer.compose(campaign, delivery, letters, part)


def _quiet_until(table: Timetable | None, now: float) -> int:
    """When the hour ends that an operator's pace keeps quiet (epoch seconds); 0 if letters may leave now."""
    if table is None or table.share(table.hour(now)):
        return 0
    hours = range(table.hour(now), table.hour(now) + 48)
    return next((table.start(hour) for hour in hours if table.share(hour)), 0)


def _parts(waiting: Sequence[Waiting]) -> Iterator[list[str]]:
    """The actions whose letters go into each mail."""
    part: list[str] = []
    size = 0
    for one in waiting:
        if part and (len(part) == LETTERS or size + one.size > BYTES):
            yield part
            part, size = [], 0
        part.append(one.action)
        size += one.size
    if part:
        yield part


def _settlements(
    campaign: Campaign, mails: Mails, posted: Sequence[Posted], mishap: Answer | None
) -> Iterator[Settlement]:
    if mishap:
        yield from (came_to(campaign, claim, [], mishap) for claims in mails.values() for claim in claims)
    for one in posted:
        for delivery in one.deliveries:
            yield from (came_to(campaign, claim, [one], None) for claim in mails[delivery])


def _told(campaign: Campaign, candidate: str, mails: Mails, posted: Sequence[Posted]) -> Iterator[Event]:
    for one in posted:
        answer = one.answer
        for delivery in one.deliveries:
            about = campaign.slug, candidate, delivery, len(mails[delivery])
            if answer.outcome is Outcome.ACCEPTED:
                yield SummaryAccepted(*about, answer.message_id, int(answer.duration_ms))
            elif answer.outcome is Outcome.REFUSED:
                yield SummaryRejected(*about, answer.reason)
            elif answer.outcome is Outcome.UNKNOWN:
                yield SummaryUnknown(*about, answer.reason)
            elif answer.outcome is Outcome.WITHHELD:
                yield LettersStopped(campaign.slug, mails[delivery][0].action.id, len(mails[delivery]), answer.reason)
            else:
                yield SummaryRequeued(*about, answer.reason)
