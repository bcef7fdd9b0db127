"""Calendars from the wild: what can be told is told, what cannot is named, and neither hides the other."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workers.calendarfile import read_events, read_folder
from workers.errors import ConfigError
from workers.ics.reading import EventFile, Frame, read_ics

_NOW = datetime(2026, 10, 1, 12, tzinfo=UTC)
_FRAME = Frame(_NOW - timedelta(days=60), _NOW + timedelta(days=400), "Europe/London", "rivers.example")


def _vevent(*lines: str, uid: str = "one@partner.example", title: str = "Walk") -> list[str]:
    return ["BEGIN:VEVENT", f"UID:{uid}", f"SUMMARY:{title}", *lines, "END:VEVENT"]


def _read(folder: Path, *events: list[str], shared: tuple[str, ...] = ()) -> EventFile:
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", *shared, *(line for one in events for line in one), "END:VCALENDAR", ""]
    (folder / "events.ics").write_text("\r\n".join(lines), newline="")
    return read_events(folder / "events.ics", _FRAME)


def _when(found: EventFile) -> list[str]:
    assert not found.flaws
    return [event.when for event in found.events]


_LINES = [
    "DTSTART;TZID=Europe/London:20261208T193000",
    "DTSTART;VALUE=DATE:20261208",
    "DTSTART;TZID=Custom:20261208T193000",
    "DTSTART:193000",
    "DTSTART;VALUE=PERIOD:20261208T193000Z/PT1H",
    "DTEND:20261209T010000Z",
    "DTEND:99991231T235959Z",
    "DURATION:-PT1H",
    "RRULE:FREQ=WEEKLY;COUNT=4;BYDAY=TU",
    "RRULE:FREQ=YEARLY;UNTIL=20270101",
    "RDATE;VALUE=PERIOD:20261208T193000Z/PT1H",
    "EXDATE:20261215T193000",
    "RECURRENCE-ID;RANGE=THISANDFUTURE:20261215T193000",
    "UID:a@b.example",
    "BEGIN:VALARM",
    "END:VCALENDAR",
]
_GOOD = _vevent("DTSTART:20261208T193000", uid="good", title="Good")


@pytest.mark.parametrize(
    ("lines", "when"),
    [
        (["DTSTART:20261208T193000"], "Tuesday 8 December 2026, 19:30"),
        (["DTSTART:20260708T183000Z", "DTEND:20260708T193000Z"], None),
        (["DTSTART:20270708T183000Z", "DURATION:PT1H30M"], "Thursday 8 July 2027, 19:30 to 21:00"),
        (["DTSTART;VALUE=DATE:20261208"], "Tuesday 8 December 2026"),
        (
            ["DTSTART;VALUE=DATE:20261208", "DTEND;VALUE=DATE:20261210"],
            "Tuesday 8 December 2026 to Wednesday 9 December 2026",
        ),
        (["DTSTART;TZID=GMT Standard Time:20261208T193000"], "Tuesday 8 December 2026, 19:30"),
        (["DTSTART;TZID=Europe/Berlin:20261208T193000"], "Tuesday 8 December 2026, 19:30"),
        (["DTSTART:20261208T193000", "DTEND:20261208T193000"], "Tuesday 8 December 2026, 19:30"),
    ],
)
def test_times_are_read_as_they_were_meant(tmp_path, lines, when):
    """Floating, in UTC, whole days, zones by Microsoft's names, without an end: each is common."""
    assert _when(_read(tmp_path, _vevent(*lines))) == ([when] if when else [])


def test_a_series_is_told_occasion_by_occasion(tmp_path):
    """A weekly meeting keeps its hour when clocks go back; one was moved, one left out; each has its own id."""
    rule = _vevent(
        "DTSTART;TZID=Europe/London:20261020T193000",
        "RRULE:FREQ=WEEKLY;COUNT=4",
        "EXDATE;TZID=Europe/London:20261103T193000",
    )
    moved = _vevent("RECURRENCE-ID;TZID=Europe/London:20261027T193000", "DTSTART;TZID=Europe/London:20261028T180000")
    found = _read(tmp_path, moved, rule)
    assert _when(found) == [
        "Tuesday 20 October 2026, 19:30",
        "Wednesday 28 October 2026, 18:00",
        "Tuesday 10 November 2026, 19:30",
    ]
    assert len({event.id for event in found.events}) == 3
    assert found.events[1].uid == "20261027T193000Z-one@partner.example"


