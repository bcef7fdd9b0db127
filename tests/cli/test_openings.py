"""``mobilise campaigns open`` and ``close``: asked first, done once, and said what it means."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.operating import FILE, home, written
from tests.support.people import CAMPAIGN, candidate
from workers.cli import main
from workers.store import Store


@pytest.fixture
def mobilise(valkey: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """Runs one command as an operator without a terminal would: (exit status, stdout, stderr)."""
    root = home(tmp_path / "home")
    early = FILE.replace("2020-01-01", "2090-01-01").format(closes="2099-01-01T00:00:00")
    (root / "config" / "campaigns" / "early.toml").write_text(early)
    monkeypatch.setenv("REDIS_URL", valkey)
    monkeypatch.setenv("MOBILISE_SECRET", "a secret that only tests use")
    monkeypatch.setenv("MOBILISE_HOME", str(root))
    monkeypatch.setattr("workers.openings.KNOWN_S", 0.0)

    def run(*arguments: object) -> tuple[int, str, str]:
        status = main(["campaigns", *map(str, arguments)])
        return status, *capsys.readouterr()

    return run


@pytest.fixture
def ledger(store: Store) -> Store:
    store.candidates.apply(CAMPAIGN, [candidate(1), candidate(2, email="")])
    return store


def state(mobilise, slug: str = CAMPAIGN) -> dict[str, str]:
    shown = json.loads(mobilise("show", slug, "--json")[1])
    return {key: shown[key] for key in ("state", "decided")}


def test_closing_says_what_it_costs_and_withholds_all_that_waits(mobilise, ledger: Store):
    """Queued and held letters, with their reason; nothing is paused afterwards that was not before."""
    written(ledger, 1)
    status, _, err = mobilise("close", CAMPAIGN)
    assert (status, "2 letters that wait will be withheld for good" in err) == (2, True)
    assert state(mobilise) == {"state": "open", "decided": ""}
    status, out, err = mobilise("close", CAMPAIGN, "--yes", "--by", "kim", "--json")
    assert (status, json.loads(out)) == (0, {"campaign": CAMPAIGN, "result": "closed", "withheld": 2, "by": "kim"})
    assert "campaign.closed" in err
    assert {f"{one.state} {one.reason}" for one in ledger.letters.newest_first(CAMPAIGN)} == {"withheld closed"}
    assert ledger.pauses.all() == {}
    shown = state(mobilise)
    assert (shown["state"], shown["decided"].endswith("by kim")) == ("closed", True)
    assert [one.body for one in ledger.events.newest(20) if one.kind == "campaign.closed"] == ["by kim"]
    assert mobilise("close", CAMPAIGN)[1] == f"{CAMPAIGN} was closed already: 0 letters withheld\n"
    assert ledger.tallies.verify(CAMPAIGN) == []


def test_a_close_that_was_cut_off_is_completed_by_the_next(mobilise, ledger: Store):
    """What was written meanwhile is withheld as well."""
    ledger.openings.decide(CAMPAIGN, "closed", "kim")
    written(ledger, 1)
    status, out, _ = mobilise("close", CAMPAIGN, "--yes", "--json")
    assert (status, json.loads(out)["result"], json.loads(out)["withheld"]) == (0, "was closed already", 2)


def test_a_closed_campaign_is_opened_again_and_goes_by_its_file(mobilise, ledger: Store):
    """Withheld letters stay so."""
    written(ledger, 1)
    mobilise("close", CAMPAIGN, "--yes")
    assert mobilise("open", CAMPAIGN)[0] == 2
    assert mobilise("open", CAMPAIGN, "--yes")[:2] == (0, f"{CAMPAIGN} opened\n")
    assert mobilise("open", CAMPAIGN)[:2] == (0, f"{CAMPAIGN} was open already\n")
    assert state(mobilise) == {"state": "open", "decided": ""}
    assert {f"{one.state} {one.reason}" for one in ledger.letters.newest_first(CAMPAIGN)} == {"withheld closed"}


def test_a_campaign_may_begin_before_its_time(mobilise, ledger: Store):
    """Who decided it is shown; a pause still stops it, and it is said so."""
    assert state(mobilise, "early")["state"] == "not open yet"
    ledger.pauses.pause("all", "credits")
    status, out, err = mobilise("open", "early", "--yes", "--by", "kim")
    assert (status, out, "still paused by: all" in err) == (0, "early opened\n", True)
    assert state(mobilise, "early")["decided"].startswith("open since ")
    ledger.pauses.resume("all")
    rows = json.loads(mobilise("list", "--json")[1])
    assert {row["campaign"]: row["state"] for row in rows} == {CAMPAIGN: "open", "early": "open", "over": "closed"}


def test_a_campaign_that_is_over_is_not_opened(mobilise, ledger: Store):
    """The error says what would; an unknown one is told as everywhere."""
    status, _, err = mobilise("open", "over", "--yes")
    assert (status, "is over by its file" in err) == (1, True)
    assert mobilise("open", "no-such", "--yes")[0] == 1
    assert ledger.openings.all() == {}
