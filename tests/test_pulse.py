"""Who lives, and what passed minute by minute: what a console shows at two in the morning."""

from __future__ import annotations

import os
import time
from collections import Counter

import pytest
import redis

from tests.support.people import CAMPAIGN, candidate, person, take
from tests.support.wait import wait_until
from workers.campaign.outcomes import Answer, Outcome
from workers.campaign.states import State
from workers.meters import Meter
from workers.pulse import beating
from workers.store import Store
from workers.store.letters import Settled, Settlement


def test_a_process_is_known_while_it_runs_and_missed_only_if_it_vanishes(store: Store, valkey: str):
    """One that ends as it was asked to has taken its leave; what fell silent a day ago is forgotten."""
    store.pulse.beat("clock", "mars:1")
    with beating(store, "worker"):
        wait_until(lambda: len(store.pulse.living()) == 2)
        clock, worker = store.pulse.living()
        assert (clock.kind, worker.kind, worker.name.endswith(f":{os.getpid()}")) == ("clock", "worker", True)
        assert worker.at == pytest.approx(time.time(), abs=5)
    assert [sign.name for sign in store.pulse.living()] == ["mars:1"]
    with redis.Redis.from_url(valkey) as raw:
        raw.zadd("alive", {"clock mars:1": time.time() - 90_000})
    store.pulse.beat("web", "mars:2")
    assert [sign.kind for sign in store.pulse.living()] == ["web"]


def test_what_became_of_letters_is_known_by_the_minute_and_a_resume_takes_nothing_away(store: Store):
    """The breaker begins anew with a resume; who looks at the last hour still sees what was."""
    store.candidates.apply(CAMPAIGN, [candidate(1), candidate(2)])
    for number, state in enumerate((State.ACCEPTED, State.REJECTED)):
        action = take(store, person(store.ids, number), ("1", "2"))
        store.letters.write(CAMPAIGN, [action.id], 60_000)
        store.letters.claim(CAMPAIGN, action.id, time.time() + 90)
        letters = [Settled(one, state, int(state is State.ACCEPTED)) for one in ("1", "2")]
        store.letters.settle(Settlement(action, letters, ["m"] * (state is State.ACCEPTED), 20_000))
        store.pauses.pause(f"campaign:{CAMPAIGN}", "a look")
        store.pauses.resume(f"campaign:{CAMPAIGN}")
    assert store.windows.read({CAMPAIGN: 60})[CAMPAIGN].counts == {}
    minutes = store.pulse.minutes([CAMPAIGN, "another"], 60)
    assert [len(one) for one in minutes.values()] == [60, 60]
    assert sum(minutes[CAMPAIGN], start=Counter()) == {"accepted": 2, "rejected": 2}
    assert sum(minutes[CAMPAIGN][-2:], start=Counter()).total() == 4
    assert not any(minutes["another"])


def test_the_newest_answer_of_each_kind_has_its_time(store: Store):
    """A provider that has refused for an hour looks otherwise than one that did so a month ago."""
    meter = Meter(store.meters)
    meter.provider_called(Answer(Outcome.ACCEPTED))
    meter.close()
    found = store.meters.counts()
    assert found["provider_newest accepted"] == pytest.approx(time.time(), abs=5)
    assert "provider_newest unknown" not in found
