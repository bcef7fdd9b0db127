"""``mobilise signatures`` add, import, withdraw, correct: once, the difference first, a reason for what is undone."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.people import CAMPAIGN, person, take
from workers.cli import main
from workers.store import Store

EVIDENCE = "https://news.example/scan"
BY = ("--by", "Kim Clerk")
Run = Callable[..., tuple[int, str, str]]


def test_a_signature_on_paper_is_added_and_stops_the_letters(add: Run, ledger: Store):
    """Source, time, evidence and who entered it are kept; what still waits is withheld when it is claimed."""
    action = take(ledger, person(ledger.ids, 1), ("1", "2"))
    ledger.letters.write(CAMPAIGN, [action.id], 60_000)
    status, out, err = add(1, "--source", "paper", "--at", "2026-05-01T18:30")
    assert (status, "Kim" in err, "error" in err) == (0, False, False)
    assert "added" in out
    signature = ledger.signatures.all(CAMPAIGN)["1"]
    assert (signature.source, signature.evidence, signature.by) == ("paper", EVIDENCE, "Kim Clerk")
    assert (signature.at, signature.day) == (1_777_656_600, 20_574)
    claim = ledger.letters.claim(CAMPAIGN, action.id, 2_000_000_000)
    assert [one.id for one in getattr(claim, "candidates", [])] == ["2"]
    assert ledger.tallies.verify(CAMPAIGN) == []


def test_who_has_signed_is_not_added_again(add: Run, ledger: Store):
    """Whatever the way; the first one stays."""
    add(1, "--source", "stage")
    status, out, _ = add(1, "--source", "tweet", "--json")
    assert status == 0
    assert json.loads(out)["result"] == "has signed already"
    assert json.loads(out)["signatories"] == 1
    assert ledger.signatures.all(CAMPAIGN)["1"].source == "stage"


@pytest.mark.parametrize(
    ("more", "says"),
    [
        (("--evidence", "ftp://news.example"), "evidence: "),
        (("--evidence", "http://127.0.0.1/"), "evidence: "),
        (("--evidence", "https://news.example/\x1b[2J"), "evidence: "),
        (("--by", " "), "by: "),
        (("--by", "a\x00b"), "by: "),
        (("--at", "2099-01-01"), "time: lies in the future"),
        (("--at", "yesterday"), "time: must be a time such as"),
        (("--at", "1990-01-01"), "time: "),
        (("--source", "a b"), "source: "),
    ],
)
def test_what_cannot_be_is_one_sentence_and_changes_nothing(add: Run, ledger: Store, more: tuple[str, str], says: str):
    """The log cannot be changed afterwards."""
    status, out, err = add(1, *more)
    assert (status, out) == (1, "")
    assert err.startswith(f"error: {says}")
    assert ledger.signatures.all(CAMPAIGN) == {}


def test_an_unknown_candidate_or_campaign_is_said(mobilise: Run, ledger: Store):
    """A slip of the finger is no signatory."""
    for verb in (["add", "99", "--evidence", EVIDENCE], ["withdraw", "99", "--reason", "x"]):
        status, _, err = mobilise(*verb, *BY)
        assert (status, "has no candidate of that id" in err) == (1, True)
    assert main(["signatures", "list", "-c", "no-such"]) == 1
    assert list(ledger.signatures.log(CAMPAIGN)) == []


def test_a_withdrawal_moves_the_tally_back_and_says_why(add: Run, mobilise: Run, ledger: Store):
    """Once; what is not there is not taken back."""
    add(1)
    status, out, _ = mobilise("withdraw", 1, "--reason", "signed by mistake", *BY, "--json")
    assert (status, json.loads(out)["result"], json.loads(out)["signatories"]) == (0, "withdrawn", 0)
    again = mobilise("withdraw", 1, "--reason", "signed by mistake", *BY)
    assert "has not signed: nothing was changed" in again[1]
    kinds = [(entry["kind"], entry["reason"]) for entry in map(json.loads, ledger.signatures.log(CAMPAIGN))]
    assert kinds == [("signed", ""), ("withdrawn", "signed by mistake")]
    assert main(["tally", "verify", CAMPAIGN]) == 0


def test_a_reason_that_is_private_is_refused(add: Run, mobilise: Run, ledger: Store):
    """Everyone can read it."""
    add(1)
    status, _, err = mobilise("withdraw", 1, "--reason", "wrote from ada@moor.example", *BY)
    assert (status, "e-mail address" in err) == (1, True)
    assert list(ledger.signatures.all(CAMPAIGN)) == ["1"]


def test_after_a_withdrawal_a_new_signature_counts_and_an_old_one_does_not(add: Run, mobilise: Run, ledger: Store):
    """What was said last counts; without a time it is said now."""
    add(1)
    mobilise("withdraw", 1, "--reason", "mistake", *BY)
    status, _, err = add(1, "--at", "2026-01-01")
    assert (status, "not after the withdrawal" in err) == (1, True)
    assert json.loads(add(1, "--json")[1])["signatories"] == 1
    assert ledger.signatures.flaw(CAMPAIGN) == ""


def test_a_correction_is_no_withdrawal(add: Run, mobilise: Run, ledger: Store):
    """The candidate stays a signatory; the log says what was wrong."""
    add(1, "--source", "paper")
    status, _, _ = mobilise("correct", 1, "--evidence", "https://news.example/2", "--reason", "wrong scan", *BY)
    assert status == 0
    assert ledger.signatures.all(CAMPAIGN)["1"].evidence == "https://news.example/2"
    assert [json.loads(line)["kind"] for line in ledger.signatures.log(CAMPAIGN)] == ["signed", "corrected"]
    assert mobilise("correct", 1, "--source", "paper", "--reason", "x", *BY)[0] == 1
    assert mobilise("correct", 2, "--source", "stage", "--reason", "x", *BY)[0] == 1


def test_a_file_is_imported_with_the_difference_first(mobilise: Run, ledger: Store, add: Run, tmp_path: Path):
    """An operator sees what happens before it has happened."""
    add(3)
    file = tmp_path / "signed.csv"
    file.write_text("candidate_id;signed_at;evidence;source\n1;2026-05-01;https://news.example/1;stage\n2;;;\n3;;;\n")
    status, out, err = mobilise("import", file, *BY, "--source", "paper")
    assert (status, err) == (0, "")
    assert "2  new" in out
    assert "1  signed already" in out
    assert "2 added." in out
    kept = ledger.signatures.all(CAMPAIGN)
    assert (kept["1"].source, kept["1"].evidence, kept["2"].source) == ("stage", "https://news.example/1", "paper")
    assert {one.by for one in kept.values()} == {"Kim Clerk"}
    assert ledger.signatures.flaw(CAMPAIGN) == ""
    assert ledger.tallies.verify(CAMPAIGN) == []


def test_bad_rows_are_told_and_stop_nothing(import_rows, ledger: Store):
    """Exit status 3: somebody should look."""
    rows = [
        "1,,,",
        "99,,,",
        ",,,stage",
        "1,,,",
        "2,2099-01-01,,",
        "3,,http://localhost/,",
        "4,,,two words",
        "5,nonsense,,",
        "6,,",
        "\N{LATIN SMALL LETTER Y WITH DIAERESIS},,,",
    ]
    status, report = import_rows("candidate_id,signed_at,evidence,source\n" + "\n".join(rows) + "\n")
    assert (status, report["added"], report["refused"]) == (3, 1, 9)
    said = {row["row"]: row["reason"] for row in report["refused_rows"]}
    assert said[3] == "candidate_id: is not a candidate of this campaign"
    assert said[5] == "candidate_id: is in row 2 already"
    assert said[6] == "time: lies in the future"
    assert said[7].startswith("evidence: ")
    assert "columns" in said[10]
    assert said[11] == "candidate_id: is not a candidate of this campaign"
    assert list(ledger.signatures.all(CAMPAIGN)) == ["1"]


def test_importing_again_adds_nothing(import_rows, ledger: Store):
    """Cut off anywhere, the same again completes it."""
    text = "id\n1\n2\n3\n"
    assert import_rows(text)[1]["added"] == 3
    status, report = import_rows(text)
    assert (status, report["added"], report["already"]) == (0, 0, ["1", "2", "3"])
    assert len(list(ledger.signatures.log(CAMPAIGN))) == 3


def test_a_dry_run_touches_nothing(import_rows, ledger: Store):
    """It is for looking."""
    status, report = import_rows("id\n1\n", "--dry-run")
    assert (status, report["new"], report["applied"]) == (0, 1, False)
    assert ledger.signatures.all(CAMPAIGN) == {}


@pytest.mark.parametrize("text", ["", "name\nAda\n", "PK\x03\x04"])
def test_a_file_that_cannot_be_used_is_one_sentence(import_rows, text: str):
    """Exit status 1, nothing done."""
    status, said = import_rows(text)
    assert (status, said.startswith("error: file: ")) == (1, True)


def test_a_row_older_than_the_withdrawal_is_refused(import_rows, add: Run, mobilise: Run):
    """What was said last counts, in files too."""
    add(1)
    mobilise("withdraw", 1, "--reason", "mistake", *BY)
    status, report = import_rows("id,date\n1,2026-01-01\n2,2026-01-01\n")
    assert (status, report["added"]) == (3, 1)
    assert "withdrawal" in report["refused_rows"][0]["reason"]
