"""What is kept of addresses, by the scripts alone: times decide, never arrival."""

from __future__ import annotations

import itertools

import pytest
import redis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.people import CAMPAIGN, candidate
from tests.support.valkey import flush
from workers.errors import NotFoundError
from workers.store import Store, keys
from workers.store.reports import SoftBounces, Verdict

DAY = 86_400
AT = 1_790_000_000
SOFT = SoftBounces(3, 7 * DAY)
GROUP = "d" + "a" * 16


def verdict(health: str, at: int, recipient: str = "1", address: str = "eone") -> Verdict:
    return Verdict(GROUP, recipient, "-", AT + at, "20000", health=health, address=address)


def record(store: Store, *verdicts: Verdict):
    return store.reports.record(verdicts, {}, SOFT)


def kept(store: Store) -> list[tuple[str, str, int]]:
    return sorted((one.id, one.reason, one.at) for one in store.suppressions.all())


def test_every_reason_is_kept_with_its_time_and_who_said_so(store: Store):
    """A bounce may be mended; a complaint beside it stays."""
    record(store, verdict("hard", 5), verdict("complained", 3))
    store.suppressions.put([("eone", "asked")], "operator")
    found = store.suppressions.of("eone")
    assert [(one.reason, one.source) for one in found] == [
        ("asked", "operator"),
        ("bounced", "report"),
        ("complained", "report"),
    ]
    assert store.suppressions.count() == 1
    with pytest.raises(NotFoundError, match="not suppressed"):
        store.suppressions.of("etwo")


def test_a_new_reason_is_told_once(store: Store):
    """What waits is looked at again for each, and not for repeats."""
    assert record(store, verdict("hard", 5), verdict("hard", 6)).suppressed == ("eone",)
    assert record(store, verdict("hard", 4)).suppressed == ()
    assert record(store, verdict("complained", 4)).suppressed == ("eone",)


@pytest.mark.parametrize("order", list(itertools.permutations(range(4))))
def test_soft_bounces_and_deliveries_in_any_order(store: Store, order):
    """A delivery that is told late lifts what it would have prevented."""
    facts = [verdict("soft", n * DAY, str(n)) for n in (1, 2, 3)] + [verdict("delivered", 2 * DAY + 1)]
    told = [record(store, facts[place]) for place in order]
    assert kept(store) == []
    assert sum(len(one.suppressed) for one in told) == sum(len(one.restored) for one in told)


def test_memory_of_soft_bounces_ends(store: Store, valkey: str):
    """Two windows, then nobody remembers."""
    record(store, verdict("soft", 0))
    with redis.Redis.from_url(valkey) as raw:
        assert 0 < raw.ttl("soft:eone") <= 2 * SOFT.window_s + DAY


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_the_same_facts_in_any_order_make_the_same_list(store: Store, server: str, data):
    """Whatever SendGrid says, repeats and shuffles, of two addresses and a few letters."""
    words = ["hard", "soft", "delivered", "complained", "unsubscribed", "group-unsubscribed", "group-resubscribed"]
    one = st.builds(
        verdict,
        st.sampled_from(words),
        st.integers(0, 20).map(lambda n: n * DAY // 2),
        st.sampled_from("123456"),
        st.sampled_from(["eone", "etwo"]),
    )
    facts = data.draw(st.lists(one, max_size=14))
    again = data.draw(st.permutations(facts + facts[: len(facts) // 2]))
    lists = []
    for order in (facts, again):
        flush(server)
        for start in range(0, len(order), 4):
            record(store, *order[start : start + 4])
        lists.append(kept(store))
    assert lists[0] == lists[1]


def test_a_candidates_addresses_are_kept_as_ids_in_their_order(store: Store, valkey: str):
    """The first is used while it works."""
    store.candidates.apply(CAMPAIGN, [candidate(1, second_email="b1@candidates.example")])
    with redis.Redis.from_url(valkey, decode_responses=True) as raw:
        ids = [store.ids.address(f"{word}1@candidates.example") for word in "cb"]
        assert raw.hget(keys.reach(CAMPAIGN), "1") == " ".join(ids)
    assert store.waiting.reached_at(CAMPAIGN, [ids[1]]) == ["1"]
    assert store.waiting.reached_at(CAMPAIGN, ["ethree"]) == []
