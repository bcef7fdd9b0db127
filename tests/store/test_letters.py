"""The ledger of letters on a real server: each transition is one script, and the books always balance."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import redis

from tests.support.people import CAMPAIGN, candidate, person, take
from workers.campaign.states import State
from workers.errors import NotFoundError
from workers.store import Store
from workers.store.actions import Taken
from workers.store.letters import Claim, Refusal, Sender, Settled, Settlement
from workers.store.scripts import source

DAY = 20_779


@pytest.fixture
def raw(valkey: str):
    """The server itself, for what no one should do to it."""
    with redis.Redis.from_url(valkey) as client:
        yield client


@pytest.fixture
def ledger(store: Store) -> Store:
    """Three candidates: two that can be reached, one that can't."""
    store.candidates.apply(CAMPAIGN, [candidate(1), candidate(2), candidate(3, email="")])
    return store


def written(ledger: Store, number: int = 1, candidates: tuple[str, ...] = ("1", "2", "3")):
    action = take(ledger, person(ledger.ids, number), candidates)
    ledger.letters.write(CAMPAIGN, [action.id], 60_000)
    return action


def claim(ledger: Store, action) -> Claim | Refusal:
    return ledger.letters.claim(CAMPAIGN, action.id, time.time() + 90)


def states(ledger: Store, action) -> dict[str, State]:
    return {letter.candidate: letter.state for letter in ledger.letters.of_action(action)}


def settle(ledger: Store, action, results: dict[str, State], message_ids: tuple[str, ...] = ("m1",)) -> list[bool]:
    letters = [Settled(c, s, 1 if s is State.ACCEPTED else 0) for c, s in results.items()]
    return ledger.letters.settle(Settlement(action, letters, message_ids, DAY))


def balanced(ledger: Store) -> bool:
    return ledger.tallies.verify(CAMPAIGN) == []


def test_a_letter_waits_for_each_candidate_and_is_held_where_no_address_is_known(ledger: Store):
    """A candidate without an address is normal, and the letter is not lost."""
    action = written(ledger)
    assert states(ledger, action) == {"1": "queued", "2": "queued", "3": "held"}
    assert ledger.tallies.totals(CAMPAIGN).letters["queued"] == 2
    assert balanced(ledger)


def test_writing_again_changes_nothing(ledger: Store):
    """A nudge may come any number of times."""
    action = written(ledger)
    ledger.letters.write(CAMPAIGN, [action.id], 60_000)
    assert ledger.tallies.totals(CAMPAIGN).supporters == 1
    assert balanced(ledger)


def test_a_supporter_writes_to_a_candidate_once_whatever_the_action(ledger: Store):
    """Asking for A and B, and later for B and C, makes three letters."""
    first = written(ledger, candidates=("1", "2"))
    second = written(ledger, candidates=("2", "3"))
    assert first.id != second.id
    assert ledger.tallies.totals(CAMPAIGN).supporters == 1
    assert len(list(ledger.letters.newest_first(CAMPAIGN))) == 3
    assert balanced(ledger)


def test_the_same_action_is_taken_once(ledger: Store):
    """Its id is derived from who writes to whom."""
    action = take(ledger, person(ledger.ids, 1), ("1",))
    taken, known, _ = ledger.actions.take(person(ledger.ids, 1), action, nudge_at_ms=0)
    assert (taken, known) == (Taken.KNOWN, action.id)
    assert ledger.actions.count(CAMPAIGN) == 1


def test_a_claim_takes_what_is_queued_and_nobody_else_gets_it(ledger: Store):
    """Claim before posting: a duplicated message finds nothing."""
    action = written(ledger)
    with ThreadPoolExecutor(8) as pool:
        claims = list(pool.map(lambda _: claim(ledger, action), range(16)))
    taken = [one for one in claims if isinstance(one, Claim)]
    assert len(taken) == 1
    assert [c.id for c in taken[0].candidates] == ["1", "2"]
    assert taken[0].person.name == "Supporter 1"
    assert balanced(ledger)