@pytest.mark.parametrize(
    ("event", "says"),
    [
        (_vevent("DTSTART:20261399T193000"), "DTSTART that is not understood"),
        (_vevent(), "no start"),
        (_vevent("DTSTART:20261208T193000", "RRULE:FREQ=BANANA"), "RRULE that is not understood"),
        (_vevent("DTSTART:20261208T193000", "RRULE:FREQ=SECONDLY"), "more often than daily"),
        (_vevent("DTSTART:20261208T193000", "RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30"), "rule that is not taken"),
        (_vevent("DTSTART:20261208T193000", "RRULE:FREQ=MONTHLY;INTERVAL=0"), "rule that is not taken"),
        (_vevent("DTSTART:20261208T193000", "RRULE:FREQ=DAILY;BYMONTH=13"), "rule that is not taken"),
        (_vevent("DTSTART:20261208T193000", "RRULE:FREQ=WEEKLY", "EXRULE:FREQ=DAILY"), "rule that is not taken"),
        (_vevent("DTSTART;VALUE=DURATION:PT1H"), "DTSTART that is not understood"),
        (_vevent("DTSTART:20261208T193000", "DTSTART:20261209T193000"), "or several"),
        (_vevent("DTSTART:99991231T235959"), "year that cannot be right"),
        (_vevent("DTSTART:20261208T193000", "DURATION:P9999999D"), "within 366 days"),
        (_vevent("DTSTART:00010101T000000", "RRULE:FREQ=DAILY"), "since a year that cannot be right"),
        (_vevent("DTSTART;TZID=Nowhere/None:20261208T193000"), "Nowhere/None"),
        (_vevent("DTSTART:20261208T193000", "DTEND:20261207T193000"), "must be after the start"),
        (_vevent("DTSTART:20261208T193000", title=""), "no title"),
        (_vevent("DTSTART:20261208T193000")[:-1], "END:VEVENT is missing"),
        (_vevent("DTSTART:99999999T999999Z"), "not understood"),
        (_vevent("DTSTART:20261208T193000", "RDATE:20271208T193000", "RRULE:FREQ=WEEKLY;UNTIL=garbage"), "RRULE"),
    ],
)
def test_a_broken_event_is_named_and_hides_no_other(tmp_path, event, says):
    """Whoever keeps the file hears which event it is, in which line, and what to do; readers get all the others."""
    found = _read(tmp_path, event, _GOOD)
    assert [one.title for one in found.events] == ["Good"]
    assert says in str(found.flaws[0])
    assert str(found.flaws[0]).startswith("events.ics, line 3: the event")


@given(st.lists(st.lists(st.sampled_from(_LINES) | st.text(max_size=20), min_size=1, max_size=6), max_size=3))
@settings(max_examples=25)
def test_whatever_stands_in_a_file_is_told_or_named(events):
    """Never a traceback: whoever opens the page must see the other events."""
    lines = [line for event in events for line in ("BEGIN:VEVENT", "SUMMARY:Walk", *event, "END:VEVENT")]
    found = read_ics("\r\n".join(["BEGIN:VCALENDAR", *lines, *_GOOD, "END:VCALENDAR"]), _FRAME)
    assert len(found.events) + len(found.flaws) >= 1
    assert all(one.when and str(flaw) for one in found.events for flaw in found.flaws)


def test_what_is_private_or_cancelled_is_not_told(tmp_path):
    """People export whole calendars; what they marked as their own is not for thousands of readers."""
    private = _vevent("DTSTART:20261208T193000", "CLASS:PRIVATE", uid="p")
    cancelled = _vevent("DTSTART:20261208T193000", "STATUS:CANCELLED", uid="c")
    assert _read(tmp_path, private, cancelled).events == []


