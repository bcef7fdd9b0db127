"""People in the ledger: what lists and they themselves say of them becomes one record."""

from __future__ import annotations

import pytest
import redis

from workers.campaign.model import Consent, Person
from workers.campaign.profile import Profile
from workers.store import Store, keys
from workers.store.people import Known, known_as

ID = "pabcdefghijklmnop"
YES = Consent("bulletins", "Yes, mail me", 100, "stall")


def person(*consents: Consent, postcode: str = "ZE41 1AA", **profile: object) -> Known:
    known = {"address": "erobin", "domain": "mabcde", "purposes": tuple(one.purpose for one in consents), **profile}
    return known_as(Person(ID, "Robin", "robin@supporter.example", postcode), Profile(**known), consents)  # type: ignore[arg-type]


def put(store: Store, *known: Known, write: bool = True) -> str:
    return store.people.put(known, write=write)


def purposes(store: Store) -> tuple[str, ...]:
    profile = store.people.profile(ID)
    assert profile
    return profile.purposes


@pytest.fixture
def raw(valkey: str):
    with redis.Redis.from_url(valkey, decode_responses=True) as client:
        yield client


def test_a_list_that_comes_again_changes_nothing(store: Store):
    """What it would do is known before it does it."""
    assert put(store, person(YES), write=False) == "n"
    assert store.people.find(ID) is None
    assert put(store, person(YES), person(YES)) == "nu"
    assert put(store, person(YES)) == "u"


def test_nobodys_write_drops_what_others_know(store: Store):
    """Tags, purposes and days add up; the newest constituency and language stand."""
    put(store, person(YES, tags=("a", "c"), language="cy", seats=("E14000001",), mailed=(20000,)))
    assert put(store, person(Consent("calls", "And call me", 200, "web"), tags=("b",), seats=("E14000002",))) == "c"
    profile = store.people.profile(ID)
    assert profile == Profile(
        "erobin", "mabcde", ("E14000002",), "cy", ("a", "b", "c"), ("bulletins", "calls"), (20000,)
    )


def test_a_list_can_take_a_tag_away(store: Store):
    """With a dash before it; who does not have it, or is new, is as they would be without."""
    assert put(store, person(tags=("-a", "b"))) == "n"
    put(store, person(tags=("a-c", "d")))
    assert put(store, person(tags=("-b", "-d", "-x"))) == "c"
    profile = store.people.profile(ID)
    assert profile
    assert profile.tags == ("a-c",)
    assert put(store, person(tags=("-a-c",))) == "c"
    assert put(store, person(tags=("-a-c",))) == "u"
    profile = store.people.profile(ID)
    assert profile
    assert profile.tags == ()


def test_the_newest_consent_to_a_purpose_is_kept(store: Store):
    """An old list that is read again does not take its place."""
    newer = Consent("bulletins", "Yes, each month", 300, "web")
    put(store, person(YES))
    assert put(store, person(newer)) == "c"
    assert put(store, person(YES)) == "u"
    assert store.people.get(ID).consents == (newer,)


def test_a_list_without_a_postcode_keeps_the_one_that_is_known(store: Store):
    """It did not say that they moved."""
    put(store, person())
    assert put(store, person(postcode="")) == "u"
    assert store.people.get(ID).postcode == "ZE41 1AA"


def test_a_purpose_that_was_taken_back_does_not_come_back_with_a_list(store: Store, raw):
    """The list is older than their no, whatever it says."""
    put(store, person(tags=("a",)))
    raw.hset(keys.PREFERENCES, ID, "no-bulletins,seldom")
    assert put(store, person(YES)) == "u"
    assert purposes(store) == ()
    assert put(store, person(YES, Consent("calls", "And calls", 100, "stall"))) == "c"
    assert purposes(store) == ("calls",)


def test_who_was_erased_does_not_come_back_with_a_list(store: Store, raw):
    """Only the hash of their address is left, and that is what it is for."""
    raw.hset(keys.ERASED, "erobin", 100)
    assert put(store, person(YES)) == "e"
    assert store.people.find(ID) is None


def test_buckets_are_walked_in_order_and_parts(store: Store):
    """Who walks a part of them meets the people of that part only."""
    ids = ["paaa" + "a" * 13, "paab" + "a" * 13, "p777" + "a" * 13]
    put(store, *(person()._replace(id=one) for one in reversed(ids)))
    assert [one for one, _ in store.people.profiles()] == ids
    assert [one for one, _ in store.people.profiles(1, 2)] == ids[1:2]
    assert store.people.count() == 3
