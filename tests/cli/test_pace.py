"""``mobilise campaigns pace``, and the forecast of ``campaigns show``."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.cli.operating import FILE, home, written
from tests.support.people import CAMPAIGN, candidate
from workers.cli import main
from workers.store import Store

PACED = 'time_zone = "Europe/London"\n[pace]\ncap = 2\nquiet = ""\n[sender]'


@pytest.fixture
def mobilise(valkey: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """Runs one command as an operator would: (exit status, stdout, stderr). The campaign ends in three hours."""
    root = home(tmp_path / "home")
    ends = datetime.now(UTC) + timedelta(hours=3)
    text = FILE.format(closes=f"{ends:%Y-%m-%dT%H:%M:%SZ}").replace("[sender]", PACED)
    (root / "config" / "campaigns" / f"{CAMPAIGN}.toml").write_text(text)
    monkeypatch.setenv("REDIS_URL", valkey)
    monkeypatch.setenv("MOBILISE_SECRET", "a secret that only tests use")
    monkeypatch.setenv("MOBILISE_HOME", str(root))

    def run(*arguments: object) -> tuple[int, str, str]:
        status = main(["campaigns", *map(str, arguments)])
        return status, *capsys.readouterr()

    return run


@pytest.fixture
def ledger(store: Store) -> Store:
    """Two candidates, one of them without an address."""
    store.candidates.apply(CAMPAIGN, [candidate(1), candidate(2, email="")])
    return store


def said(mobilise, *arguments: object):
    status, out, err = mobilise(*arguments, "--json")
    assert status == 0, err
    return json.loads(out)


def test_a_pace_is_shown_changed_and_taken_back(mobilise, ledger: Store):
    """At once for all processes: the ledger says it. What an option does not name stays."""
    assert said(mobilise, "pace", CAMPAIGN)["set_by"] == "the campaign file"
    assert ledger.paces.find(CAMPAIGN).table is None
    shown = said(mobilise, "pace", CAMPAIGN, "--cap", 5, "--curve", "0-12, 12-24 0.5")
    assert (shown["set_by"], shown["cap"], shown["curve"]) == ("an operator, until --reset", 5, "0-12, 12-24 0.5")
    shown = said(mobilise, "pace", CAMPAIGN, "--domain-cap", 50)
    assert (shown["cap"], shown["domain_cap"]) == (5, 50)
    table = ledger.paces.find(CAMPAIGN).table
    assert table
    assert (table.cap, table.domain_cap) == (5, 50)
    assert said(mobilise, "pace", CAMPAIGN, "--reset")["cap"] == 2
    assert ledger.paces.find(CAMPAIGN).override is None


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--cap", "0"], "0 is not in the range 1<=x<=3600"),
        (["--curve", "8-9 x"], "'x' is not a share from 0 to 1"),
        (["--quiet", "0-24"], "no hour is left in which a letter may leave"),
        (["--quiet", "9 to 5"], "'9 to 5' is not like 21-8"),
        (["--reset", "--cap", "5"], "--reset goes by the file"),
    ],
)
def test_a_pace_that_makes_no_sense_changes_nothing(mobilise, ledger: Store, arguments, told):
    """One line says which word it is."""
    status, out, err = mobilise("pace", CAMPAIGN, *arguments)
    assert (status != 0, out) == (True, "")
    assert told in err
    assert ledger.paces.find(CAMPAIGN).version == 0


def test_the_forecast_says_when_who_and_what_would_mend_it(mobilise, ledger: Store):
    """And another pace is tried out without changing anything."""
    said(mobilise, "pace", CAMPAIGN, "--cap", 1, "--curve", "0-24")
    for number in range(12):
        written(ledger, number)
    shown = said(mobilise, "show", CAMPAIGN)["forecast"]
    assert (shown["waiting"], shown["candidates"][0]["candidate"]) == (12, "1")
    assert 8 <= shown["without_time"] <= 9
    assert shown["without_address"] == [{"candidate": "2", "name": "Candidate 2", "held": 12, "reason": "no-address"}]
    (mended,) = shown["mend"].items()
    assert mended[0] == "cap"
    assert 4 <= mended[1] <= 7
    tried = said(mobilise, "show", CAMPAIGN, "--what-if", f"cap={mended[1]}")["forecast"]
    assert (tried["without_time"], tried["what_if"]) == (0, {"cap": str(mended[1])})
    less = said(mobilise, "show", CAMPAIGN, "--what-if", f"cap={mended[1] - 1}")["forecast"]
    assert less["without_time"] > 0
    table = ledger.paces.find(CAMPAIGN).table
    assert table
    assert table.cap == 1
    done = said(mobilise, "pace", CAMPAIGN, "--cap", mended[1])
    assert (done["letters_timed"], done["without_time"], done["queued"]) == (12, 0, 12)
    stands = said(mobilise, "show", CAMPAIGN)["forecast"]
    assert (stands["last_leaves"], stands["without_time"]) == (tried["last_leaves"], 0)
    status, out, _ = mobilise("show", CAMPAIGN)
    assert status == 0
    assert "Waiting letters by candidate" in out
    assert "Held: no address that works" in out


@pytest.mark.parametrize("wrong", ["cap", "kap=5", "cap=many", "cap=0", "quiet=x"])
def test_what_is_no_setting_is_told(mobilise, ledger: Store, wrong: str):
    """Nothing is guessed."""
    status, out, err = mobilise("show", CAMPAIGN, "--what-if", wrong)
    assert (status != 0, out) == (True, "")
    assert "Traceback" not in err
