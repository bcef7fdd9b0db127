"""Places on a real server: small, replaced at one moment, found however a postcode is typed."""

from __future__ import annotations

import csv
import threading

import pytest
import redis

from workers.errors import InputError, NotFoundError
from workers.store import Store, keys

HERE, THERE = "E14000530", "S14000002"


def test_a_postcode_is_found_for_each_generation_of_boundaries(store: Store):
    """A campaign chooses the boundaries of its election."""
    assert store.places.put([("AB12 5DX", "2010", HERE), ("AB12 5DX", "2024", THERE)]) == {"2010": 1, "2024": 1}
    assert store.places.find("ab125dx") == {"2010": HERE, "2024": THERE}


def test_neighbours_are_told_apart(store: Store):
    """Two letters side by side must not be read across: the last of AB and the first of CA are not BC."""
    rows = [("M1 1AB", "", HERE), ("M1 1DA", "", HERE), ("M1 1BD", "", THERE), ("M1 2AB", "", THERE)]
    store.places.put(rows)
    assert [store.places.find(postcode)[""] for postcode, _, _ in rows] == [HERE, HERE, THERE, THERE]
    with pytest.raises(NotFoundError):
        store.places.find("M1 1AA")


def test_an_unknown_postcode_says_whether_there_are_places_at_all(store: Store):
    """The two are mended in different ways; a malformed one is a third thing."""
    with pytest.raises(NotFoundError, match="places import"):
        store.places.find("M1 1AB")
    store.places.put([("M1 1AB", "2010", HERE)])
    with pytest.raises(NotFoundError, match="not among"):
        store.places.find("M2 1AB")
    with pytest.raises(InputError):
        store.places.find("nowhere")


def test_an_import_replaces_its_own_generations_only(store: Store):
    """New boundaries arrive in a file of their own."""
    store.places.put([("M1 1AB", "2010", HERE), ("M1 1AD", "2010", HERE)])
    store.places.put([("M1 1AB", "2024", THERE)])
    assert store.places.find("M1 1AB") == {"2010": HERE, "2024": THERE}
    store.places.put([("M1 1AB", "2010", THERE)])
    assert store.places.count() == {"2010": 1, "2024": 1}


def test_a_postcode_that_comes_twice_stays_where_it_came_first(store: Store):
    """And counts once."""
    rows = [("M1 1AD", "", THERE), ("M1 1AB", "", HERE), ("M1 1AB", "", THERE)]
    assert store.places.put(rows) == {"": 2}
    assert store.places.find("M1 1AB") == {"": HERE}


def test_nothing_changes_when_a_file_holds_nothing_or_breaks_off(store: Store, valkey: str):
    """Half a directory is worse than last year's."""
    store.places.put([("M1 1AB", "", HERE)])

    def breaks_off():
        yield "M1 1AB", "", THERE
        raise OSError("gone")

    with pytest.raises(InputError):
        store.places.put([])
    with pytest.raises(OSError, match="gone"):
        store.places.put(breaks_off())
    assert store.places.find("M1 1AB") == {"": HERE}
    with redis.Redis.from_url(valkey) as client:
        assert sorted(client.keys("*")) == [keys.places().encode(), keys.places("").encode()]


def test_there_is_no_moment_without_places(store: Store, ids, valkey: str):
    """Supporters look postcodes up while an operator imports."""
    store.places.put([("M1 1AB", "2010", HERE), ("M1 1AB", "2024", HERE)])
    found: list[dict[str, str]] = []
    over = threading.Event()

    def look() -> None:
        other = Store.connect(valkey, ids)
        while not over.is_set():
            found.append(other.places.find("M1 1AB"))
        other.close()

    reader = threading.Thread(target=look)
    reader.start()
    for number in range(20):
        gss = HERE if number % 2 else THERE
        store.places.put([("M1 1AB", "2010", gss), ("M1 1AB", "2024", gss)])
    over.set()
    reader.join()
    assert found
    assert all(seats["2010"] == seats["2024"] for seats in found)


def test_a_postcode_takes_a_few_bytes(store: Store, valkey: str, shared):
    """A whole nation fits in memory; sectors as full as real ones take about three bytes a generation."""
    letters = "ABDEFGHJLNPQRSTUWXYZ"
    units = [a + b for a in letters for b in letters][:220]
    rows = [
        (f"M{district} {sector}{unit}", "2024", HERE)
        for district in range(1, 50)
        for sector in range(10)
        for unit in units
    ]
    store.places.put(rows)
    with redis.Redis.from_url(valkey) as client:
        assert client.memory_usage(keys.places("2024"), samples=0) / len(rows) < 6
    with (shared / "postcodes.csv").open(newline="") as file:
        known = [(row["pcds"], "2010", row["pcon_gss_2010"]) for row in csv.DictReader(file)]
    store.places.put(known)
    assert all(store.places.find(postcode)["2010"] == gss for postcode, _, gss in known)
