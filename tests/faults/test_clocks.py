"""Clocks that are wrong, that step, or that are two: what is due may come early or late, and never twice."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.faults.town import Campaign
from tests.support.wait import wait_until
from workers.store.tallies import day_number

HOUR = 3600


@pytest.mark.faults
@pytest.mark.parametrize("names", [(), ("worker",), ("clock",)], ids=["all", "worker", "clock"])
@pytest.mark.parametrize("hours", [1, -1])
def test_the_wall_clock_steps_by_an_hour_and_back_while_letters_leave(campaign: Campaign, names, hours: int):
    """A claim may run out early: its letters are unknown until the answer comes, and nobody posts them again."""
    town = campaign.town
    campaign.candidates("ada", "bram")
    campaign.meets("slow", ms=150, times=None)
    with campaign.writing(12):
        wait_until(lambda: campaign.states().get("delivered"))
        town.step(hours * HOUR, *names)
        wait_until(lambda: campaign.states().get("delivered", 0) >= 10)
    wait_until(lambda: sum(campaign.states().values()) == 24)
    town.step(0)
    campaign.comes_to(delivered=24)


@pytest.mark.faults
def test_two_workers_an_hour_apart(campaign: Campaign):
    """To the one that is ahead the other looks dead, and it takes its messages over: each letter leaves once."""
    town = campaign.town
    campaign.candidates("ada", "bram")
    town.start("worker-2")
    town.log("worker-2").wait_for("worker.started")
    town.step(HOUR, "worker-2")
    campaign.meets("slow", ms=100, times=None)
    with campaign.writing(20):
        pass
    campaign.comes_to(delivered=40)
    town.end("worker-2")


@pytest.mark.faults
def test_what_waits_is_moved_by_either_of_two_clocks_once(campaign: Campaign):
    """Any number may run, and any of them may die."""
    town = campaign.town
    campaign.candidates("ada")
    town.start("clock-2")
    town.log("clock-2").wait_for("clock.started")
    campaign.mobilise("campaigns", "pause")
    with campaign.writing(20):
        pass
    campaign.comes_to(queued=20)
    campaign.mobilise("campaigns", "resume")
    town.kill("clock")
    campaign.comes_to(delivered=20)
    town.end("clock-2")


@pytest.mark.parametrize(
    ("at", "day"),
    [
        ("2026-03-28T23:59:59+00:00", "2026-03-28"),  # the night that is an hour short: 01:00 becomes 02:00
        ("2026-03-29T00:00:00+00:00", "2026-03-29"),
        ("2026-03-29T22:59:59+00:00", "2026-03-29"),
        ("2026-03-29T23:00:00+00:00", "2026-03-30"),
        ("2026-10-24T22:59:59+00:00", "2026-10-24"),  # the night with an hour twice: 02:00 becomes 01:00
        ("2026-10-24T23:00:00+00:00", "2026-10-25"),
        ("2026-10-25T23:59:59+00:00", "2026-10-25"),
        ("2026-10-26T00:00:00+00:00", "2026-10-26"),
    ],
)
def test_a_contact_counts_on_its_own_day_in_both_nights_of_daylight_saving(at: str, day: str):
    """Each second is in one day, and the day's length is nobody's business."""
    number = day_number(datetime.fromisoformat(at).timestamp(), "Europe/London")
    assert number == (datetime.fromisoformat(f"{day}T00:00:00+00:00") - datetime(1970, 1, 1, tzinfo=UTC)).days
