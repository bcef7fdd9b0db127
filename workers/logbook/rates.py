"""A flood folded into one row for each event: how many, how fast, how loud, since when."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from workers.logbook.sifting import LEVELS, Head

#: What lines that are none of ours are counted as.
OTHERS = "(not an event)"
#: Seconds of "the last minute", by the time in the lines; and seconds kept in memory.
_MINUTE, _KEPT = 60, 120


@dataclass(slots=True)
class _Row:
    count: int = 0
    first: str = ""
    last: str = ""
    levels: Counter[str] = field(default_factory=Counter)
    seconds: Counter[str] = field(default_factory=Counter)

    def add(self, time: str, level: str) -> None:
        self.count += 1
        self.levels[level] += 1
        if time:
            self.first = min(self.first or time, time)
            self.last = max(self.last, time)
            self.seconds[time[:19]] += 1
            if len(self.seconds) > _KEPT * 2:
                self.seconds = Counter(dict(sorted(self.seconds.items())[-_KEPT:]))


class Rates:
    """Counts what it is given; ``rows`` says what came of it, the most frequent first."""

    def __init__(self) -> None:
        self._rows: dict[str, _Row] = {}

    def add(self, head: Head) -> None:
        """Counts one line."""
        event = str(head.event) or OTHERS
        row = self._rows.get(event)
        if row is None:
            row = self._rows[event] = _Row()
        row.add(head.time if isinstance(head.time, str) else "", str(head.level))

    def rows(self) -> list[dict[str, object]]:
        """``per_s`` is the mean over all that was read, ``per_min`` the newest minute's, by the time in the lines."""
        rows = self._rows.values()
        first = min((row.first for row in rows if row.first), default="")
        last = max((row.last for row in rows), default="")
        span = max(1.0, _seconds(last) - _seconds(first))
        named = sorted(self._rows.items(), key=lambda one: (-one[1].count, one[0]))
        return [
            {
                "event": event,
                "count": row.count,
                "per_s": round(row.count / span, 2),
                "per_min": sum(n for second, n in row.seconds.items() if _seconds(last) - _seconds(second) < _MINUTE),
                "levels": {level: row.levels[level] for level in LEVELS if row.levels[level]},
                "first": row.first,
                "last": row.last,
            }
            for event, row in named
        ]


def _seconds(time: str) -> float:
    """Epoch seconds; 0 for what is no time."""
    try:
        return datetime.fromisoformat(time if time.endswith("Z") else f"{time}Z").timestamp()
    except ValueError:
        return 0.0