def test_a_settlement_moves_state_and_tally_together(ledger: Store):
    """And repeating it moves nothing."""
    action = written(ledger)
    claim(ledger, action)
    assert settle(ledger, action, {"1": State.ACCEPTED, "2": State.REJECTED}) == [True, True]
    assert settle(ledger, action, {"1": State.ACCEPTED, "2": State.REJECTED}) == [False, False]
    tally = ledger.tallies.show(CAMPAIGN)
    assert tally.contacts == 1
    assert tally.days == {DAY: 1}
    assert tally.candidates["1"] == {"accepted": 1}
    assert ledger.letters.get(f"{action.group}-1").message_id == "m1"
    assert balanced(ledger)


def test_a_letter_that_surely_did_not_leave_waits_for_its_next_time(ledger: Store):
    """429 is not a failure: no attempt is used up, and no call begins before the provider wants it."""
    action = written(ledger)
    claim(ledger, action)
    later = [Settled("1", State.QUEUED, 0, "429"), Settled("2", State.QUEUED, 0, "429")]
    at = int(time.time() * 1000) + 5000
    ledger.letters.settle(Settlement(action, later, (), DAY, retry_at_ms=at, hold_ms=5000))
    assert states(ledger, action)["1"] == "queued"
    refusal = claim(ledger, action)
    assert isinstance(refusal, Refusal)
    assert refusal.why == "hold"
    assert 0 < refusal.wait_ms <= 5000
    assert balanced(ledger)


def test_a_sender_that_falls_silent_leaves_unknown_letters(ledger: Store):
    """They may have left: they are shown, and no machine posts them again."""
    action = written(ledger)
    ledger.letters.claim(CAMPAIGN, action.id, time.time() - 1)
    assert ledger.letters.expire_claims() == [(action.id, CAMPAIGN, 2)]
    assert {letter.id for letter in ledger.letters.unknown(CAMPAIGN)} == {f"{action.group}-1", f"{action.group}-2"}
    assert claim(ledger, action) == Refusal("nothing")
    assert balanced(ledger)


def test_a_sender_that_wakes_up_late_still_settles_what_it_knows(ledger: Store):
    """Unknown is settled by who knows."""
    action = written(ledger)
    ledger.letters.claim(CAMPAIGN, action.id, time.time() - 1)
    ledger.letters.expire_claims()
    assert settle(ledger, action, {"1": State.ACCEPTED, "2": State.ACCEPTED}) == [True, True]
    assert ledger.letters.unknown(CAMPAIGN) == []
    assert balanced(ledger)


@pytest.mark.parametrize("scope", ["all", f"campaign:{CAMPAIGN}"])
def test_nothing_is_claimed_while_it_is_paused(ledger: Store, scope: str):
    """The claim itself looks, so no process has to be told."""
    action = written(ledger)
    ledger.pauses.pause(scope, "a test")
    assert claim(ledger, action) == Refusal("paused")
    ledger.pauses.resume(scope)
    assert isinstance(claim(ledger, action), Claim)


def test_an_address_that_comes_releases_what_was_held(ledger: Store):
    """The letter leaves with the new address."""
    action = written(ledger)
    ledger.candidates.apply(CAMPAIGN, [candidate(3)])
    assert ledger.letters.release(CAMPAIGN, "3") == 1
    taken = claim(ledger, action)
    assert isinstance(taken, Claim)
    assert [c.email for c in taken.candidates][2] == "c3@candidates.example"
    assert balanced(ledger)


def test_a_changed_address_reaches_letters_that_wait(ledger: Store):
    """The address is read at the claim, not when the letter was written."""
    action = written(ledger)
    ledger.candidates.apply(CAMPAIGN, [candidate(1, email="new@candidates.example")])
    taken = claim(ledger, action)
    assert isinstance(taken, Claim)
    assert taken.candidates[0].email == "new@candidates.example"


