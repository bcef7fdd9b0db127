"""Whom a segment means, among people in the ledger."""

from __future__ import annotations

import time

import pytest

from tests.support.people import CAMPAIGN, candidate, person, take
from workers.audience import matching, traits
from workers.campaign.profile import Profile
from workers.campaign.segments import parse
from workers.campaign.signature import Signature
from workers.campaign.traits import Traits
from workers.store import Store
from workers.store.people import known_as

HERE, THERE, OLD = "E14999001", "W07999002", "E14000003"
TODAY = int(time.time()) // 86_400


@pytest.fixture
def ledger(store: Store) -> Store:
    """Five people, three candidates in two constituencies; one candidate signed, one person wrote."""
    there = {"constituency": THERE, "region": "Wales"}
    store.candidates.apply(CAMPAIGN, [candidate(1, region="London"), candidate(2), candidate(3, **there)])
    store.signatures.record(CAMPAIGN, Signature("3", 1_790_000_000, "form"))
    profiles = [
        Profile("e1", "m1", (HERE,), tags=("volunteer",)),
        Profile("e2", "m1", (OLD, THERE), "cy", mailed=(TODAY - 20, TODAY - 3)),
        Profile("e3", "m1"),
        Profile("e4", "m1", (OLD,)),
        Profile("e5", "m1", (HERE,)),
    ]
    store.people.put(known_as(person(store.ids, number), one) for number, one in enumerate(profiles, 1))
    action = take(store, person(store.ids, 5), ["1"])
    store.letters.write(CAMPAIGN, [action.id], 60_000)
    return store


@pytest.mark.parametrize(
    ("where", "meant"),
    [
        ("", "12345"),
        ("region = 'wales'", "2"),
        ("region = 'London' and not wrote", "1"),
        ("wrote", "5"),
        ("signed", "2"),
        (f"constituency in ('{OLD}', '{HERE}')", "145"),
        ("tag = 'volunteer' or language = 'cy'", "12"),
        ("mailed in 3 days", "2"),
        ("not mailed in 2 days and constituency = ''", "3"),
    ],
)
def test_a_segment_means_those_whom_it_says(ledger: Store, where: str, meant: str):
    """Boundaries are those in which the campaign's candidates stand, whatever else a profile knows."""
    found = matching(ledger, CAMPAIGN, parse(where), ledger.people.profiles())
    assert "".join(sorted(profile.address[1:] for _, profile in found)) == meant


def test_what_a_segment_does_not_ask_for_is_not_looked_up(ledger: Store):
    """Nobody reads the letters of a million people for a tag."""
    found = {one.address: known for _, one, known in traits(ledger, CAMPAIGN, parse(""), ledger.people.profiles())}
    assert found["e5"] == Traits(HERE)
    assert found["e2"].mailed_days == 3
