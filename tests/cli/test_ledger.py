"""``mobilise ledger``: what an operator sees and says after Redis went back in time."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.support.people import CAMPAIGN
from tests.support.processes import environment
from workers.cli import Context, mobilise
from workers.errors import ConfigError, UnsafeError
from workers.journal import Journal
from workers.journal_files import Entry
from workers.store import Store


@pytest.fixture
def run(valkey: str, tmp_path: Path):
    def run(*arguments: str, journal: str = str(tmp_path / "journal")) -> Result:
        operator = Context(environ=environment(REDIS_URL=valkey, MOBILISE_WORKER__JOURNAL=journal))
        return CliRunner().invoke(mobilise, ["ledger", *arguments], obj=operator, standalone_mode=False)

    return run


def remember(folder: Path, *numbers: int, most: int = 10_000) -> str:
    """A journal in ``folder`` with these claims; its sender."""
    one = Journal(folder, most=most)
    one.open()
    for number in numbers:
        one.append(Entry(number, 1_790_000_000, CAMPAIGN, f"a{number:016}", f"d{number:016}", ("1",)))
    one.close()
    return one.sender


def test_nothing_in_doubt_is_said_so(run):
    """By both, with and without journals, as often as one likes."""
    for verb in (["doubts"], ["accept"], ["accept", "--yes"]):
        assert run(*verb).stdout == "Nothing is in doubt: the ledger knows all that is in 0 journals.\n"


def test_doubts_change_nothing_and_accept_asks(run, tmp_path, store: Store):
    """Where there is nobody to ask, ``--yes`` must be said."""
    sender = remember(tmp_path / "journal", 1, 2)
    found = json.loads(run("doubts", "--json").stdout)
    assert found["behind"] == [{"sender": sender, "ledger": 0, "journal": 2}]
    assert [(row["ledger_says"], row["lost"]) for row in found["letters"]] == [("absent", True)] * 2
    assert store.pauses.all() == {}
    refused = run("accept")
    assert "--yes to do it" in str(refused.exception)
    assert "The ledger has forgotten 2 claims of 1 sender: 2 absent" in refused.stderr
    assert json.loads(run("accept", "--yes", "--json").stdout)["remembered"] == 2
    assert json.loads(run("doubts", "--json").stdout)["letters"] == []


def test_the_journal_of_another_machine_counts(run, tmp_path):
    """Only its workers know what they sent."""
    remember(tmp_path / "brought", 1)
    assert json.loads(run("doubts", "--json").stdout)["in_doubt"] == 0
    assert json.loads(run("doubts", "--journal", str(tmp_path / "brought"), "--json").stdout)["in_doubt"] == 1
    assert isinstance(run("doubts", "--journal", str(tmp_path / "nowhere")).exception, ConfigError)


def test_claims_that_no_journal_has_any_more_need_a_word_more(run, tmp_path):
    """Their letters cannot be made unknown: that is a risk to be taken knowingly."""
    remember(tmp_path / "journal", *range(1, 21), most=300)
    refused = run("accept", "--yes")
    assert isinstance(refused.exception, UnsafeError)
    assert "claims are older than the journals" in str(refused.exception)
    assert run("accept", "--yes", "--forgotten").exception is None


def test_without_a_journal_there_is_nothing_to_compare(run):
    """The setting is off: that is said, not "nothing in doubt"."""
    assert "worker.journal" in str(run("doubts", journal="").exception)
