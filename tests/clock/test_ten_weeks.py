"""A whole campaign of ten weeks on a shifted clock: each letter leaves in its hour, and when it was said to."""

from __future__ import annotations

import random
import time
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
import redis

from tests.support.people import CAMPAIGN, campaign, candidate, person, take
from workers import pacing
from workers.campaign.model import Campaign
from workers.campaign.pace import Pace, read_curve, read_quiet
from workers.campaign.states import State
from workers.campaign.timetable import HOUR, timetable
from workers.forecasts import forecast
from workers.store import Store
from workers.store.letters import Claim, Settled, Settlement

#: One letter an hour, four hours a day: what comes on day one takes weeks to leave.
PACE = Pace(1, 2, read_curve("0-10, 10-24 0.5"), read_quiet("12-8"))


class Weeks:
    """The campaign's supporters, its clocks and its workers, one after the other at each moment that matters."""

    def __init__(self, store: Store, raw: redis.Redis, push: Campaign, chance: random.Random) -> None:
        self.store, self.raw, self.push, self.chance = store, raw, push, chance
        self.now = push.opens.timestamp() - HOUR
        self.gone: dict[str, list[float]] = defaultdict(list)
        self.faulty = False
        self._number = 0

    def act(self, *candidates: str) -> None:
        """One more supporter writes, and what may leave at once does."""
        self._number += 1
        action = take(self.store, person(self.store.ids, self._number), candidates)
        for due in self.store.letters.write(CAMPAIGN, [action.id], 120_000):
            self.send(due)

    def send(self, action_id: str) -> None:
        claim = self.store.letters.claim(CAMPAIGN, action_id, self.now + 90)
        if not isinstance(claim, Claim):
            assert claim.why == "nothing"  # whatever else it is would go on for ten weeks
        else:
            for one in claim.recipients:
                self.gone[one].append(self.now)
            letters = [Settled(one, State.ACCEPTED, 1) for one in claim.recipients]
            self.store.letters.settle(Settlement(claim.action, letters, ("m",), 1, deadline=claim.deadline))

    def go_on_until(self, end: float) -> None:
        """Two clocks move what is due, always at the moment when the next thing is."""
        while (due_at := self._next()) is not None and due_at < end:
            self.now = max(self.now, due_at)
            moved = [self.store.agenda.due_actions(CAMPAIGN, 100, 120_000) for _ in range(2)]
            assert not set(moved[0]) & set(moved[1])
            for action in (*moved[0], *moved[1]):
                self._work(action)
        self.now = end

    def _work(self, action: str) -> None:
        """A message may get lost, or come twice."""
        for _ in range(self.chance.choice([0, 1, 1, 1, 2]) if self.faulty else 1):
            self.send(action)

    def _next(self) -> float | None:
        first = self.raw.zrange(f"agenda:{CAMPAIGN}", 0, 0, withscores=True)
        return float(first[0][1]) / 1000 if first else None


def _weeks(store: Store, valkey: str, monkeypatch: pytest.MonkeyPatch, zone: str, day: str) -> Weeks:
    opens = datetime.fromisoformat(f"{day}T09:30").replace(tzinfo=ZoneInfo(zone))
    closes = opens + timedelta(weeks=10)
    push = campaign(opens=opens, closes=closes, polling_day=closes.date(), time_zone=zone, pace=PACE)
    office = [candidate(n, email=f"c{n}@office.example") for n in (2, 3, 4)]
    store.candidates.apply(CAMPAIGN, [candidate(1), *office])
    weeks = Weeks(store, redis.Redis.from_url(valkey), push, random.Random(day))
    monkeypatch.setattr(time, "time", lambda: weeks.now)
    pacing.publish(store, [push])
    return weeks


def _check_hours(weeks: Weeks) -> None:
    """No candidate got more than the cap in an hour, nor did an office; nobody got any in a quiet one."""
    table, zone, office = timetable(weeks.push, PACE), ZoneInfo(weeks.push.time_zone), Counter[int]()
    for one, times in weeks.gone.items():
        assert max(Counter(map(table.hour, times)).values()) <= PACE.cap, one
        for at in times:
            assert table.opens <= at < table.ends
            assert 8 <= datetime.fromtimestamp(at, UTC).astimezone(zone).hour < 12
        office.update(table.hour(at) for at in times if one != "1")
    assert max(office.values()) <= PACE.domain_cap


@pytest.mark.parametrize(
    ("zone", "day", "letters"),
    [
        ("Africa/Casablanca", "2026-02-13", 160),  # the only clocks that change twice within ten weeks
        ("Europe/London", "2026-03-20", 60),
        ("Europe/London", "2026-10-16", 60),
    ],
)
def test_a_campaign_of_ten_weeks(store: Store, valkey: str, monkeypatch: pytest.MonkeyPatch, zone, day, letters):
    """Every letter leaves inside its window, and the forecast of day one is right to the hour, past each such night."""
    weeks = _weeks(store, valkey, monkeypatch, zone, day)
    for number in range(letters):
        weeks.act(*(("1", "2", "3") if number % 8 == 0 else ("1",)))
    said = forecast(store, weeks.push, 120)
    first = {finish.candidate: finish.letters for finish in said.finishes}
    assert first == {"1": letters, "2": -(-letters // 8), "3": -(-letters // 8)}
    nights = [change for change, _ in timetable(weeks.push, PACE).segments[1:]]
    assert nights
    assert said.last
    assert all(change * HOUR < said.last for change in nights)
    for _ in range(40):
        weeks.go_on_until(weeks.now + weeks.chance.randint(1, 30) * HOUR)
        weeks.act(weeks.chance.choice("1234"))
    weeks.go_on_until(weeks.push.closes.timestamp() + HOUR)
    _check_hours(weeks)
    assert all(later - at >= HOUR for times in weeks.gone.values() for at, later in pairwise(times))
    for finish in said.finishes:
        left = sorted(weeks.gone[finish.candidate])[finish.letters - 1]
        assert finish.last is not None
        assert finish.last // HOUR == left // HOUR
    states = store.tallies.totals(CAMPAIGN).letters
    assert (states["queued"], states["held"], states["accepted"]) == (0, 0, sum(map(len, weeks.gone.values())))
    assert store.tallies.verify(CAMPAIGN) == []


def test_lost_and_repeated_moves_harm_nobody(store: Store, valkey: str, monkeypatch: pytest.MonkeyPatch):
    """A letter may leave later than it might have, never twice, and never beyond the pace; a pause is an outage too."""
    weeks = _weeks(store, valkey, monkeypatch, "Europe/London", "2026-09-20")
    weeks.faulty = True
    for number in range(60):
        weeks.act(*("1", "2", "3", "4")[: 1 + number % 4])
    for _ in range(25):
        weeks.go_on_until(weeks.now + weeks.chance.randint(1, 20) * HOUR)
        weeks.now += weeks.chance.choice([0, 0, 50, 5000, 20_000])
        weeks.act(weeks.chance.choice("1234"))
    weeks.go_on_until(weeks.push.closes.timestamp() + HOUR)
    _check_hours(weeks)
    assert sum(map(len, weeks.gone.values())) == 60 * 2 + 30 + 25
    assert store.tallies.totals(CAMPAIGN).letters["queued"] == 0
