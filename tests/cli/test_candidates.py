"""``mobilise candidates``: the difference comes first, bad rows stop nothing, and the exit status tells."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.people import CAMPAIGN, person, take
from workers.cli import main
from workers.store import Store

HEADER = "id,name,party,constituency,gss_code,email\n"


def row(number: int, name: str = "Ada", email: str = "", seat: str = "E14000530") -> str:
    return f"{number},{name} {number},Lilac Party,Northmoor,{seat},{email}\n"


@pytest.fixture
def mobilise(valkey: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """Runs one command as an operator without a terminal would: (exit status, stdout, stderr)."""
    monkeypatch.setenv("REDIS_URL", valkey)
    monkeypatch.setenv("MOBILISE_SECRET", "a secret that only tests use")

    def run(*arguments: object) -> tuple[int, str, str]:
        status = main([str(argument) for argument in arguments])
        return status, *capsys.readouterr()

    return run


@pytest.fixture
def import_rows(mobilise, tmp_path: Path):
    """Imports these rows into the campaign: (exit status, what the JSON says)."""

    def run(*rows: str, options: tuple[object, ...] = (), header: str = HEADER):
        path = tmp_path / "candidates.csv"
        path.write_text(header + "".join(rows), newline="")
        status, out, err = mobilise("candidates", "import", path, "--campaign", CAMPAIGN, "--json", *options)
        return status, json.loads(out) if out else err

    return run


def test_an_import_shows_the_difference_and_says_what_was_done(mobilise, tmp_path: Path, store: Store):
    """An operator sees what happens before it has happened."""
    path = tmp_path / "candidates.csv"
    path.write_text(HEADER + row(1) + row(2, email="b@elm.example"))
    status, out, _ = mobilise("candidates", "import", path, "-c", CAMPAIGN)
    assert status == 0
    assert "2  new" in out
    assert "1  standing without an address" in out
    assert "Done: 2 candidates written." in out
    assert list(store.candidates.all(CAMPAIGN)) == ["1", "2"]


def test_importing_again_changes_nothing_and_says_so(mobilise, tmp_path: Path):
    """A nightly job is quiet."""
    path = tmp_path / "candidates.csv"
    path.write_text(HEADER + row(1))
    mobilise("candidates", "import", path, "-c", CAMPAIGN)
    status, out, _ = mobilise("candidates", "import", path, "-c", CAMPAIGN)
    assert (status, "Nothing to change" in out) == (0, True)


def test_a_dry_run_touches_nothing(import_rows, store: Store):
    """It is for looking."""
    status, report = import_rows(row(1), options=("--dry-run",))
    assert (status, report["new"], report["applied"]) == (0, 1, False)
    assert store.candidates.all(CAMPAIGN) == {}


def test_refused_rows_are_numbered_and_change_the_exit_status_only(import_rows, store: Store):
    """A script can tell that somebody should look."""
    status, report = import_rows(row(1), row(2, email="no address"), row(3))
    assert (status, report["new"], report["refused"]) == (3, 2, 1)
    wanted = {"row": 3, "reason": "email: not an address that mail can be sent to", "candidate": "2"}
    assert report["refused_rows"] == [wanted]
    assert set(store.candidates.all(CAMPAIGN)) == {"1", "3"}


def test_changes_are_told_by_field_and_an_address_is_not_shown(mobilise, tmp_path: Path):
    """Terminals are photographed."""
    path = tmp_path / "candidates.csv"
    path.write_text(HEADER + row(1, email="a@ash.example"))
    mobilise("candidates", "import", path, "-c", CAMPAIGN)
    path.write_text(HEADER + row(1, name="Eve", email="b@ash.example"))
    _, out, _ = mobilise("candidates", "import", path, "-c", CAMPAIGN)
    assert "name Ada 1 → Eve 1, address changed" in out
    assert "ash.example" not in out


def test_a_truncated_file_withdraws_nobody_without_a_yes(import_rows, store: Store):
    """Half a download must not end a campaign; a few who withdrew are daily business."""
    rows = [row(number) for number in range(1, 10)]
    import_rows(*rows)
    status, error = import_rows(*rows[:5])
    assert (status, "would withdraw 4 of 9" in error) == (1, True)
    assert len(store.candidates.of(CAMPAIGN, "E14000530")) == 9
    assert import_rows(*rows[:6])[1]["withdrawn"] == ["7", "8", "9"]
    assert import_rows(*rows[:1], options=("--yes",))[1]["gone"] == 5
    assert import_rows(*rows[:2])[1]["back"] == 1


def test_a_file_without_an_address_column_leaves_addresses_alone(import_rows, store: Store):
    """Today's core file has none."""
    import_rows(row(1, email="a@ash.example"))
    core = "person_id,person_name,election_id,ballot_paper_id,party_name,post_label,gss,cancelled_poll\n"
    status, report = import_rows("1,Ada 1,parl,parl.n,Lilac Party,Northmoor,E14000530,f\n", header=core)
    assert (status, report["generation"], report["same"]) == (0, "today", 1)
    assert store.candidates.get(CAMPAIGN, "1").email == "a@ash.example"


