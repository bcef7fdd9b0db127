"""An .ics file from the wild as events: series become occasions, what cannot be told truly is named and left out."""

from __future__ import annotations

import hashlib
import re
import time
import warnings
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

import icalendar
import recurring_ical_events
from icalendar.error import GloballyUniqueTZIDGuessed

from workers.campaign.contributed import LONGEST, PLACE, TITLE, require_span
from workers.campaign.news import CalendarEvent, event_id
from workers.errors import InputError
from workers.ics.blocks import Block, cut
from workers.ics.fields import description, line, link, organiser, shown
from workers.zones import zone_names

#: Events of one file that are still to come; series of one file; occasions of one series.
_MOST, _SERIES, _OCCASIONS = 2000, 300, 500
#: Characters of a UID; longer ones are known by what stands for them.
_LONGEST_UID = 255
#: Parts of a rule for which all days until the year 9999 may be looked through in vain.
_COSTLY = frozenset(["BYSETPOS", "BYYEARDAY", "BYWEEKNO", "BYMONTHDAY"])
#: What the numbers of a rule may be; with others nothing ever matches.
_BOUNDS = {"INTERVAL": (1, 1000), "BYMONTH": (1, 12), "BYMONTHDAY": (1, 31), "BYSETPOS": (1, 366)}
_NOT_TAKEN = "repeats by a rule that is not taken here: enter its occasions one by one"
_YEARS = (1970, 2200)
#: Seconds for which the series of one file are worked out.
_PATIENCE_S = 5.0
_DAY = re.compile(r"(\d{4})(\d\d)(\d\d)")


@dataclass(frozen=True, slots=True)
class Frame:
    """What a file is read for: occasions from ``begins`` to ``ends``, clocks of ``zone`` where the file names none."""

    begins: datetime
    ends: datetime
    zone: str
    domain: str = "localhost"


@dataclass(frozen=True, slots=True)
class Flaw:
    """Why one event, or another ``kind`` of thing, is left out: ``row`` is its first line in ``file``."""

    row: int
    title: str
    says: str
    file: str = ""
    kind: str = "event"

    @property
    def sentence(self) -> str:
        """Which one, and why."""
        name = f' "{self.title}"' if self.title else ""
        return f"the {self.kind}{name} {self.says}"

    def __str__(self) -> str:
        return f"{self.file and f'{self.file}, '}line {self.row}: {self.sentence}"


@dataclass(slots=True)
class EventFile:
    """Events that can be told, and why others cannot; ``remark`` is about the whole file."""

    events: list[CalendarEvent] = field(default_factory=list)
    flaws: list[Flaw] = field(default_factory=list)
    remark: str = ""


def read_ics(text: str, frame: Frame) -> EventFile:
    """Every event of the file; InputError if it is no calendar, or holds more than anyone plans."""
    calendar, found = cut(text), EventFile()
    zone = calendar.zone if calendar.zone in zone_names() else frame.zone
    parts = list(_series(calendar.blocks, frame))
    if len(parts) > _MOST:
        raise InputError(f"holds more than {_MOST} events that are not over: export a shorter time")
    repeated, give_up = 0, time.monotonic() + _PATIENCE_S
    for blocks in parts:
        repeated += blocks[0].has("RRULE", "RDATE") or len(blocks) > 1
        try:
            _require_few(repeated, give_up)
            found.events += _events(blocks, calendar.shared, zone, frame)
        except InputError as error:
            says = f"{_FIELDS.get(error.field, error.field)} {error.what}".strip()
            found.flaws.append(Flaw(blocks[0].row, shown(blocks[0].first("SUMMARY")), says))
    return found


def _require_few(repeated: int, give_up: float) -> None:
    if repeated > _SERIES or time.monotonic() > give_up:
        raise InputError("is left out: the file has too many events that repeat")


#: What the rules call a field, as a sentence about an event goes on.
_FIELDS = {"starts": "has a start that", "ends": "has an end that", "title": "has a title that"}


