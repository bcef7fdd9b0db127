"""What operators see of daily summaries: who gets one and when, and in which mail a letter went."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.actors.summing import PUSH, Provider, flood, send
from tests.cli.operating import FILE, home
from tests.support.people import CAMPAIGN, candidate
from workers.campaign.pace import Pace
from workers.cli import main
from workers.store import Store
from workers.store.claims import gathering

TABLES = 'time_zone = "Europe/London"\n[summary]\ntolerance = 3\n{more}[sender]'


@pytest.fixture
def ledger(store: Store) -> Store:
    store.candidates.apply(CAMPAIGN, [candidate(1), candidate(2)])
    return store


@pytest.fixture
def mobilise(valkey: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """Runs one command on a campaign with these tables, and gives back its JSON."""
    root = home(tmp_path / "home")
    monkeypatch.setenv("REDIS_URL", valkey)
    monkeypatch.setenv("MOBILISE_SECRET", "a secret that only tests use")
    monkeypatch.setenv("MOBILISE_HOME", str(root))

    def run(*arguments: str, more: str = ""):
        text = FILE.format(closes="2099-01-01T00:00:00").replace("[sender]", TABLES.format(more=more))
        (root / "config" / "campaigns" / f"{CAMPAIGN}.toml").write_text(text)
        assert main([*arguments, "--json"]) == 0
        return json.loads(capsys.readouterr().out)

    return run


@pytest.mark.parametrize("paced", [False, True])
def test_a_campaign_shows_who_gets_a_summary_and_when(mobilise, ledger: Store, paced: bool):
    """The forecast says the same: their last letter leaves then, whatever the pace."""
    push = replace(PUSH, pace=Pace(1, 1)) if paced else PUSH
    flood(ledger, 5, push=push)
    shown = mobilise("campaigns", "show", CAMPAIGN, more='[pace]\ncap = 1\nquiet = ""\n' if paced else "")
    due = datetime.fromtimestamp(gathering(PUSH, time.time()).due_ms / 1000, UTC)
    (leaves,) = shown["summaries"].values()
    assert datetime.fromisoformat(leaves) == due
    (row,) = shown["forecast"]["candidates"]
    assert (row["candidate"], row["waiting"], row["last_leaves"], row["without_time"]) == ("1", 5, leaves, 0)
    assert (shown["forecast"]["waiting"], shown["forecast"]["last_leaves"]) == (5, leaves)


def test_a_letter_shows_when_it_leaves_and_then_in_which_mail_it_went(mobilise, ledger: Store):
    """One of four."""
    actions, provider = flood(ledger), Provider()
    letter = f"{actions[0].group}-1"
    shown = mobilise("letters", "show", letter)
    assert datetime.fromisoformat(shown["leaves"]).timestamp() == ledger.summaries.all(CAMPAIGN)["1"]
    assert shown["summary"] == {}
    send(ledger, provider)
    shown = mobilise("letters", "show", letter)
    assert "leaves" not in shown
    assert (shown["summary"]["mail"], shown["summary"]["letters"]) == (provider.deliveries[0], 4)
    assert shown["summary"]["place"] in {1, 2, 3, 4}
    assert shown["message_id"] == "m1"


def test_a_campaign_without_the_table_says_so(mobilise, ledger: Store):
    """Nothing is gathered, and nobody has to look for it."""
    shown = mobilise("campaigns", "show", "over")
    assert (shown["summary"], shown["summaries"]) == ({}, {})
