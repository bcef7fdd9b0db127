"""``mobilise people``: files go in, counts come out; names and addresses are shown to who asks for one person."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.operating import home
from workers.campaign.profile import parse_profile
from workers.campaign.sectors import gather
from workers.cli import main
from workers.store import Store

HEADER = "name,email,postcode,tags,consent_purpose,consent_wording,consent_at\n"
ROBIN = "Robin Vale,robin@supporter.example,ZE41 1AA,volunteer,bulletins,Yes,2026-05-01\n"
ADA = "Ada Fell,ada@supporter.example,,,,,\n"
BAD = "Bad,no address,,,,,\n"


@pytest.fixture
def mobilise(valkey: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """Runs one command as an operator without a terminal would: (exit status, stdout, stderr)."""
    monkeypatch.setenv("REDIS_URL", valkey)
    monkeypatch.setenv("MOBILISE_SECRET", "a secret that only tests use")
    monkeypatch.setenv("MOBILISE_HOME", str(home(tmp_path / "home")))

    def run(*arguments: object) -> tuple[int, str, str]:
        status = main([str(argument) for argument in arguments])
        return status, *capsys.readouterr()

    return run


@pytest.fixture
def file(tmp_path: Path):
    def write(*rows: str, header: str = HEADER, encoding: str = "utf-8") -> Path:
        path = tmp_path / "people.csv"
        path.write_text(header + "".join(rows), encoding=encoding)
        return path

    return write


@pytest.fixture
def places(store: Store) -> None:
    rows = [("ZE41 1AA", "2010", "E14999001", ""), ("ZE41 1AA", "2024", "E14999002", "")]
    store.places.put(store.places.compare(gather(rows)))


def imported(mobilise, path: Path, *options: str) -> dict:
    report: dict = json.loads(mobilise("people", "import", path, "--json", *options)[1])
    return report


def test_an_import_says_first_what_it_does_and_needs_a_yes(mobilise, store: Store, file, places):
    """A row that cannot be used stops nothing, and the exit status says that there was one."""
    path = file(ROBIN, ADA, BAD)
    status, out, err = mobilise("people", "import", path)
    assert (status, store.people.count()) == (2, 0)
    assert "Add 2 people and change 0?" in err
    for line in ("2  new", "1  agree to bulletins", "1  without a constituency", "row 4: email: must be one plain"):
        assert line in out
    assert mobilise("people", "import", path, "--dry-run")[0] == 3
    assert store.people.count() == 0
    status, out, _ = mobilise("people", "import", path, "--yes")
    assert (status, "Done: 2 people added, 0 changed." in out) == (3, True)
    assert [one.kind for one in store.events.newest(1)] == ["people.imported"]
    person = store.people.get(store.ids.person("robin@supporter.example", "Robin Vale"))
    assert (person.name, person.consents[0].wording) == ("Robin Vale", "Yes")
    profile = store.people.profile(person.id)
    assert profile
    assert (profile.seats, profile.tags, profile.purposes) == (
        ("E14999002", "E14999001"),
        ("volunteer",),
        ("bulletins",),
    )
    assert "supporter.example" not in out + err


def test_who_came_before_the_places_is_placed_later(mobilise, store: Store, file):
    """One command finds everybody's constituency anew, and again changes nothing."""
    mobilise("people", "import", file(ROBIN, ADA), "--yes")
    store.places.put(store.places.compare(gather([("ZE41 1AA", "2024", "E14999002", "")])))
    said = [json.loads(mobilise("people", "place", "--json")[1]) for _ in "12"]
    assert [(one["people"], one["changed"], one["without_constituency"]) for one in said] == [(2, 1, 1), (2, 0, 1)]
    profile = store.people.profile(store.ids.person("robin@supporter.example", "Robin Vale"))
    assert profile
    assert (profile.seats, profile.tags) == (("E14999002",), ("volunteer",))


def test_importing_again_changes_nothing(mobilise, store: Store, file):
    """It asks nothing then either."""
    path = file(ROBIN, ADA)
    mobilise("people", "import", path, "--yes")
    before = list(store.people.profiles())
    status, out, _ = mobilise("people", "import", path)
    assert (status, "Nothing to change" in out) == (0, True)
    assert list(store.people.profiles()) == before
    report = imported(mobilise, path)
    assert (report["new"], report["changed"], report["unchanged"], report["applied"]) == (0, 0, 2, False)


def test_who_is_in_several_rows_is_one_person(mobilise, store: Store, file):
    """Each row adds a consent, and however far they are apart they count once."""
    calls = ROBIN.replace("bulletins", "calls")
    others = [f"Supporter {n},s{n}@supporter.example,,,,,\n" for n in range(600)]
    path = file(ROBIN, *others, calls)
    report = imported(mobilise, path, "--yes")
    assert (report["rows"], report["new"], report["bulletins"], report["calls"]) == (602, 601, 1, 1)
    profile = store.people.profile(store.ids.person("robin@supporter.example", "Robin Vale"))
    assert profile
    assert profile.purposes == ("bulletins", "calls")


def test_of_two_rows_that_contradict_each_other_the_last_counts(mobilise, store: Store, file):
    """However far they are apart, and however often the list is imported."""
    others = [f"Supporter {n},s{n}@supporter.example,,,,,\n" for n in range(600)]
    path = file(ROBIN.replace("ZE41 1AA", "ZE41 1AB"), *others, ROBIN)
    for _ in "12":
        mobilise("people", "import", path, "--yes")
        assert store.people.get(store.ids.person("robin@supporter.example", "Robin Vale")).postcode == "ZE41 1AA"


def test_a_file_of_another_encoding_is_read_or_refused_by_row(mobilise, store: Store, file, tmp_path: Path):
    """One that is all Windows-1252 is read so, and says so; one bad row in UTF-8 is refused."""
    path = file("Zoë,zoe@supporter.example,,,,,\n", encoding="cp1252")
    report = imported(mobilise, path, "--yes")
    assert "read as Windows-1252" in report["remark"]
    assert store.people.get(store.ids.person("zoe@supporter.example", "Zoë")).name == "Zoë"
    path.write_bytes(
        HEADER.encode() + "Zoë,zoe@supporter.example,,,,,\n".encode() + b"Zo\xeb,b@supporter.example,,,,,\n"
    )
    report = imported(mobilise, path)
    assert [(row["row"], "UTF-8" in row["reason"]) for row in report["refused_rows"]] == [(3, True)]
    path.write_bytes(HEADER.encode("utf-16"))
    status, _, err = mobilise("people", "import", path)
    assert (status, "this is UTF-16" in err) == (1, True)


def test_a_file_without_consents_says_that_nobody_will_be_mailed(mobilise, store: Store, file):
    """Unless the operator says what everybody agreed to, in words, time and purpose."""
    path = file("Robin,robin@supporter.example\n", header="name,email\n")
    assert "nobody will be mailed" in mobilise("people", "import", path, "--dry-run")[1]
    status, _, err = mobilise("people", "import", path, "--purpose", "bulletins")
    assert (status, "--wording and --agreed-at together" in err) == (1, True)
    said = ("--purpose", "bulletins", "--wording", "Yes", "--agreed-at", "2026-05-01")
    assert imported(mobilise, path, "--yes", *said)["bulletins"] == 1
    ((person, profile),) = store.people.profiles()
    assert profile == parse_profile(profile.pack())
    assert store.people.get(person).consents[0].source == "people.csv"
