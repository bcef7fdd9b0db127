"""When letters that wait leave together: once on each local day, in nights of 23 and 25 hours too, and on the last."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.support.people import campaign
from workers.campaign.pace import Pace, read_curve
from workers.campaign.summary import Summary, next_summary

LONDON = ZoneInfo("Europe/London")


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def due(at: str, **changes: Any) -> str:
    """The next time after ``at``, as London's clocks show it."""
    found = next_summary(campaign(**changes), Summary(), utc(at).timestamp())
    return datetime.fromtimestamp(found, LONDON).isoformat(" ", "minutes")


@pytest.mark.parametrize(
    ("at", "then"),
    [
        ("2029-04-10T06:59:59", "2029-04-10 08:00+01:00"),
        ("2029-04-10T07:00:00", "2029-04-11 08:00+01:00"),
        ("2029-01-10T07:59:59", "2029-01-10 08:00+00:00"),
        ("2029-01-10T08:00:01", "2029-01-11 08:00+00:00"),
        ("2029-03-24T09:00:00", "2029-03-25 08:00+01:00"),  # a night of 23 hours
        ("2029-10-27T08:00:00", "2029-10-28 08:00+00:00"),  # and one of 25
    ],
)
def test_the_hour_is_that_of_the_campaigns_own_clocks(at: str, then: str):
    """What leaves at that moment is the one before: the next is tomorrow's."""
    assert due(at) == then


@pytest.mark.parametrize("hour", range(24))
def test_every_day_of_a_year_has_exactly_one(hour: int):
    """An hour that is skipped in spring, and one that comes twice in autumn, are no exception."""
    push, at = campaign(), utc("2029-01-01T00:00:00").timestamp()
    days: list[date] = []
    while len(days) < 365:
        at = next_summary(push, Summary(20, hour), at)
        days.append(datetime.fromtimestamp(at, LONDON).date())
    first = days[0]
    assert days == [first + timedelta(days=n) for n in range(365)]


LAST_DAY = {"closes": utc("2029-05-03T20:00:00"), "polling_day": date(2029, 5, 3)}


@pytest.mark.parametrize(
    ("at", "then"),
    [
        ("2029-05-02T07:00:00", "2029-05-03 08:00+01:00"),
        ("2029-05-03T07:00:00", "2029-05-03 20:30+01:00"),
        ("2029-05-03T19:29:59", "2029-05-03 20:30+01:00"),
        ("2029-05-03T19:45:00", "2029-05-03 20:45+01:00"),
    ],
)
def test_on_the_last_day_what_waits_leaves_before_the_end(at: str, then: str):
    """There is no other day; after the last time nothing waits."""
    assert due(at, **LAST_DAY) == then


def test_polling_day_ends_a_campaign_that_closes_later():
    """Nothing leaves after it, whatever the other date says."""
    assert due("2029-05-03T09:00:00", closes=utc("2029-06-01T00:00:00"), polling_day=date(2029, 5, 3)) == (
        "2029-05-03 23:30+01:00"
    )


def test_the_last_time_is_no_quiet_hour():
    """At 20:30 offices are not to hear from this campaign."""
    assert due("2029-05-03T09:00:00", **LAST_DAY, pace=Pace(60, 600, read_curve("8-18"))) == "2029-05-03 17:30+01:00"


def test_nothing_is_due_before_a_campaign_opens():
    """Letters can be there before."""
    opens = utc("2029-04-10T12:00:00")
    assert due("2029-03-01T09:00:00", opens=opens) == "2029-04-11 08:00+01:00"
