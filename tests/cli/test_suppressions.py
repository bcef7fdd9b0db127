"""``mobilise suppressions``, ``reports unread`` and what the tally and a letter say: addresses go in, ids come out."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path

import pytest

from tests.actors.reporting import hard, posted, report, row, states, written
from tests.support.people import CAMPAIGN, candidate
from workers.cli import main
from workers.store import Store

ADDRESS = "c1@candidates.example"


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
def ledger(store: Store) -> Store:
    store.candidates.apply(CAMPAIGN, [candidate(1), candidate(2, second_email="b2@candidates.example")])
    return store


def listed(mobilise, *options: str) -> list[dict[str, str]]:
    found: list[dict[str, str]] = json.loads(mobilise("suppressions", "list", "--json", *options)[1])
    return found


def test_an_address_is_added_and_shown_by_its_id(mobilise, ledger: Store):
    """However it is spelt; adding it again changes nothing, another reason is kept beside the first."""
    known = ledger.ids.address(ADDRESS)
    assert json.loads(mobilise("suppressions", "add", "C1@candidates.EXAMPLE", "--json")[1])["new"]
    assert "already suppressed" in mobilise("suppressions", "add", known)[1]
    mobilise("suppressions", "add", ADDRESS, "--reason", "bounced")
    rows = listed(mobilise)
    assert [(one["id"], one["reason"], one["source"]) for one in rows] == [
        (known, "asked", "operator"),
        (known, "bounced", "operator"),
    ]
    assert listed(mobilise, "--reason", "bounced") == rows[1:]
    assert "candidates.example" not in "".join(mobilise("suppressions", "list")[1:])


@pytest.mark.parametrize(("reason", "where"), [("asked", "withheld"), ("bounced", "held")])
def test_letters_that_wait_follow_at_once(mobilise, ledger: Store, reason: str, where: str):
    """A no is for good; a bad address waits for a better one."""
    action = written(ledger, 1, ("1",))
    report = json.loads(mobilise("suppressions", "add", ADDRESS, "--reason", reason, "--json")[1])
    assert (report[where], states(ledger, action)) == (1, [where])


def test_removing_says_first_what_it_releases_and_needs_a_yes(mobilise, ledger: Store):
    """Thirty letters at once are not what everybody expects of one word."""
    actions = [written(ledger, number, ("1",)) for number in (1, 2)]
    mobilise("suppressions", "add", ADDRESS, "--reason", "bounced")
    status, _, err = mobilise("suppressions", "remove", ADDRESS)
    assert status > 0
    assert "(bounced): mail it again, and release 2 letters to 1 people?" in err
    assert "candidates.example" not in err
    assert [states(ledger, action) for action in actions] == [["held"]] * 2
    status, out, _ = mobilise("suppressions", "remove", ADDRESS, "--yes")
    assert (status, "Letters: 2 released." in out) == (0, True)
    assert [states(ledger, action) for action in actions] == [["queued"]] * 2
    assert listed(mobilise) == []
    status, _, err = mobilise("suppressions", "remove", ADDRESS, "--yes")
    assert (status, "is not suppressed" in err) == (1, True)


@pytest.mark.parametrize("given", ["", "x", "a@b@c", "e123", "a b@c.example", "e" + "A" * 16])
def test_what_is_neither_address_nor_id_is_told_so(mobilise, ledger: Store, given: str):
    """One sentence, and nothing done."""
    for verb in (["add"], ["remove", "--yes"]):
        status, _, err = mobilise("suppressions", *verb, "--", given)
        assert (status, err) == (1, "error: address: is neither an address that mail can be sent to nor an id\n")
    assert ledger.suppressions.count() == 0


def test_a_list_is_imported_with_its_bad_rows_named(mobilise, ledger: Store, tmp_path: Path):
    """Exit status 3; addresses of bad rows are not repeated."""
    path = tmp_path / "gone.csv"
    path.write_text(
        f"Created,Email,Reason\n1,{ADDRESS},unsubscribed\n2,not.an.address,x\n3,,\n4,B@x.example,550 gone\n"
    )
    action = written(ledger, 1, ("1",))
    status, out, _ = mobilise("suppressions", "import", path, "--reason", "bounced", "--json")
    found = json.loads(out)
    assert (status, found["rows"], found["new"], found["refused"], found["withheld"]) == (3, 2, 2, 2, 1)
    assert [one["row"] for one in found["refused_rows"]] == [3, 4]
    assert "not.an.address" not in out
    assert {one["id"]: one["reason"] for one in listed(mobilise)} == {
        ledger.ids.address(ADDRESS): "unsubscribed",
        ledger.ids.address("b@x.example"): "bounced",
    }
    assert states(ledger, action) == ["withheld"]
    status, out, _ = mobilise("suppressions", "import", path, "--reason", "bounced")
    assert (status, "2 addresses, 0 of them new" in out, "row 3: address:" in out) == (3, True, True)


@pytest.mark.parametrize("header", ["", "email\n", "\ufeffE-Mail;name\n"])
def test_a_plain_list_of_addresses_will_do(mobilise, ledger: Store, tmp_path: Path, header: str):
    """As people keep it."""
    path = tmp_path / "list.txt"
    path.write_text(header + "".join(f"c{number}@x.example\n" for number in range(1200)))
    if ";" in header:
        path.write_text(header + "c0@x.example;Jo\n" * 3)
    assert mobilise("suppressions", "import", path)[0] == 0
    assert ledger.suppressions.count() == (1 if ";" in header else 1200)


@pytest.mark.parametrize(("text", "says"), [("", "the file is empty"), ("name\nJo\n", "needs a column named email")])
def test_a_file_that_cannot_be_used_is_one_sentence(mobilise, tmp_path: Path, text: str, says: str):
    """Exit status 1, and nothing done."""
    path = tmp_path / "list.csv"
    path.write_text(text)
    status, out, err = mobilise("suppressions", "import", path)
    assert (status, out) == (1, "")
    assert says in err


def test_an_export_holds_ids_and_can_be_imported(mobilise, ledger: Store, tmp_path: Path):
    """Addresses are not kept: the ids are worth something to a set-up with the same secret only."""
    report(ledger, hard(posted(ledger), "1"), row(posted(ledger, 2), "2", "spamreport"))
    out = mobilise("suppressions", "export")[1]
    rows = list(csv.DictReader(io.StringIO(out)))
    assert {one["id"]: (one["reason"], one["source"]) for one in rows} == {
        ledger.ids.address(ADDRESS): ("bounced", "report"),
        ledger.ids.address("c2@candidates.example"): ("complained", "report"),
    }
    path = tmp_path / "export.csv"
    assert "addresses are not kept" in mobilise("suppressions", "export", path)[2]
    before = {(one["id"], one["reason"]) for one in listed(mobilise)}
    for one in rows:
        mobilise("suppressions", "remove", one["id"], "--yes")
    assert mobilise("suppressions", "import", path)[0] == 0
    assert {(one["id"], one["reason"]) for one in listed(mobilise)} == before
    assert len(json.loads(mobilise("suppressions", "export", "--json")[1])) == 2


def test_the_tally_says_why_letters_came_back(mobilise, ledger: Store):
    """In words for people, as numbers for programs."""
    first, second = posted(ledger), posted(ledger, 2)
    assert re.search("came back +none", mobilise("tally", "show", CAMPAIGN)[1])
    report(ledger, hard(first, "1"), row(second, "1", "bounce", type="blocked"))
    assert re.search(r"came back +2 bounced \(1 hard, 1 blocked\)", mobilise("tally", "show", CAMPAIGN)[1])
    shown = json.loads(mobilise("tally", "show", CAMPAIGN, "--json")[1])
    assert (shown["came_back"], shown["contacts"]) == ({"hard": 1, "blocked": 1}, 2)
    assert mobilise("tally", "verify", CAMPAIGN)[0] == 0


def test_a_letter_shows_what_was_last_said_of_it(mobilise, ledger: Store):
    """Deferred for hours is what a supporter asks about."""
    action = posted(ledger)
    report(ledger, row(action, "1", "deferred", response="451 4.7.1 greylisted"))
    shown = json.loads(mobilise("letters", "show", f"{action.group}-1", "--json")[1])
    assert (shown["state"], shown["said"]) == ("accepted", "2026-09-21 14:13:20Z deferred 451 4.7.1 greylisted")
    assert json.loads(mobilise("letters", "show", f"{action.group}-2", "--json")[1])["said"] == ""


def test_what_nobody_understood_is_shown(mobilise, ledger: Store):
    """So that a word that the provider adds is noticed."""
    assert "everything that was reported was understood" in mobilise("reports", "unread")[1]
    report(ledger, {"event": "quantum", "email": "jo@party.example"})
    out = mobilise("reports", "unread")[1]
    assert "an event that is not known here: quantum" in out
    assert "party.example" not in out
    (entry,) = json.loads(mobilise("reports", "unread", "--json")[1])
    assert (entry["callback"], entry["row"]) == ("c-test", 0)


def test_a_second_address_is_shown_masked(mobilise, ledger: Store):
    """Enough to recognise it."""
    shown = json.loads(mobilise("candidates", "show", "2", "-c", CAMPAIGN, "--json")[1])
    assert (shown["has_second_address"], shown["second_address"]) == (True, "b…@c….example")
    shown = json.loads(mobilise("candidates", "show", "2", "-c", CAMPAIGN, "--reveal", "--json")[1])
    assert shown["second_address"] == "b2@candidates.example"
