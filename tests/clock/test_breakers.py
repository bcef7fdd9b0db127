"""The breaker: too many letters that come to no good stop their campaign, and only once for the same ones."""

from __future__ import annotations

import time

import pytest
import redis

from tests.support.people import CAMPAIGN, person, take
from workers import breakers
from workers.app import App
from workers.campaign.breaker import rates, tripped
from workers.campaign.ids import split_delivery_id
from workers.campaign.model import Breaker
from workers.campaign.states import State
from workers.clock import Clock
from workers.store import Store
from workers.store.keys import pause_scope
from workers.store.letters import Refusal, Settled, Settlement
from workers.store.reports import SoftBounces, Verdict

DAY = 20_779
SCOPE = pause_scope(CAMPAIGN)


def sent(ledger: Store, numbers: range, state: State = State.ACCEPTED) -> list[str]:
    """The letter ids of so many actions to one candidate, each settled as ``state``."""
    letters = []
    for number in numbers:
        action = take(ledger, person(ledger.ids, number), ("1",))
        ledger.letters.write(CAMPAIGN, [action.id], 60_000)
        ledger.letters.claim(CAMPAIGN, action.id, time.time() + 90)
        call, calls = (1, ("m",)) if state is State.ACCEPTED else (0, ())
        ledger.letters.settle(Settlement(action, [Settled("1", state, call)], calls, DAY))
        letters.append(f"{action.group}-1")
    return letters


def reported(ledger: Store, letters: list[str], state: State, at: float = 0.0) -> None:
    moment = int(at or time.time())
    verdicts = [Verdict(*split_delivery_id(letter), state.value, moment, str(DAY)) for letter in letters]
    ledger.reports.record(verdicts, {CAMPAIGN: 1}, SoftBounces())


def counted(ledger: Store) -> dict[str, int]:
    return dict(ledger.windows.read({CAMPAIGN: 60})[CAMPAIGN].counts)


def paused(app: App) -> str:
    """Why the campaign is paused after one look, or ""."""
    breakers.look(app.store, app.campaigns)
    pause = app.store.pauses.all().get(SCOPE)
    return pause.reason if pause else ""


@pytest.mark.parametrize(
    ("counts", "opened"),
    [
        ({}, None),
        ({"rejected": 49}, None),  # fewer than the minimum
        ({"accepted": 40, "rejected": 10}, None),  # just what is allowed
        ({"accepted": 39, "rejected": 11}, "rejected"),
        ({"accepted": 100, "delivered": 90, "bounced": 10}, None),
        ({"accepted": 100, "delivered": 89, "bounced": 11}, "bounced"),
        ({"accepted": 1000, "delivered": 40, "bounced": 11}, "bounced"),  # most reports are still to come
        ({"accepted": 1000, "bounced": 99}, None),  # the provider reports no delivery
        ({"accepted": 1000, "bounced": 101}, "bounced"),
        ({"delivered": 200, "complained": 2}, None),
        ({"delivered": 200, "complained": 3}, "complained"),
        ({"complained": 60}, "complained"),
    ],
)
def test_a_rate_counts_among_enough_letters_only(counts: dict[str, int], opened: str | None):
    """The defaults: more than 20 % rejected, 10 % bounced or 1 % complained, of at least 50."""
    found = tripped(Breaker(), counts)
    assert (found.outcome if found else None) == opened


def test_a_share_of_one_never_opens():
    """Whoever wants no breaker says 1."""
    breaker = Breaker(rejected=1, bounced=1, complained=1)
    assert tripped(breaker, {"rejected": 100, "bounced": 100, "complained": 100}) is None
    assert [rate.share for rate in rates(breaker, {})] == [0, 0, 0]


def test_outcomes_are_counted_with_the_moves(ledger: Store):
    """A letter that was handed over counts as accepted once, however it came to be known."""
    letters = sent(ledger, range(6))
    sent(ledger, range(10, 13), State.REJECTED)
    sent(ledger, range(20, 22), State.QUEUED)
    reported(ledger, letters[:3], State.DELIVERED)
    reported(ledger, letters[:3], State.DELIVERED)
    reported(ledger, letters[3:4], State.BOUNCED)
    reported(ledger, letters[:1], State.COMPLAINED)
    unknown = sent(ledger, range(30, 31), State.UNKNOWN)
    assert counted(ledger) == {"accepted": 6, "rejected": 3, "delivered": 3, "bounced": 1, "complained": 1}
    reported(ledger, unknown, State.DELIVERED)
    assert (counted(ledger)["accepted"], counted(ledger)["delivered"]) == (7, 4)