def _series(blocks: Iterable[Block], frame: Frame) -> Iterator[list[Block]]:
    """Events that belong together: those of one UID. What is surely over is passed over unread."""
    together = defaultdict[str, list[Block]](list)
    for number, block in enumerate(blocks):
        if block.flaw or not _is_over(block, frame):
            together[block.first("UID").strip() or f"\x00{number}"].append(block)
    for uid, some in together.items():
        if uid.startswith("\x00") or not any(block.has("RRULE", "RDATE", "RECURRENCE-ID") for block in some):
            yield from ([block] for block in some)
        else:
            yield sorted(some, key=lambda block: block.has("RECURRENCE-ID"))


def _is_over(block: Block, frame: Frame) -> bool:
    """Whether it clearly ended long ago; a large file is mostly the past."""
    day = _DAY.match(block.first("DTEND").strip() or block.first("DTSTART").strip())
    if not day or block.has("RRULE", "RDATE", "RECURRENCE-ID", "DURATION"):
        return False
    return day[0] < f"{frame.begins - timedelta(days=2):%Y%m%d}"


def _events(blocks: list[Block], shared: list[str], zone: str, frame: Frame) -> list[CalendarEvent]:
    for block in blocks:
        if block.flaw:
            raise InputError(block.flaw)
    calendar = _parsed(blocks, shared, zone)
    components = list(calendar.walk("VEVENT"))
    for component in components:
        _require_readable(component)
    if any(map(_is_private, components)) or _is_cancelled(components[0]):
        return []
    occasions = components
    if any({"RRULE", "RDATE"} & one.keys() for one in components):
        _require_bounded(components)
        occasions = _occasions(calendar, frame)
    events = [_event(one, zone, frame) for one in occasions if not _is_cancelled(one)]
    return [event for event in events if event.over > frame.begins]


def _parsed(blocks: list[Block], shared: list[str], zone: str) -> icalendar.Calendar:
    bodies = [line for block in blocks for line in ("BEGIN:VEVENT", *block.lines, "END:VEVENT")]
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", f"X-WR-TIMEZONE:{zone}", *shared, *bodies, "END:VCALENDAR"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", GloballyUniqueTZIDGuessed)  # it guesses well
        try:
            return icalendar.Calendar.from_ical("\r\n".join(lines) + "\r\n")
        except (ValueError, KeyError, IndexError, TypeError, AttributeError, OverflowError):
            raise InputError("cannot be read: make it anew in your calendar and export it again") from None


def _require_readable(component: Any) -> None:
    """InputError if what says when it is was not understood."""
    for name, _ in component.errors:
        if name in {"DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE", "RECURRENCE-ID"}:
            raise InputError(f"has a {name} that is not understood: set its date anew and export it again")
    if "DTSTART" not in component:
        raise InputError("has no start (DTSTART)")
    for name, kind in (("DTSTART", date), ("DTEND", date), ("RECURRENCE-ID", date), ("DURATION", timedelta)):
        value = component.get(name)
        if value is not None and not isinstance(getattr(value, "dt", None), kind):
            raise InputError(f"has a {name} that is not understood, or several: set its date anew and export it again")
        if value is not None and isinstance(value.dt, datetime):
            _require_known_zone(value)


def _require_known_zone(value: Any) -> None:
    if value.dt.tzinfo is None and value.params.get("TZID"):
        name = shown(str(value.params["TZID"]))
        raise InputError(f"is in a time zone that is not known here ({name}): choose a city's, such as Europe/London")


def _is_private(component: Any) -> bool:
    return str(component.get("CLASS", "")).upper() in {"PRIVATE", "CONFIDENTIAL"}


def _is_cancelled(component: Any) -> bool:
    return str(component.get("STATUS", "")).upper() == "CANCELLED"


def _require_bounded(components: list[Any]) -> None:
    """InputError for a series that cannot be told without working through thousands of years."""
    for component in components:
        rules = component.get("RRULE", [])
        for rule in rules if isinstance(rules, list) else [rules]:
            _require_bounded_rule(rule)
        if "EXRULE" in component:
            raise InputError(_NOT_TAKEN)
    if not _YEARS[0] <= components[0]["DTSTART"].dt.year <= _YEARS[1]:
        raise InputError("repeats since a year that cannot be right")


