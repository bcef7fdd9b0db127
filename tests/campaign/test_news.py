"""What an event says of itself: when it is, when it is over, and where it stands among others."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from workers.campaign.news import CalendarEvent, event_id, upcoming

_LONDON = ZoneInfo("Europe/London")


def _event(starts: datetime, ends: datetime | None = None, *, all_day: bool = False, title: str = "Walk"):
    uid = f"{title}@rivers.example"
    return CalendarEvent(event_id(uid), uid, title, starts, "Europe/London", ends, all_day)


@pytest.mark.parametrize(
    ("event", "says"),
    [
        (_event(datetime(2026, 12, 8, 19, 30, tzinfo=UTC)), "Tuesday 8 December 2026, 19:30"),
        (
            _event(datetime(2026, 7, 8, 18, tzinfo=UTC), datetime(2026, 7, 8, 20, tzinfo=UTC)),
            "Wednesday 8 July 2026, 19:00 to 21:00",
        ),
        (
            _event(datetime(2026, 12, 8, 22, tzinfo=UTC), datetime(2026, 12, 9, 1, tzinfo=UTC)),
            "Tuesday 8 December 2026, 22:00 to Wednesday 9 December 2026, 01:00",
        ),
        (
            _event(datetime(2026, 3, 29, tzinfo=_LONDON), datetime(2026, 3, 30, tzinfo=_LONDON), all_day=True),
            "Sunday 29 March 2026",
        ),
        (
            _event(datetime(2026, 10, 24, tzinfo=_LONDON), datetime(2026, 10, 26, tzinfo=_LONDON), all_day=True),
            "Saturday 24 October 2026 to Sunday 25 October 2026",
        ),
    ],
)
def test_an_event_says_when_it_is_on_the_clocks_of_its_place(event, says):
    """Readers go by the clock on the wall there, on both nights that change it too."""
    assert event.when == says


def test_an_event_of_today_without_an_end_is_still_to_come():
    """Somebody who reads in the evening of that day is not told of a thing of the past, nor left without it."""
    morning = _event(datetime(2026, 12, 8, 9, tzinfo=UTC))
    assert upcoming([morning], datetime(2026, 12, 8, 12, tzinfo=UTC)) == [morning]
    assert upcoming([morning], datetime(2026, 12, 9, 0, tzinfo=UTC)) == []


def test_upcoming_events_are_in_order_and_each_once():
    """The same event is in a partner's file and in the campaign's."""
    late, early = _event(datetime(2026, 12, 9, 9, tzinfo=UTC)), _event(datetime(2026, 12, 8, 9, tzinfo=UTC), title="B")
    now = datetime(2026, 12, 1, tzinfo=UTC)
    assert upcoming([late, early, late], now) == [early, late]
    assert upcoming([late, early], now, until=datetime(2026, 12, 9, tzinfo=UTC)) == [early]