def test_words_are_cut_to_size_and_nobodys_address_is_passed_on(tmp_path):
    """Descriptions come in HTML, links point to somebody's own machine, organisers are mail addresses."""
    event = _vevent(
        "DTSTART:20261208T193000",
        "DESCRIPTION:<p>Boots\\, please</p>and<br>a <b>coat</b> &amp\\; hat",
        "URL:javascript:alert(1)",
        "ORGANIZER;CN=River Friends:mailto:someone@partner.example",
        "ATTENDEE:mailto:other@partner.example",
        "LOCATION:" + "x" * 400,
        "BEGIN:VALARM",
        "ACTION:DISPLAY",
        "DESCRIPTION:alarm",
        "END:VALARM",
    )
    one = _read(tmp_path, event).events[0]
    assert one.description == "Boots, please\nand\na coat & hat"
    assert (one.link, one.organiser, len(one.place)) == ("", "River Friends", 250)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_odd_encodings_are_read(tmp_path, encoding):
    """Desktop programs save calendars in whatever their system speaks."""
    text = "\r\n".join(["BEGIN:VCALENDAR", *_vevent("DTSTART:20261208T193000", title="Café"), "END:VCALENDAR", ""])
    (tmp_path / "events.ics").write_bytes(text.encode(encoding))
    assert [one.title for one in read_events(tmp_path / "events.ics", _FRAME).events] == ["Café"]


def test_lines_folded_in_the_middle_of_a_letter_are_put_together(tmp_path):
    """Programs that count bytes cut letters in two."""
    raw = "\r\n".join(
        ["BEGIN:VCALENDAR", *_vevent("DTSTART:20261208T193000", title="Café"), "END:VCALENDAR", ""]
    ).encode()
    (tmp_path / "events.ics").write_bytes(raw.replace(b"\xc3\xa9", b"\xc3\r\n \xa9"))
    assert [one.title for one in read_events(tmp_path / "events.ics", _FRAME).events] == ["Café"]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"<!DOCTYPE html><p>Log in", "web page"),
        (b"PK\x03\x04 and so on", "spreadsheet"),
        (b"title,starts\r\nWalk,2026-12-08", "no calendar"),
        (b"", "no calendar"),
        (b"BEGIN:VCALENDAR\r\n" + b"X" * 5_000_001, "larger than 5 MB"),
    ],
)
def test_what_is_no_calendar_says_what_to_do(tmp_path, content, says):
    """A saved log-in page is the most common wrong file."""
    (tmp_path / "events.ics").write_bytes(content)
    with pytest.raises(ConfigError, match=says):
        read_events(tmp_path / "events.ics", _FRAME)


def test_five_megabytes_of_the_past_are_passed_over_quickly(tmp_path):
    """Calendars of ten years are exported whole; a page that waits for one would time out."""
    past = [_vevent("DTSTART:20150708T183000Z", "DESCRIPTION:" + "x" * 300, uid=f"{n}") for n in range(11_000)]
    found = _read(tmp_path, *past, _GOOD)
    assert (tmp_path / "events.ics").stat().st_size > 4_200_000
    assert _when(found) == ["Tuesday 8 December 2026, 19:30"]


def test_a_table_of_events_is_read_row_by_row(tmp_path):
    """Whoever has no calendar program writes a table; a wrong row says what is wrong with it."""
    rows = [
        "title;starts;ends;place;link",
        "River walk;2026-12-08 19:30;2026-12-08 21:00;Leeds;https://rivers.example/walk",
        "Fair;2026-12-12;2026-12-13;;",
        "Wrong;8/12/2026;;;",
        "Gap;2027-03-28 01:30;;;",
        "Link;2026-12-08 19:30;;;javascript:alert(1)",
        ";2026-12-08;;;",
        "Past;2020-12-08;;;",
    ]
    (tmp_path / "events.csv").write_text("\n".join(rows))
    found = read_folder(tmp_path, _FRAME)
    assert [one.when for one in found.events] == [
        "Tuesday 8 December 2026, 19:30 to 21:00",
        "Saturday 12 December 2026 to Sunday 13 December 2026",
    ]
    assert [one.row for one in found.flaws] == [4, 5, 6, 7]
    assert 'events.csv, line 4: the event "Wrong" is left out: starts: must be written as' in str(found.flaws[0])
    assert "put forward" in str(found.flaws[1])
    again = read_folder(tmp_path, _FRAME)
    assert [one.id for one in again.events] == [one.id for one in found.events]
    assert all(first.starts <= second.starts for first, second in pairwise(found.events))
