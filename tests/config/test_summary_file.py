"""Tests of the table [summary] of a campaign file: what it becomes, and how what is wrong in it is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.config.test_campaigns import GOOD
from tests.config.test_pace_file import ZONED, wrong
from workers.campaign.summary import Summary
from workers.campaigns import load_campaign


@pytest.fixture
def write(tmp_path):
    def write(text: str) -> Path:
        path: Path = tmp_path / "clean-air.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_summaries_are_allowed_by_a_table(write):
    """Without it letters leave one by one."""
    assert load_campaign(write(ZONED)).summary is None
    assert load_campaign(write(ZONED.replace("[sender]", "[summary]\n\n[sender]"))).summary == Summary(20, 8)
    text = "[summary]\ntolerance = 0\nhour = 17\n\n[sender]"
    assert load_campaign(write(ZONED.replace("[sender]", text))).summary == Summary(0, 17)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("tolerance = -1", "9: summary.tolerance expected a whole number from 0 to 100000, got -1"),
        ("tolerance = 2.5", "9: summary.tolerance expected a whole number from 0 to 100000, got 2.5"),
        ("hour = 24", "9: summary.hour expected a whole number from 0 to 23, got 24"),
        ('hour = "08:00"', "9: summary.hour expected a whole number from 0 to 23, got"),
        ("hours = 8", "9: summary.hours is not known (did you mean hour?)"),
        ("hour = 7\n[pace]", "9: summary.hour is 7, which is quiet by the table pace (choose an hour in which letters"),
    ],
)
def test_a_summary_that_makes_no_sense_is_told_with_its_line_and_word(write, line, said):
    """One at a quiet hour would break the promise of the other table."""
    path = write(ZONED.replace("[sender]", f"[summary]\n{line}\n\n[sender]"))
    assert said in wrong(path)[0], wrong(path)


def test_a_summary_needs_to_know_whose_hour_is_meant(write):
    """A file without a time zone would get London's."""
    (problem,) = wrong(write(GOOD.replace("[sender]", "[summary]\n\n[sender]")))
    assert "8: summary goes by the hours of the day, and time_zone is missing" in problem
