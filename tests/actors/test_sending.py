"""How letters leave: a few actions at a time while the provider is prompt, and none that has lost its turn."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.actors.summing import Provider
from tests.mail.post_office import composer
from tests.support.people import CAMPAIGN, campaign, candidate, person, take
from workers import sending as sending_module
from workers.actors.letters import send_letters
from workers.campaign.events import Event, LettersRequeued
from workers.campaign.model import Action
from workers.campaign.outcomes import Answer, Envelope, Outcome
from workers.doubts import Lookout
from workers.gate import Gate
from workers.journal import Journal
from workers.journal_files import entries
from workers.sending import Sending
from workers.store import Store

PUSH = campaign()


@dataclass
class Watching(Provider):
    """A provider that takes so long, and sees how many actions are in flight at each call."""

    store: Store | None = None
    takes_ms: float = 1.0
    in_flight: list[int] = field(default_factory=list)

    def post(self, envelope: Envelope) -> Answer:
        assert self.store
        self.in_flight.append(self.store.letters.claims_in_flight())
        said = super().post(envelope)
        return Answer(said.outcome, said.status, said.message_id, said.reason, said.retry_at, duration_ms=self.takes_ms)


@pytest.fixture
def ledger(store: Store) -> Store:
    """Two candidates who can be reached."""
    store.candidates.apply(CAMPAIGN, [candidate(1), candidate(2)])
    return store


def written(ledger: Store, actions: int) -> list[Action]:
    """So many supporters wrote to both, and all of it is due."""
    taken = [take(ledger, person(ledger.ids, number), ("1", "2")) for number in range(actions)]
    ledger.letters.write(CAMPAIGN, [action.id for action in taken], 60_000)
    return taken


def send(ledger: Store, provider: Provider, actions: list[Action], folder: Path | None = None) -> list[Event]:
    """As a worker does with one message."""
    journal = Journal(folder)
    journal.open()
    sending = Sending(ledger, provider, journal, Lookout(ledger, journal), threading.Event(), 90.0, gate=Gate(64))
    ids = [action.id for action in actions]
    told = send_letters.fn(CAMPAIGN, ids, sending=sending, composer=composer(), campaigns={CAMPAIGN: PUSH})
    try:
        return list(told)
    finally:
        journal.close()


def states(ledger: Store, actions: list[Action]) -> list[str]:
    """Of each action's letters, which share a call and so a fate."""
    return [" ".join({one.state.value for one in ledger.letters.of_action(action)}) for action in actions]


def test_a_prompt_provider_gets_the_letters_of_a_few_actions_from_one_claim(ledger: Store):
    """The first is sent alone: nobody knows yet how soon the provider answers."""
    actions, provider = written(ledger, 12), Watching(store=ledger)
    send(ledger, provider, actions)
    assert provider.in_flight == [1, *[8] * 8, *[3] * 3]
    assert states(ledger, actions) == ["accepted"] * 12
    assert ledger.tallies.verify(CAMPAIGN) == []


def test_a_slow_provider_gets_them_one_by_one(ledger: Store):
    """What is claimed can't be stopped any more, and would be unknown if this worker died."""
    actions, provider = written(ledger, 4), Watching(store=ledger, takes_ms=150.0)
    send(ledger, provider, actions)
    assert provider.in_flight == [1, 1, 1, 1]
    assert states(ledger, actions) == ["accepted"] * 4


@pytest.mark.parametrize(
    ("answer", "comes_to"),
    [
        (Answer(Outcome.LATER, 429, reason="slow down", retry_at=time.time() + 60), "queued"),
        (Answer(Outcome.UNKNOWN, 502, reason="answered 502"), "unknown"),
        (Answer(Outcome.BARRED, 401, reason="no credits", scope="all"), "queued"),
    ],
    ids=["later", "unknown", "barred"],
)
def test_after_an_answer_that_bodes_ill_the_rest_of_a_claim_goes_back(ledger: Store, answer: Answer, comes_to: str):
    """A provider that is down would make all of them unknown; what was not posted surely did not leave."""
    taken = Answer(Outcome.ACCEPTED, 202, message_id="m", duration_ms=1.0)
    actions, provider = written(ledger, 6), Provider([taken, taken, answer])
    told = send(ledger, provider, actions)
    assert len(provider.calls) == 3
    assert states(ledger, actions) == ["accepted", "accepted", comes_to, "queued", "queued", "queued"]
    given_back = [
        event.action for event in told if isinstance(event, LettersRequeued) and event.reason == "not-reached"
    ]
    assert given_back == [action.id for action in actions[3:]]
    assert ledger.letters.claims_in_flight() == 0
    assert ledger.tallies.verify(CAMPAIGN) == []


def test_what_is_not_reached_soon_goes_back_and_is_due_at_once(ledger: Store, monkeypatch: pytest.MonkeyPatch):
    """A signature or a pause that comes meanwhile still stops it."""
    monkeypatch.setattr(sending_module, "ENOUGH_S", -1.0)
    actions, provider = written(ledger, 5), Provider()
    send(ledger, provider, actions)
    assert states(ledger, actions) == ["accepted", "accepted", "queued", "queued", "queued"]
    assert set(ledger.agenda.due_actions(CAMPAIGN, 10, 60_000)) == {action.id for action in actions[2:]}


def test_every_action_of_a_claim_is_in_the_journal_before_the_first_is_posted(ledger: Store, tmp_path: Path):
    """It is the witness should the ledger ever go back in time."""
    actions = written(ledger, 5)
    send(ledger, Provider(), actions, tmp_path / "journal")
    (sender,) = {path.stem for path in (tmp_path / "journal").glob("*.log")}
    noted = list(entries(tmp_path / "journal", after={sender: 0}))
    assert [(entry.number, entry.action) for entry in noted] == [(n, one.id) for n, one in enumerate(actions, 1)]
