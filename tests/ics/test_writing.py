"""What goes out can be read by any calendar program, and says what came in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from workers.campaign.news import CalendarEvent, event_id
from workers.ics.reading import Frame, read_ics
from workers.ics.writing import write_ics

_LONDON = ZoneInfo("Europe/London")
_STAMP = datetime(2026, 10, 1, 12, tzinfo=UTC)
_FRAME = Frame(_STAMP, _STAMP + timedelta(days=400), "Europe/London")


def _event(uid: str, starts: datetime, ends: datetime | None = None, *, all_day: bool = False, words: str = ""):
    texts = f"Walk; with, commas{words}", f"Line one\nline two {words}", "https://rivers.example/a?b=1,2;3"
    return CalendarEvent(event_id(uid), uid, texts[0], starts, "Europe/London", ends, all_day, "Leeds", *texts[1:])


_EVENTS = [
    _event("1@x", datetime(2026, 12, 8, 19, 30, tzinfo=_LONDON), datetime(2026, 12, 8, 21, tzinfo=_LONDON)),
    _event("2@x", datetime(2027, 3, 28, tzinfo=_LONDON), datetime(2027, 3, 29, tzinfo=_LONDON), all_day=True),
    _event("3@x", datetime(2027, 7, 8, 19, 30, tzinfo=_LONDON), words="é\r\nBEGIN:VEVENT\r\nEVIL:1" * 20),
]


def test_what_is_written_is_read_again():
    """Times, whole days, commas and line breaks survive; the UID is what it was."""
    found = read_ics(write_ics(_EVENTS, _STAMP, name="Rivers").decode(), _FRAME)
    assert not found.flaws
    assert [(one.uid, one.when, one.place) for one in found.events] == [
        (one.uid, one.when, one.place) for one in _EVENTS
    ]
    assert found.events[0].title == "Walk; with, commas"
    assert found.events[0].description.startswith("Line one\nline two")


def test_lines_are_short_and_end_as_the_standard_says():
    """Strict programs refuse a calendar with long lines or bare line feeds."""
    raw = write_ics(_EVENTS, _STAMP, name="Rivers")
    lines = raw.split(b"\r\n")
    assert all(len(line) <= 75 for line in lines)
    assert not any(b"\n" in line or b"\r" in line for line in lines)
    assert b"DTSTAMP:20261001T120000Z" in lines
    assert raw.count(b"BEGIN:VEVENT\r\n") == 3
    assert raw.count(b"BEGIN:VTIMEZONE") == 1


def test_the_same_events_are_written_the_same():
    """Nobody fetches again what has not changed."""
    assert write_ics(_EVENTS, _STAMP) == write_ics(_EVENTS, _STAMP)
