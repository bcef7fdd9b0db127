"""Letters that were on their way when their candidate signed: their supporters are told too, once it is known."""

from __future__ import annotations

import time

import pytest
import redis

from tests.actors.test_closing import AGREED, SIGNED_AT, balanced, due, ledger, outbox, send, sign
from tests.support.outbox import Outbox
from tests.support.people import CAMPAIGN, person, take
from workers.actors.closing import tell_supporters, tell_writers
from workers.campaign.events import ReceiptsDue
from workers.campaign.model import Action
from workers.campaign.states import State
from workers.store import Store
from workers.store.letters import Settled, Settlement

__all__ = ["ledger", "outbox"]


def on_its_way(ledger: Store, number: int) -> Action:
    """A supporter whose letters were claimed, and of which nothing is heard."""
    supporter = person(ledger.ids, number)
    action = take(ledger, supporter, ("1", "2"))
    ledger.actions.take(supporter, action, [AGREED], nudge_at_ms=0)
    ledger.letters.write(CAMPAIGN, [action.id], 60_000)
    ledger.letters.claim(CAMPAIGN, action.id, time.time() + 90)
    return action


def late(ledger: Store, valkey: str) -> list[str]:
    """The receipts that the clock's next look at letters which were on their way leads to."""
    with redis.Redis.from_url(valkey) as raw:
        for pair in raw.zrange(f"late:{CAMPAIGN}", 0, -1):
            raw.zadd(f"late:{CAMPAIGN}", {pair: 0})
    found = ledger.agenda.due_late(CAMPAIGN, 10, 60_000)
    events = [
        event
        for who, actions in found.items()
        for event in tell_writers.fn(campaign=CAMPAIGN, candidate=who, actions=actions, store=ledger)
    ]
    return [receipt for event in events if isinstance(event, ReceiptsDue) for receipt in event.receipts]


@pytest.mark.parametrize("how", ["settled", "expired and found by an operator"])
def test_a_letter_that_was_on_its_way_is_told_of_when_it_is_known(ledger: Store, outbox: Outbox, valkey: str, how: str):
    """Its supporter asked like the others: they hear once it is known that it left, and not before."""
    action = on_its_way(ledger, 1)
    sign(ledger)
    assert due(ledger, tell_supporters, tell_supporters) == late(ledger, valkey) == []
    if how == "settled":
        accepted = [Settled(one, State.ACCEPTED, 1) for one in ("1", "2")]
        ledger.letters.settle(Settlement(action, accepted, ("m1",), 20_000))
    else:
        ledger.letters.settle(Settlement(action, [Settled(one, State.UNKNOWN) for one in ("1", "2")], (), 20_000))
        assert late(ledger, valkey) == []
        ledger.unknowns.settle(CAMPAIGN, [f"{action.group}-1"], State.ACCEPTED, 20_000, "kim")
        ledger.pauses.end_hold()
    receipts = late(ledger, valkey)
    (mail,) = send(ledger, outbox, receipts)
    assert mail.to.email == "s1@supporters.example"
    assert late(ledger, valkey) == []
    assert due(ledger, tell_supporters) == []
    assert len(send(ledger, outbox, receipts)) == 1
    assert balanced(ledger)


@pytest.mark.parametrize("end", ["rejected", "withdrawn"])
def test_of_a_letter_that_never_left_or_a_signature_that_is_gone_nobody_is_told(ledger: Store, valkey: str, end: str):
    """And nobody looks again."""
    action = on_its_way(ledger, 1)
    sign(ledger)
    due(ledger, tell_supporters)
    if end == "withdrawn":
        ledger.signatures.withdraw(CAMPAIGN, "1", SIGNED_AT + 1)
    state = State.ACCEPTED if end == "withdrawn" else State.REJECTED
    ledger.letters.settle(Settlement(action, [Settled(one, state) for one in ("1", "2")], (), 20_000))
    assert late(ledger, valkey) == []
    with redis.Redis.from_url(valkey) as raw:
        assert raw.zcard(f"late:{CAMPAIGN}") == 0
