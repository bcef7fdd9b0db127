"""Which lines are wanted, how they look, and what a flood is folded into."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime

import pytest

from workers.errors import InputError
from workers.logbook.columns import Columns
from workers.logbook.rates import OTHERS, Rates
from workers.logbook.sifting import Head, Sieve, Wanted, since, trace_of

TRACE = "0af7651916cd43dd8448eb211c80319c"
LINE = {
    "time": "2026-11-22T07:37:31.883Z",
    "level": "warning",
    "event": "letters.rejected",
    "campaign": "rivers/receipts",
    "trace": TRACE,
    "letters": ["d1-90001"],
}


def found(sieve: Sieve, text: bytes) -> Head:
    head = sieve.head(text)
    assert head is not None
    return head


def line(**changes: object) -> bytes:
    return json.dumps({**LINE, **changes}).encode()  # with blanks, as other encoders write


@pytest.mark.parametrize(
    "wanted",
    [
        Wanted(),
        Wanted(campaign="rivers"),
        Wanted(trace=TRACE[:8]),
        Wanted(level="info"),
        Wanted(event="letters.*"),
        Wanted(event="*.rejected"),
        Wanted(event="letters.[ru]*"),
        Wanted(since="2026-11-22T07:37:31.883Z"),
        Wanted(about="d1-90001"),
        Wanted(campaign="rivers", level="warning", event="letters.rejected"),
    ],
    ids=str,
)
def test_what_is_asked_for_is_shown(wanted):
    """Each way to ask finds the line; the cheap look before decoding never hides one."""
    assert Sieve(wanted).head(line()) is not None


@pytest.mark.parametrize(
    "wanted",
    [
        Wanted(campaign="river"),
        Wanted(trace="0bf7"),
        Wanted(level="error"),
        Wanted(event="letters.accepted"),
        Wanted(event="letters"),
        Wanted(since="2026-11-22T07:37:31.884Z"),
        Wanted(about="d1-90002"),
        Wanted(about="no such id: ü"),
    ],
    ids=str,
)
def test_what_is_not_asked_for_is_left_out(wanted):
    """Also where its text stands somewhere else in the line."""
    assert Sieve(wanted).head(line(said="river 0bf7 letters.accepted")) is None


@pytest.mark.parametrize(
    "text", [b"Traceback (most recent call last):", b"{broken", b'{"a":\xff}', b"[1]", b"5", b'"text"', b"{}", b"\x00"]
)
def test_what_is_no_event_passes_through_and_never_crashes(text):
    """Another program, half a line, bytes that are no text: shown without what moves the cursor."""
    assert Sieve(Wanted(level="")).head(text) is not None
    assert "\x00" not in Columns(colors=False).lines(text)
    assert Sieve(Wanted(campaign="rivers")).head(text) is None


@pytest.mark.parametrize("field", ["time", "level", "event", "campaign", "trace"])
@pytest.mark.parametrize("value", [None, 5, [1], {"a": 1}])
def test_a_field_of_another_kind_is_no_reason_to_stop(field, value):
    """Other programs have other habits."""
    head = Sieve(Wanted(since="2026-01-01")).head(line(**{field: value})) or Sieve(Wanted()).head(
        line(**{field: value})
    )
    assert head is not None
    rates = Rates()
    rates.add(head)
    assert rates.rows()[0]["count"] == 1
    assert Columns(colors=True).lines(line(**{field: value}))


def test_a_line_without_a_time_is_as_old_as_the_one_before_it():
    """A traceback of yesterday is not of the last ten minutes."""
    sieve = Sieve(Wanted(since="2026-11-22T08:00:00.000Z"))
    assert sieve.head(line()) is None
    assert sieve.head(b"Traceback") is None
    assert sieve.head(line(time="2026-11-22T08:00:01.000Z")) is not None
    assert sieve.head(b"Traceback") is not None


def test_since_is_an_age_or_a_time():
    """What people say, and what stands in an incident's first report."""
    now = datetime(2026, 11, 22, 8, tzinfo=UTC)
    assert since("10m", now) == "2026-11-22T07:50:00.000Z"
    assert since("2 h", now) == "2026-11-22T06:00:00.000Z"
    assert since("2026-11-22T09:30+01:00", now) == "2026-11-22T08:30:00.000Z"
    for wrong in ("", "10", "soon", "10y", "-5m"):
        with pytest.raises(InputError, match="10m"):
            since(wrong, now)


def test_a_trace_may_come_as_a_whole_header():
    """As it was copied from another program's log."""
    assert trace_of(f"00-{TRACE.upper()}-b7ad6b7169203331-01") == TRACE
    assert trace_of(TRACE[:9]) == TRACE[:9]


def test_columns_say_the_day_once_and_shorten_lists():
    """Readable at two in the morning."""
    columns = Columns(colors=False)
    shown = columns.lines(line(letters=[1, 2, 3, 4, 5], error={"type": "KeyError", "frames": ["a.py:1 f"]}))
    day, row = shown.split("\n")
    assert day == "2026-11-22 (UTC)"
    assert row.startswith("07:37:31.883 warning letters.rejected")
    assert "letters=1,2,3,…(5)" in row
    assert 'error="KeyError at a.py:1 f"' in row
    assert "\n" not in columns.lines(line())
    assert "\x1b" not in Columns(colors=False).lines(line(reason="x\x1b[2Jy"))


def test_a_flood_is_folded_into_rates():
    """Which event, how many, how fast, how loud, since when."""
    rates, sieve = Rates(), Sieve(Wanted())
    for second in range(300):
        for event in ("letters.accepted",) * 3 + ("provider.called",):
            at = datetime.fromtimestamp(1_800_000_000 + second, UTC).isoformat(timespec="milliseconds")
            rates.add(found(sieve, line(time=at.replace("+00:00", "Z"), event=event, level="info")))
    rates.add(found(sieve, b"Traceback"))
    accepted, called, others = rates.rows()
    assert (accepted["event"], accepted["count"], accepted["per_min"]) == ("letters.accepted", 900, 180)
    assert accepted["per_s"] == pytest.approx(3, abs=0.02)
    assert (called["levels"], str(called["last"])[11:19]) == ({"info": 300}, "08:04:59")
    assert (others["event"], others["count"]) == (OTHERS, 1)


def test_ten_thousand_lines_are_sifted_and_shown_within_a_second_of_cpu():
    """So many come in a second at most: who follows must not fall behind. It takes a tenth of that or less."""
    lines = [line(letters=[f"d1-{number}"] * 5) for number in range(10_000)]
    columns, sieve, rates, began = Columns(colors=True), Sieve(Wanted(event="letters.*")), Rates(), time.thread_time()
    for one in lines:
        rates.add(found(sieve, one))
        columns.lines(one)
    assert time.thread_time() - began < 1
