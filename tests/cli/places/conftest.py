"""Importing places through the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from workers.cli import main


@pytest.fixture
def mobilise(valkey: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """Runs one command: (exit status, stdout, stderr)."""
    monkeypatch.setenv("REDIS_URL", valkey)
    monkeypatch.setenv("MOBILISE_SECRET", "a secret that only tests use")

    def run(*arguments: object) -> tuple[int, str, str]:
        status = main([str(argument) for argument in arguments])
        return status, *capsys.readouterr()

    return run


@pytest.fixture
def import_text(mobilise, tmp_path: Path):
    """Imports a file of this text: (exit status, JSON or error)."""

    def run(text: str | bytes):
        path = tmp_path / "places.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        status, out, err = mobilise("places", "import", path, "--json")
        return status, json.loads(out) if out else err

    return run
