"""When editions are due: once, or again and again by cron words or plain ones, right on both daylight-saving nights."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from workers.errors import InputError
from workers.schedule_words import Every, read_plain
from workers.zones import YEARS, first_of, zone_named

#: Editions that are told of at most, when the machine was off for years.
_TOLD = 1000
_MOMENTS = ("%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S")
_AHEAD = timedelta(days=5 * 366)


@dataclass(frozen=True, slots=True)
class Schedule:
    """At most one edition a day; ``says`` tells people what was understood.

    A time that a night does not have comes when its clocks are put forward; of one that it has twice, the first counts.
    """

    words: str
    time_zone: str
    says: str
    cron: str = ""
    every: Every | None = None

    def next_after(self, at: float) -> int:
        """When the first edition after ``at`` is due (epoch seconds, both)."""
        zone = ZoneInfo(self.time_zone)
        return _in_steps(self.every, zone, at) if self.every else _by_cron(self.cron, zone, at)


def read_schedule(words: str, time_zone: str) -> Schedule:
    """``0 9 * * TUE#2`` or ``every second Tuesday at 9:00``; InputError says what is wrong with which word."""
    zone = zone_named(time_zone)
    if len(words) > 200:
        raise InputError("is too long for a schedule")
    if not words.strip():
        raise InputError("is empty: write such as every second Tuesday at 9:00")
    read = words.upper() if _is_cron(words) else read_plain(words)
    if isinstance(read, Every):
        return Schedule(words, time_zone, f"{read.says} ({time_zone})", every=read)
    return Schedule(words, time_zone, f"{_explained(read, zone)} ({time_zone})", cron=read)


def missed(schedule: Schedule, last: float, now: float) -> list[int]:
    """When editions were due after ``last`` and until ``now``, oldest first; of very many the oldest thousand.

    One that is due now is the only one. After a machine was off the newest still makes sense, if somebody says so.
    """
    due: list[int] = []
    while len(due) < _TOLD and (at := schedule.next_after(due[-1] if due else last)) <= now:
        due.append(at)
    return due


def read_at(words: str, *, now: float, time_zone: str = "") -> int:
    """``2026-12-01 09:00 Europe/London`` as epoch seconds; without a zone it is in ``time_zone``.

    InputError for a time that is past or that no clock shows; of two moments that a clock shows alike, the first.
    """
    moment, zone = _moment(words.strip(), time_zone)
    at = moment if moment.tzinfo else _only(moment, zone)
    if at.timestamp() <= now:
        raise InputError("is in the past")
    if at.timestamp() > now + _AHEAD.total_seconds():
        raise InputError("is more than five years ahead")
    return int(at.timestamp())


def _moment(words: str, time_zone: str) -> tuple[datetime, ZoneInfo]:
    """With its own offset, or as a wall clock of the zone shows it."""
    try:
        moment = datetime.fromisoformat(words)
    except ValueError:
        pass
    else:
        if moment.year not in YEARS:
            raise InputError("is in no year of ours")
        if moment.tzinfo:
            return moment, zone_named("UTC")
    text, _, last = words.rpartition(" ")
    named = last if text and last[:1].isalpha() else ""
    for shape in _MOMENTS:
        try:
            found = datetime.strptime(text.strip() if named else words, shape)  # noqa: DTZ007 -- the zone is beside it
        except ValueError:
            continue
        if found.year not in YEARS:
            raise InputError("is in no year of ours")
        if not (named or time_zone):
            raise InputError("names no time zone: write such as 2026-12-01 09:00 Europe/London")
        return found, zone_named(named or time_zone)
    raise InputError("is no time: write it as 2026-12-01 09:00 Europe/London")


def _only(moment: datetime, zone: ZoneInfo) -> datetime:
    at = first_of(moment, zone)
    if at.replace(tzinfo=None) != moment:
        raise InputError(f"is a time that does not exist: that night clocks go forward, the next is {at:%H:%M}")
    return at


def _is_cron(words: str) -> bool:
    first = words.split(maxsplit=1)[0]
    return first[0] in "*0123456789@" and " at " not in words.lower()


def _explained(cron: str, zone: ZoneInfo) -> str:
    fields = cron.split()
    if len(fields) != 5:
        raise InputError("is no schedule: cron words are five, minute hour day month weekday, such as 0 9 * * TUE#2")
    for word, what in zip(fields, ("minute", "hour"), strict=False):
        if not word.isdecimal():
            raise InputError(f"has more than one edition a day: {word[:20]} is not one {what}; nobody wants more mail")
    try:
        walk = CronSim(cron, datetime(2026, 1, 1, tzinfo=UTC))
        _by_cron(cron, zone, 0)
    except CronSimError as error:
        raise InputError(f"is no schedule: {str(error).lower()} (of minute hour day month weekday)") from None
    return str(walk.explain())


def _by_cron(cron: str, zone: ZoneInfo, at: float) -> int:
    for due in CronSim(cron, datetime.fromtimestamp(at, UTC).astimezone(zone)):
        # Inside an hour that a night has twice it counts from the first, and what it finds may be past.
        if due.timestamp() > at:
            return int(due.timestamp())
    raise CronSimError("no day is like this")


def _in_steps(every: Every, zone: ZoneInfo, at: float) -> int:
    day = datetime.fromtimestamp(at, UTC).astimezone(zone).date() - timedelta(days=1)
    steps = max(0, (day - every.first).days // every.days)
    while True:
        due = _on(every.first + timedelta(days=steps * every.days), every.at, zone)
        if due > at:
            return due
        steps += 1


def _on(day: date, at: time, zone: ZoneInfo) -> int:
    return int(first_of(datetime.combine(day, at), zone).timestamp())
