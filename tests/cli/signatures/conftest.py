"""A campaign whose charter candidates sign, and the operator who enters it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.people import CAMPAIGN, candidate
from workers.cli import main
from workers.store import Store

EVIDENCE = "https://news.example/scan"
BY = ("--by", "Kim Clerk")
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def ledger(store: Store) -> Store:
    """Candidates in three regions; one has withdrawn, one has a name that a spreadsheet would compute."""
    places = [("North", "E14999001", "Aldmoor"), ("South", "E14999002", "Bexford"), ("South", "E14999003", "Cadwell")]
    people = [
        candidate(n, region=region, constituency=gss, constituency_name=name)
        for n in range(1, 7)
        for region, gss, name in [places[n % 3]]
    ]
    cells = candidate(7, name="=HYPERLINK(1)", party='"Sum" Party; @', region="South")
    store.candidates.apply(CAMPAIGN, [*people, cells, candidate(8, status="withdrawn")])
    return store


@pytest.fixture
def mobilise(valkey: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs ``mobilise signatures …`` in the campaign as an operator without a terminal would."""
    monkeypatch.setenv("REDIS_URL", valkey)
    monkeypatch.setenv("MOBILISE_SECRET", "a secret that only tests use")
    monkeypatch.setenv("MOBILISE_LOG__LEVEL", "error")

    def run(verb: str, *arguments: object, noun: str = "signatures") -> tuple[int, str, str]:
        named = [] if noun != "signatures" or verb == "check-log" else ["-c", CAMPAIGN]
        status = main([noun, verb, *map(str, arguments), *named])
        return status, *capsys.readouterr()

    return run


@pytest.fixture
def add(mobilise: Run, ledger: Store) -> Run:
    """Adds the signature of a candidate."""
    return lambda number, *more: mobilise("add", number, "--evidence", EVIDENCE, *BY, *more)


@pytest.fixture
def import_rows(mobilise: Run, ledger: Store, tmp_path: Path):
    """Imports a file: (exit status, what the JSON says, or the error)."""

    def run(text: str, *more: object):
        file = tmp_path / "signed.csv"
        file.write_text(text, newline="")
        status, out, err = mobilise("import", file, *BY, "--json", *more)
        return status, json.loads(out) if out else err

    return run
