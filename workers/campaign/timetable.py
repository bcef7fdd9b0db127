"""A timetable: which share of the pace each hour of a campaign has, from its opening to the end of polling day."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from workers.campaign.model import Campaign
from workers.campaign.pace import Pace

HOUR = 3600
#: Time zones differ from each other by quarters of an hour.
_QUARTERS = range(0, HOUR, 900)


@dataclass(frozen=True, slots=True)
class Timetable:
    """Hours are counted since 1970 and begin where the campaign's own do: ``shift`` seconds before those of UTC.

    From each segment's first hour on, an hour has ``shares[hour % 24]`` thousandths. Letters leave from ``opens`` and
    before ``ends`` (epoch seconds).
    """

    opens: int
    ends: int
    shift: int
    cap: int
    domain_cap: int
    segments: tuple[tuple[int, tuple[int, ...]], ...]

    def hour(self, at: float) -> int:
        """The hour that ``at`` (epoch seconds) is in."""
        return int(at + self.shift) // HOUR

    def start(self, hour: int) -> int:
        """Epoch second in which an hour begins."""
        return hour * HOUR - self.shift

    def share(self, hour: int) -> int:
        """Thousandths of the pace that an hour has."""
        first = max(0, bisect_right(self.segments, hour, key=lambda segment: segment[0]) - 1)
        return self.segments[first][1][hour % 24]

    def room(self, hour: int) -> int:
        """Letters that one candidate may get in an hour; 0 in quiet ones, at least 1 in others."""
        return room_of(self.cap, self.share(hour))

    def domain_room(self, hour: int) -> int:
        """The same for all the candidates at one mail domain."""
        return room_of(self.domain_cap, self.share(hour))

    def packed(self) -> str:
        """One line, as the scripts read it."""
        head = f"{self.opens} {self.ends} {self.shift} {self.cap} {self.domain_cap}"
        return " ".join([head, *(f"{hour}:{','.join(map(str, shares))}" for hour, shares in self.segments)])

    @classmethod
    def unpacked(cls, line: str) -> Timetable:
        """What ``packed`` made."""
        words = line.split(" ")
        segments = (word.partition(":") for word in words[5:])
        rows = tuple((int(hour), tuple(map(int, shares.split(",")))) for hour, _, shares in segments)
        opens, ends, shift, cap, domain_cap = map(int, words[:5])
        return cls(opens, ends, shift, cap, domain_cap, rows)


def timetable(campaign: Campaign, pace: Pace) -> Timetable:
    """The timetable of a campaign at a pace."""
    zone = ZoneInfo(campaign.time_zone)
    midnight = datetime.combine(campaign.polling_day + timedelta(days=1), time(), zone)
    opens, ends = int(campaign.opens.timestamp()), int(min(campaign.closes, midnight).timestamp())
    shift = _offset(zone, opens) % HOUR
    hours = range((opens + shift) // HOUR, (max(opens, ends - 1) + shift) // HOUR + 1)
    return Timetable(opens, ends, shift, pace.cap, pace.domain_cap, tuple(_segments(pace, zone, shift, hours)))


def _segments(pace: Pace, zone: ZoneInfo, shift: int, hours: range) -> Iterator[tuple[int, tuple[int, ...]]]:
    """One for each time that clocks go differently; an hour in the midst of which they change is one of its own."""
    hour = hours.start
    while hour < hours.stop:
        offsets = _offsets(zone, hour * HOUR - shift)
        if len(offsets) > 1:
            yield hour, (_share(pace, hour * HOUR - shift, zone),) * 24
            hour += 1
            continue
        day = range(hour, hour + 24)
        shares = {each % 24: _share_at(pace, each * HOUR - shift, offsets) for each in day}
        yield hour, tuple(shares[each] for each in range(24))
        hour = _next_change(zone, shift, range(hour + 1, hours.stop), offsets)


def _next_change(zone: ZoneInfo, shift: int, hours: range, offsets: frozenset[int]) -> int:
    """The first of ``hours`` in which clocks do not go by ``offsets`` alone."""
    for hour in hours[::24]:
        if _offsets(zone, hour * HOUR - shift) != offsets:
            return next(each for each in range(hour - 24, hour + 1) if _offsets(zone, each * HOUR - shift) != offsets)
    tail = range(max(hours.start, hours.stop - 24), hours.stop)
    return next((each for each in tail if _offsets(zone, each * HOUR - shift) != offsets), hours.stop)


def _offsets(zone: ZoneInfo, start: int) -> frozenset[int]:
    return frozenset({_offset(zone, start), _offset(zone, start + _QUARTERS[-1])})


def _share_at(pace: Pace, start: int, offsets: frozenset[int]) -> int:
    """The least of the shares that local clocks show in the hour from ``start``: quiet is quiet."""
    return min(pace.thousandths[(start + quarter + offset) // HOUR % 24] for quarter in _QUARTERS for offset in offsets)


def _share(pace: Pace, start: int, zone: ZoneInfo) -> int:
    quarters = (start + quarter for quarter in _QUARTERS)
    return min(pace.thousandths[(at + _offset(zone, at)) // HOUR % 24] for at in quarters)


def _offset(zone: ZoneInfo, at: int) -> int:
    """Seconds that local clocks are ahead of UTC."""
    return int((datetime.fromtimestamp(at, UTC).astimezone(zone).utcoffset() or timedelta()).total_seconds())


def room_of(cap: int, share: int) -> int:
    """Letters of a cap that fit into an hour with so many thousandths of it."""
    return max(1, (cap * share + 500) // 1000) if share else 0
