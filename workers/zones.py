"""Wall clocks: time zones by their names, and what a clock means in nights when it is put forward or back."""

from __future__ import annotations

import difflib
from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from workers.errors import InputError

#: Beyond these a date is a slip of the finger, and time zones overflow.
YEARS = range(1990, 2200)
_MINUTE = timedelta(minutes=1)


@cache
def zone_names() -> frozenset[str]:
    """The names that there are: looked up once, it walks through a thousand files."""
    return frozenset(available_timezones())


def zone_named(name: str) -> ZoneInfo:
    """InputError for a name that is none."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # unknown, outside the zone folder, a folder in it
        close = difflib.get_close_matches(name[:40], zone_names(), n=1)
        mend = f"did you mean {close[0]}?" if close else "write such as Europe/London"
        raise InputError(f"has no known time zone: {mend}") from None


def first_of(wall: datetime, zone: ZoneInfo) -> datetime:
    """The first moment at which a clock of the zone shows ``wall``; the next that exists if it never does."""
    wall = wall.replace(tzinfo=None)
    while True:
        at = wall.replace(tzinfo=zone)
        if at.astimezone(UTC).astimezone(zone).replace(tzinfo=None) == wall:
            return at
        wall += _MINUTE
