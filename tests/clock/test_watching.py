"""What upkeep says: keys that live too long, callbacks that nobody works, letters that are unknown for too long."""

from __future__ import annotations

import time

from tests.support.people import CAMPAIGN, candidate, person, take
from workers.store import Store


def test_a_key_that_lives_for_ever_by_mistake_is_said_once_an_hour(upkeep, raw, logged):
    """Its noun is said, not its name."""
    raw.set("request:r1", "x")
    for _ in range(3):
        upkeep.look_at_keys()
    raw.delete("request:r1")
    found = [line for line in logged if line["event"] == "key.immortal"]
    assert [(line["noun"], line["keys"]) for line in found] == [("request", 1)]


def test_a_callback_that_no_list_knows_of_is_worked_after_all(upkeep, ledger: Store, raw):
    """Its body is on disk: that is what the 2xx said."""
    ledger.callbacks.keep("c1", b"[]", 0)
    raw.delete("callbacks")
    upkeep.look_at_keys()
    assert ledger.agenda.due_callbacks(10, 1000) == ["c1"]


def test_a_callback_whose_body_is_gone_is_forgotten(upkeep, ledger: Store, raw):
    """It would be nudged for ever."""
    ledger.callbacks.keep("c1", b"[]", 0)
    raw.delete("callback:c1")
    upkeep.look_at_what_waits()
    assert ledger.agenda.due_callbacks(10, 1000) == []


def test_callbacks_that_nobody_works_are_said_once_an_hour(upkeep, ledger: Store, raw, logged):
    """The workers are away, or a body is poison."""
    ledger.callbacks.keep("c1", b"[]", 0)
    ledger.callbacks.keep("c2", b"[]", 0)
    raw.expire("callback:c1", 14 * 86_400 - 3600)
    upkeep.look_at_what_waits()
    upkeep.look_at_what_waits()
    assert [line["callbacks"] for line in logged if line["event"] == "callbacks.unworked"] == [1]


def test_old_unknown_letters_are_said_once_an_hour(upkeep, ledger: Store, raw, logged):
    """A person must decide; fresh ones may still be settled by a report."""
    old, fresh = (take(ledger, person(ledger.ids, number), ("1", "2")) for number in (1, 2))
    for action in (old, fresh):
        ledger.letters.write(CAMPAIGN, [action.id], 60_000)
        ledger.letters.claim(CAMPAIGN, action.id, time.time() - 1)
    ledger.letters.expire_claims()
    raw.zadd(f"unknown:{CAMPAIGN}", {f"{old.group}-1": time.time() - 4000})
    upkeep.look_at_what_waits()
    upkeep.look_at_what_waits()
    lines = [line for line in logged if line["event"] == "letters.unknown_old"]
    assert [(line["campaign"], line["letters"], line["unknown"]) for line in lines] == [(CAMPAIGN, 1, 4)]
    assert candidate(1).name not in str(logged)
