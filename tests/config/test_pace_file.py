"""Tests of [pace] in campaign files: what it becomes, and how what is wrong in it is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.config.test_campaigns import GOOD
from workers.campaign.pace import Pace, read_curve, read_quiet
from workers.campaigns import load_campaign, read_campaigns

ZONED = GOOD.replace("\n\n[sender]", '\ntime_zone = "Europe/London"\n[sender]', 1)


@pytest.fixture
def write(tmp_path):
    def write(text: str) -> Path:
        path: Path = tmp_path / "clean-air.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def wrong(path: Path) -> list[str]:
    return [str(problem) for problem in read_campaigns(path.parent, path.parent)[1]]


def test_a_pace_is_what_the_file_says_and_none_without_it(write):
    """Quiet hours silence the curve; what is left out has its usual value."""
    assert load_campaign(write(GOOD)).pace is None
    usual = load_campaign(write(ZONED.replace("[sender]", "[pace]\n\n[sender]"))).pace
    assert usual == Pace(60, 600, quiet=read_quiet("21-8"))
    text = '[pace]\ncap = 5\ndomain_cap = 50\ncurve = "6-9 0.3, 9-22"\nquiet = "21-8"\n\n[sender]'
    pace = load_campaign(write(ZONED.replace("[sender]", text))).pace
    assert pace
    assert (pace.cap, pace.domain_cap, pace.shares) == (5, 50, read_curve("8-9 0.3, 9-21"))


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("cap = 0", "9: pace.cap expected a whole number from 1 to 3600, got 0"),
        ("cap = 1.5", "9: pace.cap expected a whole number from 1 to 3600, got 1.5"),
        ("domain_cap = 0", "9: pace.domain_cap expected a whole number from 1 to 1000000, got 0"),
        ('curve = "8-9 x"', "9: pace.curve 'x' is not a share from 0 to 1"),
        ('curve = "9 to 5"', "9: pace.curve '9 to 5' is not like 8-17 0.5"),
        ('curve = "8-25"', "9: pace.curve '8-25' names an hour that no day has"),
        ('curve = ""', "9: pace.curve expected text in quotes, not empty"),
        ('curve = "0-24 0"', "9: pace.curve no hour is left"),
        ('quiet = "0-24"', "9: pace.quiet no hour is left"),
        ('quiet = "21 8"', "9: pace.quiet '21 8' is not like 21-8"),
        ("quiet = 21", "9: pace.quiet expected text in quotes"),
        ("kap = 5", "9: pace.kap is not known (did you mean cap?)"),
    ],
)
def test_a_pace_that_makes_no_sense_is_told_with_its_line_and_word(write, line, said):
    """Nobody should find out in the night before polling day."""
    path = write(ZONED.replace("[sender]", f"[pace]\n{line}\n\n[sender]"))
    assert said in wrong(path)[0], wrong(path)


def test_a_pace_needs_to_know_whose_hours_are_meant(write):
    """A file without a time zone would get London's."""
    (problem,) = wrong(write(GOOD.replace("[sender]", "[pace]\ncap = 5\n\n[sender]")))
    assert "8: pace goes by the hours of the day, and time_zone is missing" in problem
