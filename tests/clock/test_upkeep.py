"""What the queue lost is found again in the ledger; what is over ends; what looks wrong is said."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tests.support.people import CAMPAIGN, person, take
from workers.app import App
from workers.campaign.model import Campaign
from workers.campaign.states import State
from workers.store import Store
from workers.store.letters import Claim, Settled, Settlement
from workers.upkeep import Upkeep

DAY = 20_779


@pytest.fixture
def campaign(app: App) -> Campaign:
    return app.campaigns[CAMPAIGN]


def over(campaign: Campaign) -> Campaign:
    """The same campaign, closed an hour ago."""
    return replace(campaign, closes=datetime.now(UTC) - timedelta(hours=1))


def written(ledger: Store, number: int = 1, candidates: tuple[str, ...] = ("1", "2", "3")):
    action = take(ledger, person(ledger.ids, number), candidates)
    ledger.letters.write(CAMPAIGN, [action.id], 60_000)
    return action


def states(ledger: Store, action) -> list[str]:
    return [letter.state.value for letter in ledger.letters.of_action(action)]


def pass_over(upkeep: Upkeep, campaign: Campaign) -> None:
    """More than one whole pass over the few actions of a test, three at a time."""
    for _ in range(8):
        upkeep.sweep(campaign)


def balanced(ledger: Store) -> bool:
    return ledger.tallies.verify(CAMPAIGN) == []


def test_nothing_is_found_where_nothing_is_lost(upkeep, ledger: Store, campaign, raw, logged):
    """A pass over a healthy ledger changes not one key."""
    done, sent = written(ledger, 1), written(ledger, 2)
    written(ledger, 3)
    take(ledger, person(ledger.ids, 4), ("1",))
    ledger.letters.claim(CAMPAIGN, done.id, time.time() + 90)
    ledger.letters.settle(Settlement(done, [Settled(c, State.ACCEPTED, 1) for c in ("1", "2")], ("m",), DAY))
    ledger.letters.claim(CAMPAIGN, sent.id, time.time() + 90)
    before = {key: raw.dump(key) for key in raw.scan_iter() if not key.startswith(("cursor", "turn"))}
    pass_over(upkeep, campaign)
    assert {key: raw.dump(key) for key in raw.scan_iter() if not key.startswith(("cursor", "turn"))} == before
    assert logged == []


@pytest.mark.parametrize("lost", ["agenda", "waiting"])
def test_queued_letters_that_no_list_knows_of_are_found(upkeep, ledger: Store, campaign, raw, logged, lost: str):
    """After somebody deleted a key, for all we know."""
    actions = [written(ledger, number) for number in range(7)]
    raw.delete(*(key for key in raw.keys(f"{lost}:*")))
    pass_over(upkeep, campaign)
    assert set(ledger.agenda.due_actions(CAMPAIGN, 100, 0)) == ({a.id for a in actions} if lost == "agenda" else set())
    assert ledger.letters.waiting_for(CAMPAIGN, "1") == 7
    mended = [line for line in logged if line["event"] == "upkeep.mended"]
    assert sum(line[lost] for line in mended) == (7 if lost == "agenda" else 21)
    assert balanced(ledger)


def test_an_action_whose_letters_were_never_written_is_found(upkeep, ledger: Store, campaign, raw):
    """Law 5: the queue is a nudge."""
    action = take(ledger, person(ledger.ids, 1), ("1", "2"))
    raw.delete(f"unwritten:{CAMPAIGN}")
    pass_over(upkeep, campaign)
    assert ledger.agenda.due_unwritten(CAMPAIGN, 10, 1000) == [action.id]


def test_a_claim_without_a_deadline_gets_one_and_ends_unknown(upkeep, app: App, ledger: Store, campaign, raw):
    """Its sender has as long as any other; then nobody posts the letters again."""
    action = written(ledger)
    assert isinstance(ledger.letters.claim(CAMPAIGN, action.id, time.time() + 90), Claim)
    raw.delete("claims")
    pass_over(upkeep, campaign)
    deadline = raw.zscore("claims", action.id) / 1000
    assert 0 < deadline - time.time() <= app.settings.clock.claim_s
    assert ledger.letters.expire_claims() == []
    raw.zadd("claims", {action.id: 1})
    ledger.letters.expire_claims()
    assert states(ledger, action) == ["unknown", "unknown", "held"]
    raw.delete(f"unknown:{CAMPAIGN}")
    pass_over(upkeep, campaign)
    assert len(ledger.letters.unknown(CAMPAIGN)) == 2
    assert balanced(ledger)


def test_an_agenda_without_letters_is_tidied(upkeep, ledger: Store, campaign, raw):
    """It would be nudged for ever."""
    action = written(ledger)
    ledger.letters.claim(CAMPAIGN, action.id, time.time() + 90)
    raw.zadd(f"agenda:{CAMPAIGN}", {action.id: 1})
    pass_over(upkeep, campaign)
    assert ledger.agenda.waiting(CAMPAIGN) == 0


def test_held_letters_leave_once_an_address_is_known_even_if_nobody_was_told(upkeep, ledger: Store, campaign, raw):
    """An import that died between the candidate and the letters."""
    action = written(ledger)
    address = ledger.ids.address("c3@candidates.example")
    raw.hset(f"reach:{CAMPAIGN}", "3", address)
    pass_over(upkeep, campaign)
    assert states(ledger, action) == ["queued", "queued", "queued"]
    assert balanced(ledger)


def test_letters_to_who_signed_are_withheld_even_if_the_message_was_lost(upkeep, ledger: Store, campaign, raw):
    """Nobody asks for what was given."""
    action = written(ledger)
    raw.hset(f"signatures:{CAMPAIGN}", "1", "{}")
    pass_over(upkeep, campaign)
    assert states(ledger, action) == ["withheld", "queued", "held"]
    assert ledger.letters.of_action(action)[0].reason == "signed"


def test_a_candidate_whom_nobody_knows_is_not_acted_on(upkeep, ledger: Store, campaign, raw):
    """A deleted key must not withhold a campaign."""
    action = written(ledger)
    raw.delete(f"reach:{CAMPAIGN}")
    pass_over(upkeep, campaign)
    assert states(ledger, action) == ["queued", "queued", "held"]


def test_what_waits_after_the_close_is_withheld(upkeep, ledger: Store, campaign, logged):
    """The books are final: nothing waits for what will not come. What is unknown or was sent stays."""
    sent, lost = written(ledger, 90), written(ledger, 91)
    ledger.letters.claim(CAMPAIGN, sent.id, time.time() + 90)
    ledger.letters.settle(Settlement(sent, [Settled(c, State.ACCEPTED, 1) for c in ("1", "2")], ("m",), DAY))
    ledger.letters.claim(CAMPAIGN, lost.id, time.time() - 1)
    ledger.letters.expire_claims()
    actions = [written(ledger, number) for number in range(10)]
    upkeep.sweep(over(campaign))
    assert all(states(ledger, action) == ["withheld"] * 3 for action in actions)
    assert {letter.reason for action in actions for letter in ledger.letters.of_action(action)} == {"closed"}
    assert states(ledger, sent) == ["accepted", "accepted", "withheld"]
    assert states(ledger, lost) == ["unknown", "unknown", "withheld"]
    assert ledger.agenda.waiting(CAMPAIGN) == 0
    assert sum(line["letters"] for line in logged if line["event"] == "letters.withheld") == 32
    assert balanced(ledger)


def test_what_comes_back_to_the_queue_after_the_close_is_withheld_too(upkeep, ledger: Store, campaign):
    """A sender that was told to wait."""
    action = written(ledger)
    ledger.letters.claim(CAMPAIGN, action.id, time.time() + 90)
    upkeep.sweep(over(campaign))
    assert states(ledger, action) == ["sending", "sending", "withheld"]
    ledger.letters.settle(Settlement(action, [Settled(c, State.QUEUED, 0, "429") for c in ("1", "2")], (), DAY))
    pass_over(upkeep, over(campaign))
    assert states(ledger, action) == ["withheld"] * 3


def test_a_clock_that_runs_ahead_closes_nothing(upkeep, ledger: Store, campaign, monkeypatch):
    """What is withheld never leaves: the ledger's own clock must say so as well."""
    action, now = written(ledger), time.time()
    monkeypatch.setattr("workers.upkeep.time.time", lambda: now + 7200)
    upkeep.sweep(replace(campaign, closes=datetime.now(UTC) + timedelta(hours=1)))
    assert states(ledger, action) == ["queued", "queued", "held"]


