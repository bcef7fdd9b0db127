"""Slots: when each letter may leave. The same rules as ``store/lua/_pace.lua``, for forecasts and to check it by."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from workers.campaign.timetable import HOUR, Timetable

#: Times are whole microseconds inside: no two slots of a candidate come nearer than its hour's share allows.
_US = 1_000_000
#: Seconds by which a letter may leave later than its slot without there being one too many in any sixty minutes.
LAG = 5
#: A slot ends a fifth of its spacing, at most 30 s, before its hour does: a sender that is a little late is in time.
_SLACK_PART, _SLACK_MOST = 5, 30 * _US


@dataclass
class Slots:
    """Slots taken so far: the newest of each candidate (µs), and how many each shared domain has in each hour."""

    table: Timetable
    newest: dict[str, int] = field(default_factory=dict)
    domains: Mapping[str, str] = field(default_factory=dict)  # candidate → mail domain, where several share it
    taken: dict[tuple[str, int], int] = field(default_factory=dict)
    _first: dict[str, int] = field(default_factory=dict)  # domain → first hour that may have room

    def reserve(self, candidate: str, now: int) -> int | None:
        """Takes the candidate's next slot from ``now`` on (epoch seconds); None if there is none before the end."""
        found = self._next(candidate, now)
        if found is None:
            return None
        at, hour, _, _ = found
        self.newest[candidate] = at
        domain = self.domains.get(candidate)
        if domain:
            self.taken[domain, hour] = self.taken.get((domain, hour), 0) + 1
        return at // _US

    def reserve_many(self, candidate: str, now: int, letters: int) -> tuple[int, int | None]:
        """Takes so many slots at once, where no domain is shared; how many there were, and the last one."""
        left, last = letters, None
        while left and (found := self._next(candidate, now)):
            at, _, spacing, limit = found
            fits = min(left, (limit - 1 - at) // spacing + 1)
            last = at + (fits - 1) * spacing
            self.newest[candidate] = last
            left -= fits
        return letters - left, None if last is None else last // _US

    def _next(self, candidate: str, now: int) -> tuple[int, int, int, int] | None:
        """(µs, hour, spacing, limit of the hour) of the next slot."""
        table, newest, domain = self.table, self.newest.get(candidate), self.domains.get(candidate, "")
        earliest = max(now, table.opens)
        first = max(table.hour(earliest), self._first.get(domain, 0))
        hour = max(first, table.hour(newest // _US) if newest is not None else first)
        unbroken = bool(domain) and hour == first
        while table.start(hour) < table.ends:
            if room := table.room(hour):
                at, spacing, limit = self._in_hour(candidate, hour, room, now, earliest, newest)
                if at >= limit:
                    unbroken = False
                elif not domain or self.taken.get((domain, hour), 0) < table.domain_room(hour):
                    return at, hour, spacing, limit
            hour += 1
            if unbroken:
                self._first[domain] = hour
        return None

    def _in_hour(
        self, candidate: str, hour: int, room: int, now: int, earliest: int, newest: int | None
    ) -> tuple[int, int, int]:
        """(µs of the candidate's next slot if this hour has it, spacing, limit of the hour)."""
        begins = self.table.start(hour)
        spacing = -(-(HOUR + LAG) * _US // room)
        limit = min((begins + HOUR) * _US - min(spacing // _SLACK_PART, _SLACK_MOST), self.table.ends * _US)
        from_s = max(begins, earliest)
        at = from_s * _US + (jitter(candidate, spacing) if from_s > now else 0)
        return at if newest is None else max(at, newest + spacing), spacing, limit


def jitter(candidate: str, spacing: int) -> int:
    """How far into an hour a candidate's slots begin: its own part, always the same, of half a spacing."""
    part = int(hashlib.sha1(candidate.encode(), usedforsecurity=False).hexdigest()[:4], 16)
    return spacing * part // 131_072
