"""Posts the envelopes of one claim: splits what was refused, and stops at what is not the letter's fault."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from workers.campaign.outcomes import Answer, Envelope, Outcome

#: May be the fault of one recipient of a call.
_OF_SOME = frozenset({Outcome.REFUSED, Outcome.WITHHELD})


class Mailer(Protocol):
    """Whoever can post an envelope."""

    @property
    def longest_s(self) -> float:
        """Seconds that one call may take."""

    def post(self, envelope: Envelope) -> Answer:
        """One provider call; never raises for what a network or a provider does."""


@dataclass(frozen=True, slots=True)
class Posted:
    """One envelope and what the provider said of it."""

    envelope: Envelope
    answer: Answer

    @property
    def deliveries(self) -> list[str]:
        """The ids of the deliveries in it."""
        return [recipient.delivery for recipient in self.envelope.recipients]


def post_all(
    mailer: Mailer, envelopes: Sequence[Envelope], begin_by: float, stopping: threading.Event
) -> Iterator[Posted]:
    """Every recipient of ``envelopes`` once; no call begins after ``begin_by`` (epoch seconds) or once ``stopping``.

    One that is refused or withheld for some of its recipients is split until it is only those. After an answer that
    forbids further calls the rest counts as not sent.
    """
    waiting, stopped = list(reversed(envelopes)), None
    while waiting:
        envelope = waiting.pop()
        answer = stopped or _too_late(begin_by, stopping) or mailer.post(envelope)
        if answer.outcome in _OF_SOME and len(envelope.recipients) > 1:
            waiting.extend(reversed(envelope.split()))
            continue
        if answer.outcome in (Outcome.LATER, Outcome.BARRED):
            stopped = answer
        yield Posted(envelope, answer)


def _too_late(begin_by: float, stopping: threading.Event) -> Answer | None:
    now = time.time()
    if now > begin_by:
        return Answer(Outcome.LATER, reason="claim-too-old", retry_at=now)
    return Answer(Outcome.LATER, reason="stopping", retry_at=now) if stopping.is_set() else None
