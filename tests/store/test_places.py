"""Places on a real server: small, replaced at one moment, found however a postcode is typed."""

from __future__ import annotations

import csv
import threading

import pytest
import redis

from workers.campaign.sectors import Place, gather
from workers.errors import InputError, NotFoundError, UnavailableError
from workers.store import Store, keys

HERE, THERE = "E14000530", "S14000002"


def put(store: Store, *rows: tuple[str, ...], file: str = ""):
    """Imports these rows, one of three words is in use; what that changed."""
    new = store.places.compare(gathered(*rows))
    store.places.put(new, file=file)
    return new.changes


def gathered(*rows: tuple[str, ...]):
    """Rows by generation; one of three words is in use."""
    return gather((*row, "")[:4] for row in rows)  # type: ignore[misc]


def test_a_postcode_is_found_for_each_generation_of_boundaries(store: Store):
    """A campaign chooses the boundaries of its election."""
    put(store, ("AB12 5DX", "2010", HERE), ("AB12 5DX", "2024", THERE))
    assert store.places.find("ab125dx") == {"2010": Place((HERE,)), "2024": Place((THERE,))}


def test_neighbours_are_told_apart(store: Store):
    """Two letters side by side must not be read across: the last of AB and the first of CA are not BC."""
    rows = [("M1 1AB", "", HERE), ("M1 1DA", "", HERE), ("M1 1BD", "", THERE), ("M1 2AB", "", THERE)]
    put(store, *rows, ("M1 1BA", "", HERE, "199606"), ("M1 1AD", "", HERE, "2001-01"))
    assert [store.places.find(postcode)[""].seats for postcode, _, _ in rows] == [(HERE,), (HERE,), (THERE,), (THERE,)]
    assert store.places.find("M1 1AD") == {"": Place((HERE,), "2001-01")}
    with pytest.raises(NotFoundError):
        store.places.find("M1 1AA")


def test_an_unknown_postcode_says_whether_there_are_places_at_all(store: Store):
    """The two are mended in different ways; a malformed one is a third thing."""
    with pytest.raises(NotFoundError, match="places import"):
        store.places.find("M1 1AB")
    put(store, ("M1 1AB", "2010", HERE))
    with pytest.raises(NotFoundError, match="not among"):
        store.places.find("M2 1AB")
    with pytest.raises(InputError):
        store.places.find("nowhere")


def test_an_import_replaces_its_own_generations_only(store: Store):
    """New boundaries arrive in a file of their own."""
    put(store, ("M1 1AB", "2010", HERE), ("M1 1AD", "2010", HERE))
    put(store, ("M1 1AB", "2024", THERE))
    assert store.places.find("M1 1AB") == {"2010": Place((HERE,)), "2024": Place((THERE,))}
    put(store, ("M1 1AB", "2010", THERE), file="new.csv")
    assert {generation: known.postcodes for generation, known in store.places.known().items()} == {"2010": 1, "2024": 1}
    assert store.places.known()["2010"].file == "new.csv"


def test_a_postcode_across_a_boundary_is_in_all_of_its_seats(store: Store):
    """Some files have a row for each; a row that comes twice counts once."""
    rows = [("M1 1AD", "", THERE), ("M1 1AB", "", THERE), ("M1 1AB", "", HERE), ("M1 1AB", "", THERE)]
    assert put(store, *rows)[""].postcodes == 2
    assert store.places.find("M1 1AB") == {"": Place((HERE, THERE))}


def test_a_terminated_postcode_is_found_until_it_is_in_use_again(store: Store):
    """People keep old ones for years; a live row wins, wherever it stands."""
    old, older = ("M1 1AB", "", HERE, "199606"), ("M1 1AB", "", THERE, "198401")
    assert put(store, older, old)[""].terminated == 1
    assert store.places.find("M1 1AB") == {"": Place((HERE, THERE), "1996-06")}
    assert put(store, old, ("M1 1AB", "", THERE), older)[""].changed == 1
    assert store.places.find("M1 1AB") == {"": Place((THERE,))}
    with pytest.raises(InputError, match="not a month"):
        gathered(*[("M1 1AB", "", HERE, "199613")])


