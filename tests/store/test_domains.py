"""Mail to one domain is paused: what goes there waits, everything else leaves."""

from __future__ import annotations

import time

import pytest
import redis

from tests.support.people import CAMPAIGN, candidate, person, take
from workers import domains
from workers.campaign.states import State
from workers.store import Store
from workers.store.claims import NOBODY
from workers.store.keys import agenda
from workers.store.letters import Claim, Refusal

DOMAIN = "down.example"
AGAIN_S = 600


@pytest.fixture
def ledger(store: Store) -> Store:
    """One at the domain that is down, one elsewhere, one there only at their second address."""
    second = candidate(3, email="c3@first.example", second_email="c3@DOWN.example")
    store.candidates.apply(CAMPAIGN, [candidate(1, email="c1@Down.Example"), candidate(2), second])
    return store


def pause(ledger: Store) -> str:
    scope = domains.scope_of(ledger.ids, DOMAIN)
    assert ledger.pauses.pause(scope, "it is down", "ines", DOMAIN)
    return scope


def claimed(ledger: Store, action) -> list[str]:
    found = ledger.letters.claim(CAMPAIGN, action.id, time.time() + 90)
    return [one.id for one in found.candidates] if isinstance(found, Claim) else []


def written(ledger: Store, number: int, *candidates: str):
    action = take(ledger, person(ledger.ids, number), candidates)
    ledger.letters.write(CAMPAIGN, [action.id], 60_000)
    return action


def test_letters_to_it_wait_and_the_others_of_the_same_action_leave(ledger: Store, valkey: str):
    """Looked at again in ten minutes; at once when the domain is let go on."""
    scope, action = pause(ledger), written(ledger, 1, "1", "2", "3")
    assert claimed(ledger, action) == ["2", "3"]
    states = {letter.candidate: letter.state for letter in ledger.letters.of_action(action)}
    assert states == {"1": State.QUEUED, "2": State.SENDING, "3": State.SENDING}
    with redis.Redis.from_url(valkey) as raw:
        due = raw.zscore(agenda(CAMPAIGN), action.id)
        assert due / 1000 - time.time() == pytest.approx(AGAIN_S, abs=30)
        assert domains.resume(ledger, [CAMPAIGN], scope, "ines")
        assert raw.zscore(agenda(CAMPAIGN), action.id) / 1000 <= time.time()
    assert claimed(ledger, action) == ["1"]
    assert not domains.resume(ledger, [CAMPAIGN], scope, "ines")
    assert ledger.tallies.verify(CAMPAIGN) == []


def test_it_counts_where_a_letter_goes_now(ledger: Store):
    """A second address may be at another domain than the first."""
    pause(ledger)
    ledger.suppressions.put([(ledger.ids.address("c3@first.example"), "bounced")], "test")
    assert claimed(ledger, written(ledger, 1, "2", "3")) == ["2"]


def test_receipts_to_its_people_wait_as_well(ledger: Store):
    """A supporter's provider may be the one that is down."""
    scope = domains.scope_of(ledger.ids, "supporters.example")
    ledger.pauses.pause(scope, "it is down", domain="supporters.example")
    written(ledger, 1, "2")
    order = ledger.receipts.queue(CAMPAIGN, person(ledger.ids, 1), "undelivered", "about")
    book = ledger.receipts.book(CAMPAIGN)
    assert ledger.letters.claim(book, order, time.time() + 90) == Refusal("nothing")
    domains.resume(ledger, [CAMPAIGN], scope, "")
    assert isinstance(ledger.letters.claim(book, order, time.time() + 90), Claim)


def test_a_daily_summary_to_it_is_put_off(ledger: Store):
    """It is one mail: it leaves whole, later."""
    pause(ledger)
    action = written(ledger, 1, "1")
    found = ledger.summaries.claim(CAMPAIGN, "1", [action.id], time.time() + 90, NOBODY)
    assert found == [Refusal("hold", AGAIN_S * 1000)]
