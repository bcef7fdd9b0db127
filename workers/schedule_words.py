"""Schedules in plain words: read into cron's, or into a step of days from a first one."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, time

from workers.errors import InputError
from workers.zones import YEARS

_DAYS = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
_ORDER = {"first": 1, "1st": 1, "second": 2, "2nd": 2, "third": 3, "3rd": 3, "fourth": 4, "4th": 4, "last": 0}
_QUARTERS = "1,4,7,10"

EXAMPLES = (
    "every Tuesday at 9:00",
    "every second Tuesday at 9:00",
    "quarterly on the first Monday at 9:00",
    "monthly on the 15th at 18:30",
    "every 2 weeks from 2026-12-01 at 9:00",
)

_DAY = rf"(?:{'|'.join(_DAYS)})"
_NTH = rf"(?:{'|'.join(_ORDER)})"
_EACH = r"(?: of (?:(?:each|every) )?month)?"
_TIME = re.compile(r"(?P<rule>.*?)\s*\bat (?P<hour>\d{1,2})(?::(?P<minute>\d{2}))? ?(?P<half>am|pm)?")
_FROM = re.compile(r"(?P<rule>.*?)\s*\b(?:from|starting) (?P<first>\S+)")
_VOCABULARY = frozenset([*_DAYS, *_ORDER]).union(
    ["every", "day", "daily", "weekday", "weekly", "week", "month", "monthly", "quarterly", "quarter", "on", "of"],
    ["each", "the", "and", "other", "from", "at", "am", "pm", "weeks", "days", "starting", "st", "nd", "rd", "th"],
)


@dataclass(frozen=True, slots=True)
class Every:
    """Each ``days`` days from ``first`` on, at this time of the day."""

    days: int
    first: date
    at: time

    @property
    def says(self) -> str:
        step = f"{self.days // 7} weeks" if self.days % 7 == 0 and self.days > 7 else f"{self.days} days"
        step = {"7 days": "week", "1 days": "day"}.get(step, step)
        return f"At {self.at:%H:%M} every {step} from {self.first:%A} {self.first} on"


def read_plain(words: str) -> str | Every:
    """Cron's five words, or steps of days; InputError says what is wrong with which word.

    ``every second Tuesday`` is the second of each month; with ``from`` and a day, it is every two weeks.
    """
    said = " ".join(words.lower().replace(",", " and ").split())
    timed = _TIME.fullmatch(said)
    if not timed:
        raise InputError(_unread(said, has_time=" at " in said))
    at = _clock(timed)
    begins = _FROM.fullmatch(timed["rule"])
    rule = re.sub(r"\bthe ", "", begins["rule"] if begins else timed["rule"])
    if begins:
        return _steps(rule, _first(begins["first"]), at, said)
    for shape, cron in _RULES:
        if match := re.fullmatch(shape, rule):
            return f"{at.minute} {at.hour} {cron(match)}"
    if re.fullmatch(rf"every (?:\d+ (?:weeks|days)|other {_DAY}|other week)", rule):
        raise InputError(f"does not say from which day on: write {rule} from 2026-12-01 at {at:%H:%M}")
    raise InputError(_unread(said, has_time=True))


def _clock(timed: re.Match[str]) -> time:
    hour, minute, half = int(timed["hour"]), timed["minute"], timed["half"]
    if not (minute or half):
        raise InputError(f"is unclear about the time: write at {hour}:00, or at {hour}am")
    if half and not 1 <= hour <= 12:
        raise InputError(f"has no time of the day: {hour}{half}")
    try:
        return time(hour % 12 + 12 * (half == "pm") if half else hour, int(minute or 0))
    except ValueError:
        raise InputError(f"has no time of the day: {hour}:{minute}") from None


def _first(text: str) -> date:
    mend = f"has no day after from: write such as 2026-12-01 instead of {text[:20]}"
    try:
        first = date.fromisoformat(text)
    except ValueError:
        raise InputError(mend) from None
    if first.year not in YEARS:
        raise InputError(mend)
    return first


def _steps(rule: str, first: date, at: time, said: str) -> Every:
    if match := re.fullmatch(r"every (?:(\d{1,3}) )?(day|week)s?", rule):
        days = int(match[1] or 1) * (7 if match[2] == "week" else 1)
        if not 1 <= days <= 366:
            raise InputError("has a step of no day, or of more than a year")
        return Every(days, first, at)
    if match := re.fullmatch(rf"every (?:other|second|2nd)? ?(week|{_DAY})", rule):
        if match[1] in _DAYS and match[1] != _DAYS[first.isoweekday() % 7]:
            raise InputError(f"begins on no {match[1].title()}: {first} is a {first:%A}")
        return Every(7 if re.fullmatch(r"every \w+", rule) else 14, first, at)
    raise InputError(_unread(said, has_time=True))


def _days(match: re.Match[str]) -> str:
    return ",".join(str(_DAYS.index(day)) for day in match[1].split(" and "))


def _nth(match: re.Match[str]) -> str:
    place, day = _ORDER[match[1]], _DAYS.index(match[2])
    return f"{day}#{place}" if place else f"{day}L"


def _date(text: str) -> str:
    if text == "last day":
        return "L"
    number = int(text.rstrip("stndrh")) if text[0].isdigit() else 1
    if not 1 <= number <= 28:
        raise InputError("is a day that not every month has: write the last day, or one until the 28th")
    return str(number)


_DATE = r"(\d{1,2}(?:st|nd|rd|th)?|first day|last day)"
_SOME = rf"({_DAY}(?: and {_DAY})*)"
#: What may stand before the time, and what it is in cron's day, month and weekday.
_RULES: list[tuple[str, Callable[[re.Match[str]], str]]] = [
    (r"(?:every day|daily)", lambda _: "* * *"),
    (r"every weekday", lambda _: "* * 1-5"),
    (rf"(?:every|weekly on|every week on) {_SOME}", lambda match: f"* * {_days(match)}"),
    (rf"(?:every |monthly on |every month on )?({_NTH}) ({_DAY}){_EACH}", lambda match: f"* * {_nth(match)}"),
    (rf"(?:monthly on|every month on) {_DATE}", lambda match: f"{_date(match[1])} * *"),
    (
        rf"(?:quarterly|every quarter) on ({_NTH}) ({_DAY})",
        lambda match: f"* {_QUARTERS} {_nth(match)}",
    ),
    (rf"(?:quarterly|every quarter) on {_DATE}", lambda match: f"{_date(match[1])} {_QUARTERS} *"),
]  # fmt: skip


def _unread(said: str, *, has_time: bool) -> str:
    """The first word that no schedule has, else how one is written."""
    for word in re.findall(r"[^\W\d]+", said):
        if word not in _VOCABULARY:
            close = difflib.get_close_matches(word[:40], sorted(_VOCABULARY), n=1)
            mend = f"did you mean {close[0]}?" if close else f"write such as {EXAMPLES[1]}"
            return f"has {word[:40]}, which is not a word of schedules: {mend}"
    if not has_time:
        return f"does not end with a time: write such as {EXAMPLES[1]}"
    return f"is not understood: write such as {'; '.join(EXAMPLES)}, or cron words such as 0 9 * * TUE#2"
