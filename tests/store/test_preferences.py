"""Leaving counts against a mailing that is being sent: what is not handed over yet stays here, with its reason."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import datetime

import pytest

from tests.actors.reporting import report
from tests.store.test_mailings import MAILING, TERMS, claim, order, person, put, settle
from tests.web.reader import enter
from workers.campaign.choices import EVERYTHING, SELDOM, Change, leaves, returns
from workers.campaign.mailings import Kind, Stage
from workers.campaign.model import Consent
from workers.campaign.profile import Profile
from workers.campaign.states import State
from workers.store import Store
from workers.store.claims import Claim
from workers.store.people import known_as
from workers.store.preferences import Said

NOW = Said(1_790_000_000, "unsubscribe page", MAILING.book)


def says(store: Store, number: int, change: Change) -> bool:
    return store.preferences.change(person(number), change, NOW)


def reasons(store: Store) -> dict[str, str]:
    group = store.mailings.order_of(MAILING, 0)[1]
    return {one.candidate: one.reason for one in store.letters.of_group(group) if one.state is State.WITHHELD}


def reached(store: Store, order_id: str, **changed: object) -> list[str]:
    found = claim(store, order_id, **changed)
    return [one.id for one, _ in found.readers] if isinstance(found, Claim) else []


def test_who_leaves_while_it_is_sent_gets_no_copy(store: Store):
    """The first batch is claimed, then two leave: the next leaves without them, and the books say why."""
    people = put(store, *map(person, range(4)))
    taken = order(store, people)
    first = claim(store, taken, per_second=1, most=1)
    assert isinstance(first, Claim)
    assert [one.id for one, _ in first.readers] == people[:1]
    settle(store, first, State.ACCEPTED)
    assert says(store, 1, leaves(["bulletins"]))
    assert says(store, 2, Change(begin=frozenset(["no:news"])))
    assert reached(store, taken) == [people[3]]
    assert reasons(store) == dict.fromkeys(people[1:3], "opted-out")
    assert store.tallies.verify(MAILING.book) == []


def test_who_comes_back_gets_it_again(store: Store):
    """Consent given anew counts at once, and who wants mail seldom gets it when it has been long."""
    people = put(store, person(1), person(2), person(3), mailed=(19_990,))
    says(store, 1, leaves(EVERYTHING))
    says(store, 1, returns(["bulletins"]))
    says(store, 2, Change(begin=frozenset([SELDOM])))
    says(store, 3, leaves(["calls"]))
    taken = order(store, people)
    assert reached(store, taken) == [people[0], people[2]]
    assert reasons(store) == {people[1]: "seldom"}


def test_what_is_said_keeps_what_others_know(store: Store):
    """Tags, days and the other words stay as they are; nobody is made who is not known."""
    (known,) = put(store, person(1), mailed=(19_990,))
    says(store, 1, Change(begin=frozenset(["no:walks", SELDOM])))
    says(store, 1, Change(cease=frozenset([SELDOM]), begin=frozenset(["no:news"])))
    assert store.preferences.of(known).words == {"no:walks", "no:news"}
    assert store.preferences.of(known).gets(Kind.BULLETIN)
    says(store, 1, Change(cease=frozenset(["no:walks", "no:news"])))
    assert store.preferences.of(known).words == set()
    profile = store.people.profile(known)
    assert profile
    assert (profile.mailed, profile.purposes) == ((19_990,), ("bulletins",))
    assert not says(store, 9, leaves(EVERYTHING))
    assert store.people.profile(person(9).id) is None
    assert store.preferences.of(person(9).id).words == set()


@pytest.mark.parametrize("day", ["1970-01-01", "2000-02-29", "2024-03-01", "2024-12-31", "2026-02-28", "2100-03-01"])
def test_what_was_taken_back_says_when_it_was_agreed_to(store: Store, day: str):
    """For who asks years later: both days, both places, the exact words."""
    at = int(datetime.fromisoformat(f"{day}T23:59:59+00:00").timestamp())
    someone = enter(store, "Robin", "robin@supporter.example", ())
    consent = Consent("bulletins", "Yes", at, "stall")
    store.people.put([known_as(someone, Profile("e", "m"), [consent])])
    store.preferences.change(someone, leaves(["bulletins"]), NOW)
    found = store.people.find(someone.id)
    assert found
    source = f"unsubscribe page; agreed {day}, stall"
    assert found.consents == (Consent("withdrawn:bulletins", "Yes", NOW.at, source),)


@pytest.mark.parametrize("event", ["unsubscribe", "group_unsubscribe", "spamreport"])
def test_the_providers_own_unsubscribe_event_stops_the_next_mailing(store: Store, event: str):
    """Some mail programs tell the provider, and not us: it is the same."""
    known = [enter(store, f"Person {number}", f"p{number}@supporter.example") for number in (1, 2)]
    people = [one.id for one in known]
    taken = order(store, people)
    first = claim(store, taken, per_second=1, most=1)
    assert isinstance(first, Claim)
    settle(store, first, State.ACCEPTED)
    delivery, at = f"{first.action.group}-{people[0]}", int(time.time())
    row = {"event": event, "delivery": delivery, "timestamp": at, "email": known[0].email, "sg_event_id": "x"}
    report(store, {**row, "asm_group_id": 7})
    assert store.suppressions.has(store.ids.address(known[0].email))
    later = replace(MAILING, edition="2")
    store.mailings.approve(later, 2)
    for stage, before in ((Stage.GATHERING, Stage.APPROVED), (Stage.SENDING, Stage.GATHERING)):
        store.mailings.move(later.book, stage, before)
        store.mailings.write(later, 0, people)
    order_id, group = store.mailings.order_of(later, 0)
    found = store.letters.claim(later.book, order_id, time.time() + 60, terms=TERMS)
    assert isinstance(found, Claim)
    assert [one.id for one, _ in found.readers] == people[1:]
    assert {one.reason for one in store.letters.of_group(group) if one.candidate == people[0]} == {"suppressed"}