def test_a_withdrawn_candidate_gets_no_letter_that_waits(ledger: Store):
    """Neither at once nor at the claim."""
    action = written(ledger)
    ledger.candidates.apply(CAMPAIGN, [candidate(1, status="withdrawn")])
    assert ledger.letters.withhold(CAMPAIGN, "1", "withdrawn") == 1
    assert states(ledger, action)["1"] == "withheld"
    ledger.candidates.apply(CAMPAIGN, [candidate(2, status="withdrawn")])
    assert claim(ledger, action) == Refusal("nothing")
    assert states(ledger, action)["2"] == "withheld"
    assert balanced(ledger)


def test_a_recount_names_every_difference_and_repair_mends_it(ledger: Store, raw):
    """Even of a tally that somebody changed by hand."""
    action = written(ledger)
    claim(ledger, action)
    settle(ledger, action, {"1": State.ACCEPTED, "2": State.ACCEPTED})
    raw.hincrby(f"tally:{CAMPAIGN}", "accepted", 7)
    raw.hincrby(f"tally:{CAMPAIGN}:candidates", "1:accepted", -1)
    found = {(d.name, d.counted, d.recounted) for d in ledger.tallies.verify(CAMPAIGN)}
    assert found == {("accepted", 9, 2), ("1:accepted", 0, 1)}
    assert len(ledger.tallies.repair(CAMPAIGN)) == 2
    assert balanced(ledger)


def test_what_is_not_a_letter_is_told_so(ledger: Store):
    """Whatever is typed after ``letters show``."""
    for typed in ("", "x", "d" * 17, "d" * 17 + "-", "d" * 17 + "-9", "../../etc"):
        with pytest.raises(NotFoundError):
            ledger.letters.get(typed)


def test_scripts_come_back_after_the_server_forgot_them(ledger: Store, raw):
    """A restarted server has no scripts."""
    action = written(ledger)
    raw.script_flush()
    assert isinstance(claim(ledger, action), Claim)
    raw.script_flush()
    settlement = Settlement(action, [Settled("1", State.ACCEPTED, 1), Settled("2", State.ACCEPTED, 1)], ("m",), DAY)
    assert ledger.letters.settle_and_claim([settlement], CAMPAIGN, [action.id], time.time() + 90) == []
    assert balanced(ledger)


def test_what_ran_does_not_run_again_where_a_server_forgot_some_scripts(ledger: Store, raw):
    """Another process gave them back between two calls of one write: a claim that ran twice would lose its letters."""
    first, second = written(ledger), written(ledger, 2)
    claim(ledger, first)
    settlement = Settlement(first, [Settled("1", State.ACCEPTED, 1), Settled("2", State.ACCEPTED, 1)], ("m",), DAY)
    raw.script_flush()
    raw.script_load(source("claim_letters"))
    claimed = ledger.letters.settle_and_claim([settlement], CAMPAIGN, [second.id], time.time() + 90)
    assert isinstance(claimed, list)
    assert [one.action for one in claimed] == [second]
    assert states(ledger, first) == {"1": "accepted", "2": "accepted", "3": "held"}


def test_a_call_keeps_its_number_when_a_letter_leaves_alone_that_was_in_a_summary(ledger: Store):
    """The field that named the summary goes: the provider's id of another letter's call must not be lost by it."""
    action = written(ledger, candidates=("1", "2"))
    for summary, one in (("first", "1"), ("second", "2")):
        ledger.summaries.note(summary, one, [action.group])
    ledger.summaries.claim(CAMPAIGN, "2", [action.id], time.time() + 90, Sender())
    settle(ledger, action, {"2": State.ACCEPTED}, ("of-2",))
    assert isinstance(claim(ledger, action), Claim)
    settle(ledger, action, {"1": State.ACCEPTED}, ("of-1",))
    assert {one.candidate: one.message_id for one in ledger.letters.of_action(action)} == {"1": "of-1", "2": "of-2"}


def test_a_script_moves_more_letters_than_lua_can_unpack(ledger: Store):
    """A few thousand in one call: else the pace of a whole campaign could not be set, and nothing left any more."""
    many = tuple(str(number) for number in range(1, 4200))
    ledger.candidates.apply(CAMPAIGN, [candidate(int(one)) for one in many])
    written(ledger, candidates=many)
    assert ledger.tallies.totals(CAMPAIGN).letters["queued"] == len(many)
    assert balanced(ledger)
