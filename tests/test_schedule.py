"""Tests of schedules: what words mean, and that each edition comes once, in the nights when clocks are changed too."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workers.errors import InputError
from workers.schedule import missed, read_at, read_schedule
from workers.schedule_words import EXAMPLES

LONDON = "Europe/London"
ZONES = [LONDON, "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC", "America/St_Johns"]
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC).timestamp()
YEARS = 2 * 366 * 86_400


def editions(words: str, start: float = NOW, seconds: float = YEARS, zone: str = LONDON) -> list[datetime]:
    """As clocks of the zone show them."""
    return [
        datetime.fromtimestamp(at, ZoneInfo(zone)) for at in missed(read_schedule(words, zone), start, start + seconds)
    ]


@pytest.mark.parametrize(
    ("words", "cron"),
    [
        ("every day at 9:00", "0 9 * * *"),
        ("Daily at 9am", "0 9 * * *"),
        ("every weekday at 17:05", "5 17 * * 1-5"),
        ("every Tuesday at 09:00", "0 9 * * TUE"),
        ("weekly on Tuesday and Friday at 9:00 pm", "0 21 * * TUE,FRI"),
        ("every second Tuesday at 9:00", "0 9 * * TUE#2"),
        ("the second Tuesday of each month at 9:00", "0 9 * * TUE#2"),
        ("monthly on the last Friday at 12:30pm", "30 12 * * 5L"),
        ("monthly on the 15th at 9:00", "0 9 15 * *"),
        ("every month on the last day at 9:00", "0 9 L * *"),
        ("quarterly on the first Monday at 9:00", "0 9 * 1,4,7,10 MON#1"),
        ("every quarter on the 1st at 0:00", "0 0 1 1,4,7,10 *"),
        ("every day from 2026-11-23 at 9:00", "0 9 * * *"),
    ],
)
def test_plain_words_mean_the_same_as_crons(words, cron):
    """Two years of editions are the same to the second."""
    assert editions(words) == editions(cron)
    assert len(editions(words)) >= 8


def test_every_second_tuesday_is_the_second_of_the_month_unless_it_says_from_when():
    """The words are used for both; without a first day nobody could tell which weeks are meant."""
    monthly, fortnightly = (
        editions("every second Tuesday at 9:00"),
        editions("every second Tuesday from 2026-12-01 at 9:00"),
    )
    assert {(one.isoweekday(), (one.day - 1) // 7) for one in monthly} == {(2, 1)}
    assert {(one.hour, one.minute) for one in monthly + fortnightly} == {(9, 0)}
    assert {(two.date() - one.date()).days for one, two in pairwise(fortnightly)} == {14}
    assert fortnightly[0].date() == date(2026, 12, 1)
    assert "second Tuesday of the month" in read_schedule("every second Tuesday at 9:00", LONDON).says
    assert "every 2 weeks" in read_schedule("every other Tuesday from 2026-12-01 at 9:00", LONDON).says


@pytest.mark.parametrize("words", ["30 1 * * *", "every day from 2026-11-23 at 1:30"])
def test_in_both_nights_an_edition_comes_once(words):
    """A time that does not exist comes when clocks are put forward; of one that comes twice, the first counts."""
    found = {one.date(): one for one in editions(words)}
    assert len(found) == len(editions(words)) == 732
    assert found[date(2027, 3, 28)].isoformat() == "2027-03-28T02:00:00+01:00"
    assert found[date(2027, 10, 31)].isoformat() == "2027-10-31T01:30:00+01:00"
    assert {(one.hour, one.minute) for day, one in found.items() if day.month not in {3, 10}} == {(1, 30)}


@pytest.mark.parametrize("words", EXAMPLES)
def test_the_examples_can_be_typed(words):
    """They are what an error tells people to write."""
    assert editions(words)


steps = st.builds(
    "every {} days from 2026-12-{:02} at {}:{:02}".format,
    st.integers(1, 20), st.integers(1, 31), st.integers(0, 23), st.integers(0, 59),
)  # fmt: skip
crons = st.builds(
    "{} {} {} {} {}".format,
    st.integers(0, 59),
    st.sampled_from(["0", "1", "2", "9", "23"]),
    st.sampled_from(["*", "1", "28-31", "L"]),
    st.sampled_from(["*", "3,10", "1,4,7,10"]),
    st.sampled_from(["*", "SUN", "TUE#2", "0L"]),
)


@given(crons | steps, st.sampled_from(ZONES), st.integers(0, YEARS))
@settings(max_examples=100, deadline=None)
def test_the_next_edition_is_always_later_and_none_lies_between(words, zone, after):
    """Asked at any second, also inside the hour that a night has twice, two clocks name the same edition."""
    schedule = read_schedule(words, zone)
    due = schedule.next_after(NOW + after)
    assert due > NOW + after
    assert schedule.next_after(due - 1) == due
    assert schedule.next_after((NOW + after + due) // 2) == due
    assert schedule.next_after(due) > due


@given(st.sampled_from(ZONES), st.integers(0, 23), st.integers(0, 59))
@settings(max_examples=12, deadline=None)
def test_a_daily_edition_comes_on_every_day_of_two_years(zone, hour, minute):
    """Each local day has exactly one, at its time or, where clocks skip that, as soon as they go on."""
    found = editions(f"every day at {hour}:{minute:02}", zone=zone)[1:-1]
    assert [one.date() for one in found] == [found[0].date() + timedelta(days=day) for day in range(len(found))]
    wanted = time(hour, minute)
    assert all(timedelta(0) <= off(one, wanted) <= timedelta(hours=1) for one in found)
    assert sum(one.time() != wanted for one in found) <= 2


def off(one: datetime, wanted: time) -> timedelta:
    return one.replace(tzinfo=None) - datetime.combine(one.date(), wanted)


def test_what_was_missed_is_told_and_nothing_twice():
    """After the machine was off, an operator hears of each edition that did not leave."""
    schedule = read_schedule("every Tuesday at 9:00", LONDON)
    first = schedule.next_after(NOW)
    assert missed(schedule, NOW, first - 1) == []
    assert missed(schedule, NOW, first) == [first]
    assert missed(schedule, first, first + 1) == []
    week = 7 * 86_400
    assert missed(schedule, NOW, first + 3 * week) == [first + number * week for number in range(4)]
    assert len(missed(read_schedule("0 9 * * *", LONDON), 0, NOW)) == 1000


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("", "is empty"),
        ("every tuseday at 9:00", "has tuseday, which is not a word of schedules: did you mean tuesday?"),
        ("every Tuesday", "does not end with a time"),
        ("every Tuesday at 9", "write at 9:00, or at 9am"),
        ("every Tuesday at 25:00", "no time of the day"),
        ("every Tuesday at 0am", "no time of the day"),
        ("every other Tuesday at 9:00", "does not say from which day on: write every other tuesday from"),
        ("every 2 weeks at 9:00", "does not say from which day on"),
        ("every other Wednesday from 2026-12-01 at 9:00", "2026-12-01 is a Tuesday"),
        ("every 2 weeks from tomorrow at 9:00", "write such as 2026-12-01 instead of tomorrow"),
        ("every 2 weeks from 9999-12-31 at 9:00", "no day after from"),
        ("every 0 days from 2026-12-01 at 9:00", "a step of no day"),
        ("monthly on the 31st at 9:00", "not every month has"),
        ("second every Tuesday at 9:00", "is not understood: write such as"),
        ("0 9 * *", "cron words are five"),
        ("0 9 * * TUE#9", "bad day-of-week"),
        ("0 9 31 2 *", "bad day-of-month"),
        ("* 9 * * *", "more than one edition a day: * is not one minute"),
        ("0 9,15 * * *", "more than one edition a day: 9,15 is not one hour"),
        ("*/5 9 * * *", "nobody wants more mail"),
        ("@daily", "cron words are five"),
        ("every day at 9:00" * 20, "too long"),
    ],
)
def test_a_schedule_that_cannot_be_read_says_why(words, says):
    """The mistake is found when the folder is read, not when the edition is due."""
    with pytest.raises(InputError) as caught:
        read_schedule(words, LONDON)
    assert says in caught.value.what


@pytest.mark.parametrize(
    ("words", "iso"),
    [
        ("2026-12-01 09:00 Europe/London", "2026-12-01T09:00:00+00:00"),
        ("2027-06-01T09:00 Europe/London", "2027-06-01T08:00:00+00:00"),
        ("2027-06-01 09:00", "2027-06-01T08:00:00+00:00"),
        ("2027-06-01T09:00:00+02:00", "2027-06-01T07:00:00+00:00"),
        ("2027-10-31 01:30 Europe/London", "2027-10-31T00:30:00+00:00"),
    ],
)
def test_a_single_time_is_read_with_its_zone(words, iso):
    """Without one it is the campaign's; of two moments that a clock shows alike, the first."""
    assert datetime.fromtimestamp(read_at(words, now=NOW, time_zone=LONDON), UTC).isoformat() == iso


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("2026-11-22 11:59 Europe/London", "in the past"),
        ("2027-03-28 01:30 Europe/London", "does not exist: that night clocks go forward, the next is 02:00"),
        ("2026-12-01 09:00 Europe/Londin", "did you mean Europe/London?"),
        ("2026-12-01 09:00", "names no time zone"),
        ("2026-12-01", "is no time"),
        ("2026-02-30 09:00 Europe/London", "is no time"),
        ("2126-12-01 09:00 Europe/London", "more than five years ahead"),
        ("9999-12-31 23:59 America/New_York", "no year of ours"),
        ("tomorrow", "is no time"),
        ("", "is no time"),
    ],
)
def test_a_time_that_cannot_be_is_refused(words, says):
    """Before anything is scheduled."""
    with pytest.raises(InputError) as caught:
        read_at(words, now=NOW)
    assert says in caught.value.what