def _require_bounded_rule(rule: Any) -> None:
    often = str(rule.get("FREQ", [""])[0]).upper()
    if often not in {"DAILY", "WEEKLY", "MONTHLY", "YEARLY"} or {"BYHOUR", "BYMINUTE", "BYSECOND"} & rule.keys():
        raise InputError("repeats more often than daily: enter its occasions one by one")
    if often in {"DAILY", "WEEKLY"} and _COSTLY & rule.keys():
        raise InputError(_NOT_TAKEN)
    numbers = {part: [int(value) for value in rule.get(part, [])] for part in _BOUNDS}
    if any(not low <= abs(one) <= high for part, (low, high) in _BOUNDS.items() for one in numbers[part]):
        raise InputError(_NOT_TAKEN)


def _occasions(calendar: icalendar.Calendar, frame: Frame) -> list[Any]:
    try:
        found = list(recurring_ical_events.of(calendar).between(frame.begins, frame.ends))
    except Exception as error:  # the library's own errors and those of what it rests on have no base in common
        says = "repeats by a rule that is not understood: enter its occasions one by one"
        raise InputError(says) from error
    if len(found) > _OCCASIONS:
        raise InputError(f"repeats more than {_OCCASIONS} times: say until when")
    return found


def _event(component: Any, zone: str, frame: Frame) -> CalendarEvent:
    first = component["DTSTART"].dt
    all_day = not isinstance(first, datetime)
    known = _zone(first, zone)
    starts, ends = _aware(first, known), _end(component, known)
    if ends is not None and ends != starts:
        require_span(starts, ends)
    title = line(component, "SUMMARY", TITLE)
    if not title:
        raise InputError("has no title (SUMMARY)")
    uid = _uid(component, starts, title, frame)
    texts = line(component, "LOCATION", PLACE), description(component), link(component), organiser(component)
    return CalendarEvent(event_id(uid), uid, title, starts, known, None if ends == starts else ends, all_day, *texts)


def _zone(first: date, zone: str) -> str:
    """The zone's name; times in UTC and in a zone of the file's own are told on the calendar's clocks."""
    name = getattr(getattr(first, "tzinfo", None), "key", "")
    return name if name in zone_names() and name not in {"UTC", "Etc/UTC", "GMT"} else zone


def _aware(moment: date, zone: str) -> datetime:
    there: tzinfo = ZoneInfo(zone)
    if not _YEARS[0] <= moment.year <= _YEARS[1]:
        raise InputError("is in a year that cannot be right")
    if not isinstance(moment, datetime):
        return datetime(moment.year, moment.month, moment.day, tzinfo=there)
    return moment.astimezone(there) if moment.tzinfo else moment.replace(tzinfo=there)


def _end(component: Any, zone: str) -> datetime | None:
    first = component["DTSTART"].dt
    if "DTEND" in component:
        last = component["DTEND"].dt
        if isinstance(first, datetime) != isinstance(last, datetime):
            raise InputError("begins with a time of day and ends without one, or the other way round")
        return _aware(last, zone)
    if "DURATION" in component:
        lasts: timedelta = component["DURATION"].dt
        return _aware(first, zone) + min(lasts, timedelta(days=2 * LONGEST))
    return None if isinstance(first, datetime) else _aware(first + timedelta(days=1), zone)


def _uid(component: Any, starts: datetime, title: str, frame: Frame) -> str:
    """Its own, if that is fit to be passed on; an occasion's tells which one of the series it is."""
    own = "".join(char for char in str(component.get("UID", "")).strip() if char.isprintable())
    if not own or len(own) > _LONGEST_UID:
        own = made_uid(frame.domain, own or f"{title}\x1f{starts.isoformat()}")
    if "RECURRENCE-ID" not in component:
        return own
    moment = _aware(component["RECURRENCE-ID"].dt, frame.zone).astimezone(UTC)
    return f"{moment:%Y%m%dT%H%M%SZ}-{own}"


def made_uid(domain: str, *parts: str) -> str:
    """A UID for what came without: the same for the same parts."""
    derived = hashlib.blake2b("\x1f".join(parts).encode("utf-8", "surrogatepass"), digest_size=10).hexdigest()
    return f"{derived}@{domain}"