def test_an_import_says_what_it_changes_and_the_same_again_changes_nothing(store: Store):
    """Looking says it too; nothing is written for nothing."""
    rows = [("M1 1AB", "2010", HERE), ("M1 1AD", "2010", HERE), ("M2 1AB", "2010", HERE)]
    put(store, *rows)
    again = [rows[2], rows[0], rows[1]]
    assert put(store, *again, file="again.csv")["2010"].is_none
    assert store.places.known()["2010"].file == ""
    other = [("M1 1AB", "2010", THERE), ("M1 1AD", "2010", HERE), ("M3 1AB", "2010", HERE)]
    change = store.places.compare(gathered(*other)).changes["2010"]
    assert (change.postcodes, change.new, change.gone, change.changed) == (3, 1, 1, 1)
    assert put(store, *rows)["2010"].is_none
    assert put(store, *other)["2010"] == change


def test_nothing_changes_when_a_file_holds_nothing_or_breaks_off(store: Store, valkey: str):
    """Half a directory is worse than last year's; what half an import wrote goes by itself."""
    put(store, ("M1 1AB", "", HERE))
    with pytest.raises(InputError):
        put(store)
    late = store.places.compare(gathered(("M1 1AB", "", THERE)))
    put(store, ("M1 1AD", "", HERE))
    put(store, ("M1 1AB", "", HERE))
    with redis.Redis.from_url(valkey) as client:
        with pytest.raises(UnavailableError, match="came between"):
            store.places.put(late)
        stored = {key.decode() for key in client.keys("*")}
        assert stored == {keys.EDITIONS, keys.places(), keys.places("")}
        left = store.places._write("", late.sectors[""], late.changes[""], "half.csv")  # noqa: SLF001 - and then dies
        assert 0 < client.ttl(left) <= 600
    assert store.places.find("M1 1AB") == {"": Place((HERE,))}


def test_there_is_no_moment_without_places(store: Store, ids, valkey: str):
    """Supporters look postcodes up while an operator imports."""
    put(store, ("M1 1AB", "2010", HERE), ("M1 1AB", "2024", HERE))
    found: list[dict[str, Place]] = []
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
        put(store, ("M1 1AB", "2010", gss), ("M1 1AB", "2024", gss))
    over.set()
    reader.join()
    assert found
    assert all(seats["2010"] == seats["2024"] for seats in found)


def test_places_of_an_older_version_are_read_and_replaced(store: Store, valkey: str):
    """They lie in the same key, without a word on their file."""
    with redis.Redis.from_url(valkey) as client:
        client.sadd(keys.places(), "2010")
        client.hset(keys.places("2010"), mapping={"M1 1": f"{THERE}BDAB;{HERE}AD", "": 3})
    assert store.places.find("M1 1AB") == {"2010": Place((THERE,))}
    rows = [("M1 1AB", "2010", THERE), ("M1 1BD", "2010", THERE), ("M1 1AD", "2010", HERE)]
    assert put(store, *rows)["2010"].is_none
    assert put(store, *rows[:2])["2010"].gone == 1
    assert store.places.beside("M1 1ZZ") == ["M1 1AB", "M1 1BD"]


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
    put(store, *rows)
    with redis.Redis.from_url(valkey) as client:
        assert client.memory_usage(keys.places("2024"), samples=0) / len(rows) < 6
    with (shared / "postcodes.csv").open(newline="") as file:
        known = [(row["pcds"], "2010", row["pcon_gss_2010"]) for row in csv.DictReader(file)]
    put(store, *known)
    assert all(store.places.find(postcode)["2010"].seats == (gss,) for postcode, _, gss in known)
