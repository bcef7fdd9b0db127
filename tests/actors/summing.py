"""What tests of summaries stand on: a candidate who gets many letters, and a provider that answers as a test says."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.mail.post_office import TEMPLATES, composer
from tests.support.people import CAMPAIGN, campaign, person, take
from workers.actors.letters import send_summaries
from workers.campaign.events import Event
from workers.campaign.model import Action, Campaign
from workers.campaign.outcomes import Answer, Envelope, Outcome
from workers.campaign.summary import Summary
from workers.doubts import Lookout
from workers.journal import Journal
from workers.mail.summary import SummaryWriter
from workers.mail.templates import Templates
from workers.sending import Sending
from workers.store import Store
from workers.store.claims import Claim, gathering
from workers.summaries import Summaries

#: Three letters may wait.
PUSH = campaign(summary=Summary(3, 8))


@dataclass
class Provider:
    """Answers calls in order, and takes every call after those."""

    answers: list[Answer] = field(default_factory=list)
    calls: list[Envelope] = field(default_factory=list)
    longest_s: float = 1.0

    def post(self, envelope: Envelope) -> Answer:
        self.calls.append(envelope)
        taken = Answer(Outcome.ACCEPTED, 202, message_id=f"m{len(self.calls)}")
        return self.answers.pop(0) if self.answers else taken

    @property
    def deliveries(self) -> list[str]:
        """The ids in the calls, which reports name."""
        return [to.delivery for call in self.calls for to in call.recipients]


def write(store: Store, number: int, candidates: Sequence[str] = ("1",), push: Campaign = PUSH) -> Action:
    """Supporter ``number`` writes in words of their own."""
    action = take(store, person(store.ids, number), candidates, push.slug, message=f"Words of {number}.")
    store.letters.write(push.slug, [action.id], 60_000, gathering(push, action.at))
    return action


def flood(store: Store, letters: int = 4, candidates: Sequence[str] = ("1",), push: Campaign = PUSH) -> list[Action]:
    """So many supporters write."""
    return [write(store, number, candidates, push) for number in range(1, letters + 1)]


def alone(store: Store, action: Action, push: Campaign = PUSH) -> list[str]:
    """Those whose letters of this action leave one by one now."""
    claim = store.letters.claim(push.slug, action.id, action.at + 90, terms=gathering(push, action.at))
    return [candidate.id for candidate in claim.candidates] if isinstance(claim, Claim) else []


def summaries(store: Store, provider: Provider, folder: Path | None = None) -> Summaries:
    journal = Journal(folder)
    journal.open()
    sending = Sending(store, provider, journal, Lookout(store, journal), threading.Event(), 90.0)
    return Summaries(sending, SummaryWriter(Templates(TEMPLATES), composer()), store.ids)


def send(
    store: Store, provider: Provider, *candidates: str, push: Campaign = PUSH, folder: Path | None = None
) -> list[Event]:
    """What is due to these candidates (to the first, if none is named) leaves now."""
    return list(
        send_summaries.fn(
            campaign=push.slug,
            candidates=list(candidates or ("1",)),
            summaries=summaries(store, provider, folder),
            campaigns={push.slug: push},
        )
    )


def states(store: Store, to: str = "1") -> list[str]:
    """Of the letters to one candidate, newest first."""
    return [one.state.value for one in store.letters.newest_first(CAMPAIGN) if one.candidate == to]
