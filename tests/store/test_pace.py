"""Pace in the ledger, on a real server: each letter has its time, and none leaves before."""

from __future__ import annotations

import random
import time
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
import redis

from tests.support.people import CAMPAIGN, campaign, candidate, person, take
from workers import pacing
from workers.campaign.pace import Pace, read_curve, read_quiet
from workers.campaign.slots import LAG, Slots, jitter
from workers.campaign.states import State
from workers.store import Store
from workers.store.actions import Taken
from workers.store.letters import Claim, Refusal, Settled, Settlement

HOUR = 3600
NOON = int(datetime(2026, 10, 20, 12, tzinfo=UTC).timestamp())
#: When the first slot of an hour is, for candidate 1 and one letter an hour.
JITTER = jitter("1", (HOUR + LAG) * 10**6) // 10**6


class Wall:
    """The wall clock, as these tests set it."""

    def __init__(self, at: float) -> None:
        self.at = at


@pytest.fixture
def wall(monkeypatch: pytest.MonkeyPatch) -> Wall:
    one = Wall(NOON)
    monkeypatch.setattr(time, "time", lambda: one.at)
    return one


@pytest.fixture
def raw(valkey: str):
    with redis.Redis.from_url(valkey, decode_responses=True) as client:
        yield client


@pytest.fixture
def ledger(store: Store, wall: Wall) -> Store:
    store.candidates.apply(CAMPAIGN, [candidate(n, email=f"c{n}@office{n}.example") for n in (1, 2, 3)])
    return store


def paced(ledger: Store, pace: Pace, closes: datetime = datetime(2099, 1, 1, tzinfo=UTC)):
    push = campaign(pace=pace, opens=datetime(2026, 10, 1, tzinfo=UTC), closes=closes)
    pacing.publish(ledger, [push])
    return push


def written(ledger: Store, number: int, candidates: tuple[str, ...] = ("1",)):
    action = take(ledger, person(ledger.ids, number), candidates)
    ledger.letters.write(CAMPAIGN, [action.id], 60_000)
    return action


def claim(ledger: Store, action) -> Claim | Refusal:
    return ledger.letters.claim(CAMPAIGN, action.id, time.time() + 90)


def times(ledger: Store, action) -> dict[str, tuple[str, int]]:
    return {letter.candidate: (letter.state.value, letter.at) for letter in ledger.letters.of_action(action)}


def test_without_a_pace_letters_leave_at_once(ledger: Store):
    """As ever."""
    assert isinstance(claim(ledger, written(ledger, 1)), Claim)


def test_a_letter_gets_its_time_when_it_is_written_and_is_not_taken_before(ledger: Store, wall: Wall):
    """One an hour: the second waits for the next, on the agenda."""
    paced(ledger, Pace(1, 600))
    first, second = written(ledger, 1), written(ledger, 2)
    assert times(ledger, second) == {"1": ("queued", NOON + HOUR + JITTER)}
    assert isinstance(claim(ledger, first), Claim)
    assert claim(ledger, second) == Refusal("nothing")
    assert ledger.agenda.due_actions(CAMPAIGN, 10, 60_000) == []
    wall.at = NOON + HOUR + JITTER
    assert ledger.agenda.due_actions(CAMPAIGN, 10, 60_000) == [second.id]
    assert isinstance(claim(ledger, second), Claim)
    assert ledger.tallies.verify(CAMPAIGN) == []


def test_letters_of_one_action_leave_each_in_its_own_time(ledger: Store, wall: Wall):
    """A candidate who has few is not held up by one who has many."""
    paced(ledger, Pace(1, 600))
    written(ledger, 1)
    action = written(ledger, 2, ("1", "2"))
    taken = claim(ledger, action)
    assert isinstance(taken, Claim)
    assert taken.recipients == ("2",)
    ledger.letters.settle(Settlement(action, [Settled("2", State.QUEUED, 0, "429")], (), 1, NOON * 1000 + 5000))
    wall.at = NOON + 5
    assert action.id in ledger.agenda.due_actions(CAMPAIGN, 10, 60_000)
    taken = claim(ledger, action)
    assert isinstance(taken, Claim)
    assert taken.recipients == ("2",)
    wall.at = NOON + HOUR + JITTER
    assert action.id in ledger.agenda.due_actions(CAMPAIGN, 10, 60_000)


