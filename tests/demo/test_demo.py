"""``scripts/demo`` from outside: what it prints, how it ends, and what it leaves behind."""

from __future__ import annotations

import json
import re
import signal
import sys
from pathlib import Path

import pytest

from tests.support.processes import Running, environment, status


@pytest.fixture
def demo(tmp_path: Path):
    """Starts the demo with these arguments; whatever it makes is under ``tmp_path / "made"``."""
    started: list[Running] = []
    (tmp_path / "made").mkdir()

    def run(*arguments: str) -> Running:
        argv = [sys.executable, "-P", "-m", "workers.demo", *arguments]
        env = environment(TMPDIR=str(tmp_path / "made"), COLUMNS="100")
        started.append(Running(argv, tmp_path / f"logs-{len(started)}", env))
        return started[-1]

    yield run
    for running in started:
        running.close()


def left_behind(tmp_path: Path) -> list[str]:
    return [path.name for path in (tmp_path / "made").iterdir()]


def test_once_ends_with_the_tally_as_one_line_of_json(demo, tmp_path: Path):
    """A script can run it and read the result; exactly as many letters left as were asked for."""
    sizes = ("--contacts", "43", "--signatures", "5", "--subscribers", "400", "--called", "50")
    running = demo("--once", *sizes, "--repeat-events", "2")
    assert running.popen.wait(90) == 0, running.text
    (line,) = running.stdout.splitlines()
    tally = json.loads(line)
    assert (tally["contacts"], tally["signatories"]) == (43, 5)
    assert (tally["books_balanced"], tally["verified"]) == (True, True)
    assert tally["letters"]["delivered"] == 43
    assert sum(tally["contacts_by_party"].values()) == 43
    assert tally["call"]["acted"] > 0
    bulletin = tally["bulletin"]
    assert bulletin["balanced"]
    assert bulletin["states"]["delivered"] == 375
    assert "Traceback" not in running.stderr
    assert left_behind(tmp_path) == []


def test_bounced_letters_are_no_contacts_and_the_books_still_balance(demo):
    """Over HTTPS too: the outbox makes the certificate, the workers trust it."""
    running = demo(
        "--once", "--contacts", "60", "--bounce", "0.3", "--complaint", "0.1", "--https", "--subscribers", "0"
    )
    assert running.popen.wait(90) == 0, running.text
    tally = json.loads(running.stdout)
    letters = tally["letters"]
    assert letters["bounced"] > 0
    assert tally["contacts"] == letters["delivered"] + letters["complained"]
    # What waited when its address bounced is held, like what never had one.
    settled = tally["contacts"] + letters["bounced"] + letters["withheld"] + letters["held"]
    assert settled == sum(letters.values()) >= 60


def test_it_stays_until_it_is_asked_to_end_and_leaves_nothing(demo, tmp_path: Path):
    """A newcomer looks at the pages, then presses Ctrl-C."""
    running = demo("--contacts", "8", "--signatures", "2", "--subscribers", "0", "--called", "0")
    running.wait_until(lambda: "Ctrl-C" in running.stderr, "the demo stays", timeout_s=90)
    pages = re.findall(r"http://127\.0\.0\.1:\d+/\S*", running.stderr)
    assert [status(page) for page in pages] == [200] * 6, pages
    assert running.stop(signal.SIGINT, timeout_s=60) == 0
    assert {status(page) for page in pages} == {0}
    assert left_behind(tmp_path) == []


@pytest.mark.faults
def test_a_sigterm_in_the_middle_leaves_nothing(demo, tmp_path: Path):
    """Whoever started it may have lost patience."""
    running = demo("--once", "--contacts", "5000")
    running.wait_until(lambda: "Imported" in running.stderr, "letters leave", timeout_s=90)
    assert running.stop(signal.SIGTERM, timeout_s=60) == 128 + signal.SIGTERM
    assert running.stdout == ""
    assert left_behind(tmp_path) == []
