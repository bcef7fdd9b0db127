"""How the console says numbers and times."""

from __future__ import annotations

from datetime import UTC, datetime

_UNITS = ((86_400, "d"), (3600, "h"), (60, "min"))


def span(seconds: float) -> str:
    """``42 s``, ``3 min``, ``5 h``, ``2 d``: as exact as it matters."""
    for unit, name in _UNITS:
        if seconds >= 2 * unit:
            return f"{seconds / unit:.0f} {name}"
    return f"{max(0, seconds):.0f} s"


def at(moment: float) -> str:
    """A time of today by the clock, one of another day with its date; UTC."""
    then, now = datetime.fromtimestamp(moment, UTC), datetime.now(UTC)
    return f"{then:%H:%M:%S}" if then.date() == now.date() else f"{then.day} {then:%b %H:%M}"


def count(number: int, noun: str) -> str:
    """``1 letter``, ``1,565 letters``."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def size(number: int) -> str:
    """Bytes, in MB."""
    return f"{number / 1_000_000:,.1f} MB"