def test_a_pass_goes_in_bounded_steps_from_whichever_clock(app: App, ledger: Store, campaign, raw):
    """Three actions a second here: the next clock goes on where the last one was."""
    for number in range(7):
        written(ledger, number)
    raw.delete(f"agenda:{CAMPAIGN}")
    waiting = []
    for _ in range(3):
        Upkeep(app).sweep(campaign)
        waiting.append(ledger.agenda.waiting(CAMPAIGN))
    assert waiting == [3, 6, 7]


def test_one_clock_does_a_round_and_the_others_leave_it(app: App, ledger: Store, raw):
    """The turn passes by itself, should that one die."""
    written(ledger)
    ledger.turns.take("upkeep", 60)
    raw.delete(f"agenda:{CAMPAIGN}")
    Upkeep(app).round()
    assert ledger.agenda.waiting(CAMPAIGN) == 0
    raw.delete("turn:upkeep")
    Upkeep(app).round()
    assert ledger.agenda.waiting(CAMPAIGN) == 1


def test_a_job_that_fails_stops_no_other(app: App, ledger: Store, raw, logged, monkeypatch):
    """And is said."""
    monkeypatch.setattr("workers.upkeep._FIRST_DRIFT_S", 0.0)
    written(ledger)
    raw.set(f"cursor:sweep:{CAMPAIGN}", "x", ex=60)
    raw.hincrby(f"tally:{CAMPAIGN}", "queued", 5)
    Upkeep(app).round()
    assert next(line for line in logged if line["event"] == "upkeep.failed")["job"] == "sweep"
    assert [line["event"] for line in logged].count("tally.drift") == 1


