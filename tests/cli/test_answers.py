"""``mobilise candidates answers`` and ``answer``: who said what; reasons are private; an answer is taken back truly."""

from __future__ import annotations

import csv
import json
import time
from io import StringIO

import pytest

from tests.cli.operating import home, written
from tests.support.people import CAMPAIGN, candidate
from workers.campaign.answers import Answer, Said
from workers.cli import main
from workers.store import Store

NOON = 1_790_000_000


@pytest.fixture
def mobilise(valkey: str, tmp_path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """Runs one command as an operator without a terminal would: (exit status, stdout, stderr)."""
    monkeypatch.setenv("REDIS_URL", valkey)
    monkeypatch.setenv("MOBILISE_SECRET", "a secret that only tests use")
    monkeypatch.setenv("MOBILISE_HOME", str(home(tmp_path / "home")))

    def run(*arguments: object) -> tuple[int, str, str]:
        status = main(["candidates", *map(str, arguments)])
        return status, *capsys.readouterr()

    return run


@pytest.fixture
def ledger(store: Store) -> Store:
    """Two candidates who answered, one of them with a reason that a spreadsheet would compute."""
    cells = candidate(1, name="=HYPERLINK(1)", second_email="second@candidates.example")
    store.candidates.apply(CAMPAIGN, [cells, candidate(2)])
    store.answers.put(CAMPAIGN, "1", Answer(Said.DECLINED, NOON), "=1+1, in private")
    store.answers.put(CAMPAIGN, "1", Answer(Said.WRONG_ADDRESS, NOON + 60, store.ids.address("c1@candidates.example")))
    store.answers.put(CAMPAIGN, "2", Answer(Said.LESS_OFTEN, NOON + 120))
    return store


def test_who_answered_what_and_when_is_listed_without_addresses_and_reasons(mobilise, ledger: Store):
    """An operator sees whom to call, and which address is wrong, by its place alone."""
    status, out, _ = mobilise("answers", CAMPAIGN, "--json")
    rows = json.loads(out)
    assert status == 0
    assert [(row["candidate"], row["said"], row["about"]) for row in rows] == [
        ("1", "declined", ""),
        ("1", "wrong-address", "first"),
        ("2", "less-often", ""),
    ]
    assert rows[0]["at"].startswith("2026-09-21T")
    assert "private" not in out
    assert "@" not in out
    assert [row["said"] for row in json.loads(mobilise("answers", CAMPAIGN, "--said", "declined", "--json")[1])] == [
        "declined"
    ]
    assert "less-often" in mobilise("answers", CAMPAIGN)[1]
    assert mobilise("answers", "no-such")[0] == 1


def test_private_reasons_are_shown_on_purpose_and_it_is_logged(mobilise, ledger: Store):
    """They were given in confidence: who looked stands in the events, not what they read."""
    _, out, err = mobilise("answers", CAMPAIGN, "--reasons", "--by", "kim", "--json")
    assert [row["reason"] for row in json.loads(out)] == ["=1+1, in private", "", ""]
    assert "answers.shown" in err
    entry = ledger.events.newest(1)[0]
    assert (entry.kind, entry.body) == ("answers.shown", "1 reasons by kim")


def test_a_spreadsheet_computes_nothing_of_it(mobilise, ledger: Store):
    """Names come from a file, reasons from a form."""
    _, out, _ = mobilise("answers", CAMPAIGN, "--reasons", "--csv")
    row = next(csv.DictReader(StringIO(out)))
    assert (row["name"], row["reason"]) == ("'=HYPERLINK(1)", "'=1+1, in private")
    assert "reason" not in mobilise("answers", CAMPAIGN, "--csv")[1].splitlines()[0]
    assert mobilise("answers", CAMPAIGN, "--csv", "--json")[0] == 2


def test_an_operator_takes_a_no_back_and_withheld_letters_stay_so(mobilise, ledger: Store):
    """By the law of states a withheld letter never leaves; the next one does. The reason is forgotten."""
    before = written(ledger, 1)
    ledger.waiting.follow(CAMPAIGN, "1")
    assert mobilise("answer", "1", "-c", CAMPAIGN, "--take-back", "declined")[0] == 2  # nobody there to ask
    assert mobilise("answer", "1", "-c", CAMPAIGN, "--take-back", "declined", "--yes", "--by", "kim")[0] == 0
    status, out, _ = mobilise("answer", "1", "-c", CAMPAIGN, "--take-back", "wrong-address", "--yes", "--json")
    assert (status, json.loads(out)["result"]) == (0, "taken back")
    after = written(ledger, 2, ("1",))
    ledger.letters.claim(CAMPAIGN, after.id, time.time() + 90)
    states = {one.action: one.state.value for one in ledger.letters.newest_first(CAMPAIGN) if one.candidate == "1"}
    assert states == {before.id: "withheld", after.id: "sending"}
    assert ledger.answers.of(CAMPAIGN, "1") == []
    assert ledger.answers.reason(CAMPAIGN, "1") == ""
    assert "1 declined by kim" in [one.body for one in ledger.events.newest(20) if one.kind == "answer.withdrawn"]
    assert ledger.tallies.verify(CAMPAIGN) == []


def test_what_was_not_answered_is_not_taken_back(mobilise, ledger: Store):
    """Nothing changes, and it says so; a candidate or a word that is none is an error."""
    status, out, _ = mobilise("answer", "2", "-c", CAMPAIGN, "--take-back", "stopped")
    assert (status, out) == (0, "stopped of 2: was not answered: nothing was changed\n")
    assert mobilise("answer", "9", "-c", CAMPAIGN, "--take-back", "stopped")[0] == 1
    assert mobilise("answer", "2", "-c", CAMPAIGN, "--take-back", "signed")[0] == 2
    assert len(ledger.answers.of(CAMPAIGN, "2")) == 1