def test_letters_follow_an_import(import_rows, store: Store):
    """Held ones leave when an address comes; those to who withdrew stay."""
    import_rows(row(1), row(2, email="b@elm.example"), row(3), row(4))
    action = take(store, person(store.ids, 1), ["1", "2"])
    store.letters.write(CAMPAIGN, [action.id], 60_000)
    _, report = import_rows(row(1, email="a@ash.example"), row(3), row(4))
    assert (report["released"], report["withheld"]) == (1, 1)
    states = {letter.candidate: letter.state for letter in store.letters.of_action(action)}
    assert states == {"1": "queued", "2": "withheld"}


def test_regions_come_from_a_second_file(import_rows, store: Store, tmp_path: Path):
    """Rules on regions need more than a nation; a later import without the file keeps them."""
    regions = tmp_path / "regions.csv"
    regions.write_text('\ufeffPCON10CD,Name,Region\r\nE14000530,"Moor, North",South East\r\n')
    import_rows(row(1), options=("--regions", regions))
    assert store.candidates.get(CAMPAIGN, "1").region == "South East"
    assert import_rows(row(1))[1]["same"] == 1


@pytest.mark.parametrize(
    ("text", "says"),
    [("", "the file is empty"), ("a,b\n1,2\n", "this is no candidate file"), ("id,name,party\n", "no column gss_code")],
)
def test_a_file_that_cannot_be_used_is_one_sentence(mobilise, tmp_path: Path, store: Store, text: str, says: str):
    """Exit status 1, and nothing done."""
    path = tmp_path / "candidates.csv"
    path.write_text(text)
    status, out, err = mobilise("candidates", "import", path, "-c", CAMPAIGN)
    assert (status, out) == (1, "")
    assert says in err
    assert err.count("\n") == 1
    assert store.candidates.all(CAMPAIGN) == {}


@pytest.mark.parametrize("verb", [["list"], ["show", "1"], ["import", __file__]])
def test_an_unknown_campaign_is_named_with_the_nearest(mobilise, verb: list[str]):
    """A slip of the finger must not begin a second campaign."""
    status, _, err = mobilise("candidates", *verb, "--campaign", "clean-river")
    assert (status, CAMPAIGN in err) == (1, True)


def test_a_list_can_be_narrowed_and_holds_no_address(mobilise, import_rows):
    """By constituency in the order of the ballot, by party, by who cannot be reached."""
    import_rows(row(2), row(1, email="a@ash.example"), row(3, seat="W07000041"))
    options = ["-c", CAMPAIGN, "--json"]
    everyone = json.loads(mobilise("candidates", "list", *options)[1])
    assert [found["has_address"] for found in everyone] == [True, False, False]
    assert not any("email" in found for found in everyone)
    seat = json.loads(mobilise("candidates", "list", *options, "--constituency", "e14000530")[1])
    assert [found["id"] for found in seat] == ["2", "1"]
    silent = json.loads(mobilise("candidates", "list", *options, "--no-address", "--party", "lilac")[1])
    assert [found["id"] for found in silent] == ["2", "3"]
    assert "ash.example" not in mobilise("candidates", "list", "-c", CAMPAIGN)[1]
    assert "no such candidates" in mobilise("candidates", "list", "-c", CAMPAIGN, "--party", "[red]")[1]


def test_one_candidate_is_shown_with_a_masked_address(mobilise, import_rows):
    """Enough to recognise it; in full only when asked."""
    import_rows(row(1, name="[bold]Ada", email="press@moor.example"))
    shown = mobilise("candidates", "show", "1", "-c", CAMPAIGN)[1]
    assert "p…@m….example" in shown
    assert "[bold]Ada" in shown
    assert "press@moor.example" not in shown
    assert "press@moor.example" in mobilise("candidates", "show", "1", "-c", CAMPAIGN, "--reveal")[1]
    status, _, err = mobilise("candidates", "show", "nobody", "-c", CAMPAIGN)
    assert (status, err) == (1, f"error: the campaign {CAMPAIGN} has no candidate of that id\n")


def test_the_list_of_2015_imports_whole(mobilise, shared: Path, store: Store):
    """The real list: 3,969 people, two repeated rows, and again without a change."""
    path = shared / "ge2015_candidates.csv"
    options = ["-c", CAMPAIGN, "--regions", shared / "constituency_regions.csv", "--json"]
    status, out, _ = mobilise("candidates", "import", path, *options)
    report = json.loads(out)
    assert (status, report["new"], report["refused"], report["no_address"]) == (3, 3969, 2, 368)
    assert store.candidates.count(CAMPAIGN) == 3969
    assert json.loads(mobilise("candidates", "import", path, *options)[1])["same"] == 3969