def test_drift_is_said_with_its_differences_and_mended_by_nobody(upkeep, ledger: Store, campaign, raw, logged):
    """A person should know before a number changes by itself."""
    written(ledger)
    raw.hincrby(f"tally:{CAMPAIGN}", "accepted", 7)
    assert len(upkeep.drift(CAMPAIGN)) == 1
    line = next(line for line in logged if line["event"] == "tally.drift")
    assert (line["differences"], line["named"]) == (1, [f"tally:{CAMPAIGN} accepted: 7, recounted 0"])
    assert ledger.tallies.totals(CAMPAIGN).letters["accepted"] == 7


def test_what_only_moves_is_no_drift(upkeep, ledger: Store, campaign, logged, monkeypatch):
    """Letters are written while it counts; only what differs twice the same is said."""
    verify = ledger.tallies.verify
    numbers = iter(range(100, 200))

    def moving(slug: str):
        found = verify(slug)
        before = ledger.tallies.totals(slug)
        written(ledger, next(numbers))
        assert ledger.tallies.totals(slug) != before
        return found + [replace_counted(difference) for difference in verify(slug)]

    def replace_counted(difference):
        return replace(difference, counted=difference.counted + 1)

    monkeypatch.setattr(ledger.tallies, "verify", moving)
    assert upkeep.drift(CAMPAIGN) == []
    assert logged == []


def test_receipts_are_looked_after_as_letters_are(app: App, ledger: Store, campaign, raw, logged):
    """A book of their own; they may leave after the campaign has closed."""
    for number in range(4):
        ledger.receipts.queue(CAMPAIGN, person(ledger.ids, number), "undelivered", "a1")
    book = ledger.receipts.book(CAMPAIGN)
    raw.delete(f"agenda:{book}")
    upkeep = Upkeep(app)
    assert upkeep.drift(book) == []
    for _ in range(4):
        upkeep.sweep(over(campaign), book)
    assert ledger.agenda.waiting(book) == 4
    assert ledger.tallies.totals(book).letters["queued"] == 4
    assert {line["event"] for line in logged} == {"upkeep.mended"}


def test_a_ledger_that_went_back_is_left_alone(upkeep, ledger: Store, campaign, monkeypatch):
    """What it has forgotten must not be taken for lost, nor ended, before a person says go."""
    action = written(ledger)
    monkeypatch.setattr(ledger.pauses, "went_back", lambda: True)
    upkeep.sweep(over(campaign))
    assert states(ledger, action) == ["queued", "queued", "held"]
