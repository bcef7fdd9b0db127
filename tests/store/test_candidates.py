"""Candidates on a real server: record, reach and ballot are always in step, and waiting letters follow."""

from __future__ import annotations

from dataclasses import replace

import pytest
import redis

from tests.support.people import CAMPAIGN, candidate, person, take
from workers.candidates import follow, import_candidates
from workers.errors import NotFoundError
from workers.store import Store, keys

SEAT = "E14999001"


@pytest.fixture
def raw(valkey: str):
    """The server itself."""
    with redis.Redis.from_url(valkey, decode_responses=True) as client:
        yield client


def waiting(store: Store, *candidates: str):
    """A supporter's letters, written and not yet sent."""
    action = take(store, person(store.ids, 1), candidates)
    store.letters.write(CAMPAIGN, [action.id], 60_000)
    return lambda: {letter.candidate: (letter.state, letter.reason) for letter in store.letters.of_action(action)}


def ballot(store: Store, seat: str = SEAT) -> list[str]:
    return [found.id for found in store.candidates.of(CAMPAIGN, seat)]


def test_candidates_are_remembered_as_they_are(store: Store):
    """Accents and all."""
    ada = candidate(1, name="Zoë Ash-Đỗ", honorific="Dr", incumbent=True, region="Wales")
    store.candidates.apply(CAMPAIGN, [ada])
    assert store.candidates.get(CAMPAIGN, "1") == ada
    assert store.candidates.all(CAMPAIGN) == {"1": ada}
    assert store.candidates.count(CAMPAIGN) == 1


def test_an_unknown_candidate_or_seat_is_told_apart_from_an_empty_one(store: Store):
    """One is a mistake, the other a constituency where nobody stands."""
    with pytest.raises(NotFoundError, match="no candidate of that id"):
        store.candidates.get(CAMPAIGN, "1")
    assert store.candidates.of(CAMPAIGN, SEAT) == []
    assert store.candidates.all("other") == {}


def test_a_ballot_has_the_order_of_the_file(store: Store):
    """Ten after nine, not after one; who comes later is the last."""
    store.candidates.apply(CAMPAIGN, [candidate(number) for number in (9, 10, 1)])
    store.candidates.apply(CAMPAIGN, [candidate(3), candidate(10, name="Another name")])
    assert ballot(store) == ["9", "10", "1", "3"]


def test_who_withdraws_leaves_the_ballot_and_may_come_back(store: Store, raw):
    """Nobody writes to someone who does not stand; the record stays."""
    store.candidates.apply(CAMPAIGN, [candidate(1), candidate(2)])
    store.candidates.apply(CAMPAIGN, [candidate(1, status="withdrawn")])
    assert ballot(store) == ["2"]
    assert raw.hget(keys.reach(CAMPAIGN), "1") == "-"
    assert not store.candidates.get(CAMPAIGN, "1").is_standing
    store.candidates.apply(CAMPAIGN, [candidate(1)])
    assert ballot(store) == ["2", "1"]


def test_who_moves_stands_in_one_place_only(store: Store, raw):
    """A corrected code must not leave a ghost; an empty ballot leaves no key behind."""
    store.candidates.apply(CAMPAIGN, [candidate(1)])
    store.candidates.apply(CAMPAIGN, [candidate(1, constituency="E14999002")])
    assert (ballot(store), ballot(store, "E14999002")) == ([], ["1"])
    assert raw.hkeys(keys.seats(CAMPAIGN)) == ["E14999002"]


def test_reach_is_the_address_as_suppressions_know_it_and_never_the_address(store: Store, raw):
    """One address under two spellings is one; a reader of the ledger learns nothing."""
    store.candidates.apply(
        CAMPAIGN, [candidate(1), candidate(2, email="C1@Candidates.example"), candidate(3, email="")]
    )
    reach = raw.hgetall(keys.reach(CAMPAIGN))
    assert reach["1"] == reach["2"] == store.ids.address("c1@candidates.example")
    assert reach["3"] == ""


def test_writing_again_changes_nothing(store: Store, raw):
    """A script may be repeated when a connection breaks."""
    put = [
        candidate(number, email="" if number % 3 == 0 else f"c{number}@candidates.example") for number in range(1, 1300)
    ]
    store.candidates.apply(CAMPAIGN, put)
    before = {key: raw.hgetall(key) for key in raw.keys("*")}
    store.candidates.apply(CAMPAIGN, put)
    assert {key: raw.hgetall(key) for key in raw.keys("*")} == before
    assert len(ballot(store)) == 1299


def test_a_held_letter_is_released_when_an_address_comes(store: Store):
    """It waited for nothing else."""
    import_candidates(store, CAMPAIGN, [candidate(1), candidate(2, email="")])
    states = waiting(store, "1", "2")
    assert states()["2"][0] == "held"
    moved = import_candidates(store, CAMPAIGN, [candidate(2)])
    assert (moved.released, states()["2"][0]) == (1, "queued")
    assert store.tallies.verify(CAMPAIGN) == []


def test_letters_to_a_withdrawn_candidate_are_withheld(store: Store):
    """Held or queued; the others leave as they would have."""
    import_candidates(store, CAMPAIGN, [candidate(1), candidate(2, email=""), candidate(3)])
    states = waiting(store, "1", "2", "3")
    gone = [replace(candidate(number), status="withdrawn") for number in (1, 2)]
    assert import_candidates(store, CAMPAIGN, gone).withheld == 2
    assert states() == {"1": ("withheld", "withdrawn"), "2": ("withheld", "withdrawn"), "3": ("queued", "")}
    assert store.tallies.verify(CAMPAIGN) == []


def test_an_import_that_was_cut_off_is_completed_by_the_next(store: Store):
    """What waits follows the state of the candidates, not who was there when it changed."""
    import_candidates(store, CAMPAIGN, [candidate(1, email="")])
    states = waiting(store, "1")
    store.candidates.apply(CAMPAIGN, [candidate(1)])  # and here the lights went out
    assert follow(store, CAMPAIGN).released == 1
    assert states()["1"][0] == "queued"
    assert follow(store, CAMPAIGN).released == 0


def test_a_campaign_knows_its_own_candidates_only(store: Store):
    """The same id stands in two campaigns."""
    store.candidates.apply(CAMPAIGN, [candidate(1)])
    store.candidates.apply("other", [candidate(1, name="Somebody else")])
    assert store.candidates.get(CAMPAIGN, "1").name == "Candidate 1"