def test_nobody_is_flooded_after_an_outage(ledger: Store, wall: Wall):
    """What was held up takes new times; it never comes all at once."""
    paced(ledger, Pace(2, 600))
    actions = [written(ledger, n) for n in range(1, 7)]
    wall.at = NOON + 5 * HOUR
    taken = [isinstance(claim(ledger, action), Claim) for action in actions]
    assert taken == [True] + [False] * 5
    later = [times(ledger, action)["1"][1] - int(wall.at) for action in actions[1:]]
    assert later[0] == 1802
    assert [b - a for a, b in pairwise(later[1:])] == [1802, 1803, 1802]


def test_nothing_leaves_before_the_opening_or_in_quiet_hours(ledger: Store):
    """Letters may be written before, and wait."""
    opens = datetime(2026, 10, 24, 22, tzinfo=UTC)
    pacing.publish(ledger, [campaign(pace=Pace(60, 600, quiet=read_quiet("21-8")), opens=opens)])
    at = times(ledger, written(ledger, 1))["1"][1]
    assert (
        timedelta(0) <= datetime.fromtimestamp(at, UTC) - datetime(2026, 10, 25, 8, tzinfo=UTC) < timedelta(minutes=1)
    )


def test_a_letter_without_time_before_polling_day_is_held_and_comes_back_when_there_is_some(ledger: Store):
    """It is not lost, and it is said why."""
    push = paced(ledger, Pace(1, 600), closes=datetime.fromtimestamp(NOON + 2 * HOUR, UTC))
    actions = [written(ledger, n) for n in range(1, 5)]
    states = [ledger.letters.of_action(action)[0] for action in actions]
    assert [(letter.state, letter.reason) for letter in states] == [("queued", "")] * 2 + [("held", "no-time")] * 2
    assert ledger.waiting.follow(CAMPAIGN, "1").released == 0
    pacing.change(ledger, push, lambda _: Pace(10, 600))
    assert claim(ledger, actions[0]) == Refusal("hold", 1000)
    assert ledger.paces.retime_all(CAMPAIGN) == (4, 0)
    assert [times(ledger, action)["1"] for action in actions] == [
        ("queued", NOON + 360 * n + n // 2) for n in range(1, 5)
    ]
    pacing.change(ledger, push, lambda _: None)
    assert ledger.paces.retime_all(CAMPAIGN) == (1, 3)
    assert Counter(ledger.tallies.totals(CAMPAIGN).letters) == Counter(queued=1, held=3)
    assert ledger.tallies.verify(CAMPAIGN) == []


def test_times_are_given_anew_oldest_first_however_often_it_is_broken_off(ledger: Store):
    """Two go on at once, one of them twice: each letter gets one time, and the order stays."""
    push = paced(ledger, Pace(1, 600))
    actions = [written(ledger, n) for n in range(1, 251)]
    pacing.change(ledger, push, lambda _: Pace(60, 600))
    assert ledger.paces.find(CAMPAIGN).is_timing
    ledger.paces.retime(CAMPAIGN)
    pacing.change(ledger, push, lambda _: Pace(60, 600), anew=True)
    while ledger.paces.retime(CAMPAIGN):
        ledger.paces.retime(CAMPAIGN)
    assert not ledger.paces.find(CAMPAIGN).is_timing
    found = [times(ledger, action)["1"][1] for action in actions]
    assert found[0] == NOON + 60
    assert all(60 <= later - at <= 2 * 60 for at, later in pairwise(found))
    assert found[-1] - found[0] <= 252 * 60


def test_what_stands_is_not_set_again_and_an_operator_stands_above_the_file(ledger: Store):
    """Every process publishes the file's pace when it begins."""
    push = paced(ledger, Pace(5, 600))
    pacing.change(ledger, push, lambda _: Pace(7, 600))
    version = ledger.paces.find(CAMPAIGN).version
    pacing.publish(ledger, [push, replace(push, pace=Pace(9, 600))])
    standing = ledger.paces.find(CAMPAIGN)
    assert (standing.version, standing.override) == (version, Pace(7, 600))
    pacing.change(ledger, push, lambda _: None)
    table = ledger.paces.find(CAMPAIGN).table
    assert table
    assert table.cap == 5
    pacing.publish(ledger, [replace(push, pace=None)])
    assert ledger.paces.find(CAMPAIGN).table is None
    assert not ledger.paces.put(CAMPAIGN, None, None, seen=version)


def test_a_second_address_a_settlement_and_a_released_letter_keep_the_pace(ledger: Store):
    """Whatever queues a letter, it takes its turn."""
    ledger.candidates.apply(CAMPAIGN, [candidate(2, email="")])
    paced(ledger, Pace(1, 600))
    held, first = written(ledger, 1, ("2",)), written(ledger, 2, ("1",))
    ledger.letters.claim(CAMPAIGN, first.id, time.time() - 1)
    ledger.letters.expire_claims()
    ledger.unknowns.settle(CAMPAIGN, [f"{first.group}-1"], State.QUEUED, 1, "ann")
    assert times(ledger, first)["1"] == ("queued", NOON + HOUR + JITTER)
    ledger.candidates.apply(CAMPAIGN, [candidate(2, email="new@office.example")])
    assert ledger.letters.release(CAMPAIGN, "2") == 1
    assert times(ledger, held)["2"] == ("queued", NOON)
    another = written(ledger, 3, ("2",))
    assert times(ledger, another)["2"][1] >= NOON + HOUR


def test_candidates_at_one_domain_are_known_as_they_come_and_go(ledger: Store):
    """An import that changes an address changes who shares an office."""
    assert ledger.paces.shared_domains(CAMPAIGN) == {}
    ledger.candidates.apply(CAMPAIGN, [candidate(1, email="a@office.example"), candidate(2, email="b@Office.example")])
    assert ledger.paces.shared_domains(CAMPAIGN).keys() == {"1", "2"}
    ledger.candidates.apply(CAMPAIGN, [candidate(1, email="a@office.example"), candidate(2, status="withdrawn")])
    assert ledger.paces.shared_domains(CAMPAIGN) == {}


@pytest.mark.parametrize("seed", range(4))
def test_the_ledger_gives_the_times_of_the_pure_rules(ledger: Store, wall: Wall, seed: int):
    """To the second, over both nights of daylight saving, for candidates of one domain as for others."""
    chance = random.Random(seed)
    office = [candidate(n, email=f"c{n}@office.example") for n in (4, 5, 6)]
    ledger.candidates.apply(CAMPAIGN, office)
    zone = chance.choice(["Europe/London", "Asia/Kathmandu", "Australia/Lord_Howe"])
    pace = Pace(chance.choice([1, 3, 7]), chance.choice([2, 5]), read_curve("8-9 0.3, 9-17, 17-23 0.5"))
    push = campaign(
        pace=pace,
        opens=datetime(2026, 10, 3, 9, 20, tzinfo=UTC),
        closes=datetime(2026, 10, 5, 12, tzinfo=UTC),
        time_zone=zone,
    )
    table = pacing.table_of(push, None)
    assert table
    wall.at = table.opens - 3 * HOUR
    pacing.publish(ledger, [push])
    slots = Slots(table, domains=ledger.paces.shared_domains(CAMPAIGN))
    assert len(slots.domains) == 3
    for number in range(150):
        wall.at += chance.choice([0, 0, 1, 300, 5000])
        asked = tuple(sorted(chance.sample("123456", chance.randint(1, 4))))
        found = times(ledger, written(ledger, number, asked))
        expected = {one: slots.reserve(one, int(wall.at)) for one in asked}
        assert found == {one: ("held", int(wall.at)) if at is None else ("queued", at) for one, at in expected.items()}
    assert ledger.paces.newest(CAMPAIGN) == slots.newest
    assert ledger.tallies.verify(CAMPAIGN) == []


def test_keys_of_hours_vanish_when_they_are_over(ledger: Store, raw: redis.Redis):
    """What an hour's rooms were is of no use after it."""
    ledger.candidates.apply(CAMPAIGN, [candidate(n, email=f"c{n}@office.example") for n in (1, 2)])
    paced(ledger, Pace(1, 1))
    written(ledger, 1, ("1", "2"))
    lives = [raw.ttl(key) for key in raw.scan_iter("rooms:*")]
    assert len(lives) == 2
    assert all(HOUR <= life <= 4 * HOUR for life in lives)


def test_an_action_taken_twice_takes_no_second_slot(ledger: Store):
    """A nudge may come any number of times."""
    paced(ledger, Pace(1, 600))
    action = written(ledger, 1)
    ledger.letters.write(CAMPAIGN, [action.id], 60_000)
    assert ledger.actions.take(person(ledger.ids, 1), action, nudge_at_ms=0)[0] is Taken.KNOWN
    assert times(ledger, action) == {"1": ("queued", NOON)}
    assert ledger.paces.newest(CAMPAIGN) == {"1": NOON * 10**6}