@pytest.mark.parametrize("state", [State.BOUNCED, State.COMPLAINED])
def test_too_many_bad_reports_pause_the_campaign_and_say_why(app: App, ledger: Store, logged, state: State):
    """Minimum 10 here. The reason names rate, numbers and setting; the log says it once."""
    letters = sent(ledger, range(20))
    reported(ledger, letters[:9], State.DELIVERED)
    assert paused(app) == ""
    reported(ledger, letters[9:11], State.DELIVERED)
    reported(ledger, letters[9:11], state)
    reason = paused(app)
    assert f"2 of 1{'3' if state is State.BOUNCED else '1'} letters {state}" in reason
    assert f"breaker.{state} = " in reason
    breakers.look(app.store, app.campaigns)
    lines = [line for line in logged if line["event"] == "breaker.opened"]
    assert [(line["campaign"], line["setting"], line["letters"]) for line in lines] == [
        (CAMPAIGN, f"breaker.{state}", 2)
    ]
    assert [entry.kind for entry in ledger.events.newest(1)] == ["breaker.opened"]


def test_rejections_pause_the_campaign_within_a_tick(app: App, ledger: Store):
    """The clock looks each second; after that no claim begins."""
    sent(ledger, range(10), State.REJECTED)
    Clock(app).tick()
    assert "rejected" in ledger.pauses.all()[SCOPE].reason
    action = take(ledger, person(ledger.ids, 99), ("1",))
    ledger.letters.write(CAMPAIGN, [action.id], 60_000)
    assert ledger.letters.claim(CAMPAIGN, action.id, time.time() + 90) == Refusal("paused")


def test_what_was_seen_does_not_open_it_again_after_a_person_resumed(app: App, ledger: Store):
    """Resuming begins a new window; late reports of what happened before are not held against it either."""
    letters = sent(ledger, range(40))
    before = time.time() - 5
    reported(ledger, letters[:20], State.BOUNCED, before)
    assert "bounced" in paused(app)
    assert ledger.pauses.resume(SCOPE)
    assert paused(app) == ""
    reported(ledger, letters[20:30], State.BOUNCED, before)
    assert (paused(app), counted(ledger)) == ("", {})
    reported(ledger, letters[30:], State.BOUNCED, time.time() + 1)
    assert "10 of 10 letters bounced" in paused(app)


def test_a_look_that_a_person_overtook_pauses_nothing(app: App, ledger: Store):
    """A clock that read the old window just before it was resumed."""
    reported(ledger, sent(ledger, range(20)), State.BOUNCED)
    window = ledger.windows.read({CAMPAIGN: 60})[CAMPAIGN]
    assert paused(app)
    ledger.pauses.resume(SCOPE)
    assert not ledger.windows.open_breaker(CAMPAIGN, window, "late")
    assert ledger.pauses.all() == {}


def test_a_pause_by_hand_keeps_its_reason(app: App, ledger: Store):
    """It was there first."""
    ledger.pauses.pause(SCOPE, "lunch")
    sent_before = [take(ledger, person(ledger.ids, number), ("1",)) for number in range(12)]
    ledger.letters.write(CAMPAIGN, [action.id for action in sent_before], 60_000)
    letters = [f"{action.group}-1" for action in sent_before]
    reported(ledger, letters, State.BOUNCED)
    assert paused(app) == "lunch"


def test_the_window_ends(ledger: Store, valkey: str):
    """Each minute is a key that lives no longer than a window may be."""
    reported(ledger, sent(ledger, range(3)), State.BOUNCED)
    with redis.Redis.from_url(valkey, decode_responses=True) as client:
        (key,) = client.scan_iter(f"window:{CAMPAIGN}:*")
        assert 0 < client.ttl(key) <= 18_000
        client.rename(key, f"window:{CAMPAIGN}:{int(key.rpartition(':')[2]) - 30}")
    windows = {minutes: ledger.windows.read({CAMPAIGN: minutes})[CAMPAIGN] for minutes in (60, 20)}
    assert windows[60].counts["bounced"] == 3
    assert windows[20].counts == {}
