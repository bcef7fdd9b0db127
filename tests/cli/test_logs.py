"""``mobilise logs`` by hand: from files, from a folder, from standard input, followed."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.support.processes import Running, environment
from workers.cli import Context, mobilise


def said(event: str, second: int, **fields: object) -> str:
    head = {"time": f"2026-11-22T07:37:{second:02d}.000Z", "level": "info", "event": event}
    return json.dumps({**head, **fields}, separators=(",", ":")) + "\n"


LINES = said("web.started", 1) + "Traceback (most recent call last):\n" + said("letters.accepted", 2, campaign="c1")


def logs(*arguments: str, given: str = "", **env: str):
    return CliRunner().invoke(mobilise, ["logs", *arguments], input=given, obj=Context(environ=environment(**env)))


def test_without_a_place_it_reads_the_log_folder(tmp_path):
    """What ``mobilise up`` keeps, older generations first."""
    (tmp_path / "mobilise.log.1").write_text(LINES)
    (tmp_path / "mobilise.log").write_text(said("clock.started", 3))
    done = logs(MOBILISE_LOG__FOLDER=str(tmp_path))
    words = [line.split()[2] for line in done.stdout.splitlines()[1:] if line[0].isdigit()]
    assert words == ["web.started", "letters.accepted", "clock.started"]
    assert "Traceback (most recent call last):" in done.stdout


def test_no_log_is_told_with_what_to_do(tmp_path):
    """A newcomer asks before anything runs."""
    done = CliRunner().invoke(mobilise, ["logs", str(tmp_path / "none")])
    assert "mobilise up" in str(done.exception)
    assert logs(MOBILISE_LOG__FOLDER="").exit_code == 2


def test_json_is_the_lines_themselves_and_nothing_else(tmp_path):
    """For ``jq``: what is no event goes to stderr."""
    done = logs("--json", "-", given=LINES)
    assert [json.loads(line)["event"] for line in done.stdout.splitlines()] == ["web.started", "letters.accepted"]
    assert "Traceback" in done.stderr


def test_a_summary_has_a_row_for_each_event():
    """The night's flood on one screen; the same for programs."""
    (first, *_) = json.loads(logs("--summary", "--json", "--event", "l*", "-", given=LINES * 3).stdout)
    assert (first["event"], first["count"], first["levels"]) == ("letters.accepted", 3, {"info": 3})
    assert "07:37:02" in logs("--summary", "-", given=LINES).stdout


@pytest.mark.parametrize("more", [[], ["--summary"]], ids=["lines", "summary"])
def test_following_shows_what_is_written_later_also_by_who_comes_later(tmp_path: Path, more):
    """The file that is there, and a second one that comes while somebody looks."""
    (tmp_path / "mobilise.log").write_text(LINES)
    argv = [sys.executable, "-P", "-m", "workers", "logs", str(tmp_path), "-f", "--json", *more]
    with Running(argv, tmp_path / "out", environment()) as running:
        running.wait_until(lambda: "letters.accepted" in running.stdout, "what was there")
        with (tmp_path / "mobilise.log").open("a") as file:
            file.write(said("letters.rejected", 5))
        (tmp_path / "mobilise-2.log").write_text(said("clock.moved", 6))
        running.wait_until(lambda: '"event":"letters.rejected"' in running.stdout, "what was appended")
        running.wait_until(lambda: '"event":"clock.moved"' in running.stdout, "the second file")
