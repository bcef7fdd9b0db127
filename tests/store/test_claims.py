"""A settlement ends its own claim and no other, however late or often it comes."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from tests.support.people import CAMPAIGN, candidate, person, take
from workers.campaign.states import State
from workers.store import Store
from workers.store.claims import NOBODY, Sender
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


def several(ledger: Store, *actions, sender: Sender = NOBODY) -> list[Claim]:
    """The claims of all of these in one round trip."""
    found = ledger.letters.settle_and_claim([], CAMPAIGN, [action.id for action in actions], time.time() + 90, sender)
    assert isinstance(found, list)
    return found


def test_the_letters_of_several_actions_are_claimed_and_settled_together(ledger: Store):
    """Each claim has a number of its own; one of which nothing can be taken has none."""
    ledger.candidates.apply(CAMPAIGN, [candidate(2, status="withdrawn"), candidate(3)])
    taken = [take(ledger, person(ledger.ids, number), (to,)) for number, to in enumerate(("1", "2", "3"))]
    ledger.letters.write(CAMPAIGN, [action.id for action in taken], 60_000)
    gone = replace(taken[0], id="a" + "z" * 16)
    claims = several(ledger, taken[0], gone, *taken[1:], sender=Sender("one"))
    assert [(one.action.id, one.number, one.recipients) for one in claims] == [
        (taken[0].id, 1, ("1",)),
        (taken[2].id, 2, ("3",)),
    ]
    assert ledger.letters.claims_in_flight() == 2
    assert ledger.agenda.due_actions(CAMPAIGN, 10, 60_000) == []
    done = [Settlement(one.action, [Settled(one.recipients[0], State.ACCEPTED, 1)], ("m",), DAY) for one in claims]
    assert ledger.letters.settle(*done) == [True, True]
    assert [letter(ledger, action).state.value for action in taken] == ["accepted", "withheld", "accepted"]
    assert ledger.letters.claims_in_flight() == 0
    assert ledger.tallies.verify(CAMPAIGN) == []


def test_two_actions_of_one_supporter_are_claimed_and_settled_together(ledger: Store):
    """Their letters are in one record: what one claim writes must not be overwritten by the other."""
    ledger.candidates.apply(CAMPAIGN, [candidate(2)])
    supporter = person(ledger.ids, 1)
    taken = [take(ledger, supporter, (to,)) for to in ("1", "2")]
    ledger.letters.write(CAMPAIGN, [action.id for action in taken], 60_000)
    claims = several(ledger, *taken)
    assert [one.recipients for one in claims] == [("1",), ("2",)]
    done = [
        Settlement(one.action, [Settled(one.recipients[0], State.ACCEPTED, 1)], (f"m{n}",), DAY)
        for n, one in enumerate(claims)
    ]
    ledger.letters.settle(*done)
    assert [(letter(ledger, one).state, letter(ledger, one).message_id) for one in taken] == [
        ("accepted", "m0"),
        ("accepted", "m1"),
    ]
    assert ledger.tallies.verify(CAMPAIGN) == []


def test_a_letter_that_is_being_sent_counts_as_queued_for_its_candidate(ledger: Store):
    """The campaign's own count says that it is being sent; both are what a recount finds."""
    claimed = claim(ledger, written(ledger))
    tally = ledger.tallies.show(CAMPAIGN)
    assert (tally.letters["sending"], tally.candidates["1"]) == (1, {"queued": 1})
    assert ledger.tallies.verify(CAMPAIGN) == []
    ledger.letters.settle(settlement(claimed, State.UNKNOWN))
    assert ledger.tallies.show(CAMPAIGN).candidates["1"] == {"unknown": 1}
    assert ledger.tallies.verify(CAMPAIGN) == []
