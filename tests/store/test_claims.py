"""A settlement ends its own claim and no other, however late or often it comes."""

from __future__ import annotations

import time

import pytest

from tests.support.people import CAMPAIGN, candidate, person, take
from workers.campaign.states import State
from workers.store import Store
from workers.store.letters import Claim, Letter, Refusal, Settled, Settlement

DAY = 20_779


@pytest.fixture
def ledger(store: Store) -> Store:
    store.candidates.apply(CAMPAIGN, [candidate(1)])
    return store


def written(ledger: Store):
    action = take(ledger, person(ledger.ids, 1), ("1",))
    ledger.letters.write(CAMPAIGN, [action.id], 60_000)
    return action


def claim(ledger: Store, action, seconds: float = 90) -> Claim:
    claimed = ledger.letters.claim(CAMPAIGN, action.id, time.time() + seconds)
    assert isinstance(claimed, Claim)
    return claimed


def settlement(claimed: Claim, state: State) -> Settlement:
    letters, ids = [Settled("1", state, 1 if state is State.ACCEPTED else 0)], ("m",) if state is State.ACCEPTED else ()
    return Settlement(claimed.action, letters, ids, DAY, deadline=claimed.deadline)


def letter(ledger: Store, action) -> Letter:
    return ledger.letters.of_action(action)[0]


def test_a_repeated_settlement_does_not_take_a_letter_from_who_claimed_it_since(ledger: Store):
    """Its answer may have been lost, and the letter may be on its way from another sender."""
    action = written(ledger)
    first = claim(ledger, action, 90)
    ledger.letters.settle(settlement(first, State.QUEUED))
    second = claim(ledger, action, 91)
    assert ledger.letters.settle(settlement(first, State.QUEUED)) == [False]
    assert letter(ledger, action).state == "sending"
    assert ledger.letters.claims_in_flight() == 1
    assert ledger.letters.settle(settlement(second, State.ACCEPTED)) == [True]
    assert ledger.tallies.verify(CAMPAIGN) == []


def test_a_claim_whose_answer_was_lost_is_given_back(ledger: Store):
    """Nothing left: nobody has to look into it."""
    action = written(ledger)
    lost = claim(ledger, action)
    assert ledger.letters.unclaim(CAMPAIGN, action.id, lost.deadline) == 1
    assert ledger.letters.unclaim(CAMPAIGN, action.id, lost.deadline) == 0
    assert (letter(ledger, action).state, ledger.letters.claims_in_flight()) == ("queued", 0)
    claim(ledger, action)
    assert ledger.letters.unclaim(CAMPAIGN, action.id, lost.deadline) == 0
    assert ledger.tallies.verify(CAMPAIGN) == []


def test_a_provider_that_does_not_answer_is_asked_ever_less_often(ledger: Store):
    """Each call that goes unanswered makes letters unknown: an outage must not take all of them."""
    waits = []
    for number in range(3):
        action = take(ledger, person(ledger.ids, number), ("1",))
        ledger.letters.write(CAMPAIGN, [action.id], 60_000)
        ledger.letters.settle(settlement(claim(ledger, action), State.UNKNOWN))
        waits.append(ledger.pauses.hold_ms())
        assert isinstance(ledger.letters.claim(CAMPAIGN, action.id, time.time() + 90), Refusal)
        ledger.pauses.end_hold()
    assert [round(wait / 1000) for wait in waits] == [2, 4, 8]
