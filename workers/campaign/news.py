"""News items and events of a calendar: what bulletins and the public calendar tell, whoever sent it in."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

#: Bytes of an event's id: it need not be secret, only its own.
_SIZE = 10
_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class NewsItem:
    """One piece of news: ``text`` is Markdown, ``link`` is "" or a public web address, ``at`` is epoch seconds."""

    id: str
    title: str
    text: str
    link: str = ""
    organisation: str = ""  # who sent it in; "": the campaign itself
    at: int = 0


@dataclass(frozen=True, slots=True)
class CalendarEvent:
    """One happening on one occasion; ``starts`` and ``ends`` are aware, ``description`` is plain text.

    Of an ``all_day`` event they are midnights in ``time_zone``, ``ends`` that after its last day. ``ends`` None: nobody
    said when. ``uid`` is what every calendar knows this occasion by, and ``id`` stands for it in addresses.
    """

    id: str
    uid: str
    title: str
    starts: datetime
    time_zone: str
    ends: datetime | None = None
    all_day: bool = False
    place: str = ""
    description: str = ""
    link: str = ""
    organiser: str = ""

    @property
    def over(self) -> datetime:
        """When it is past: at its end, or where that is not known at the end of its day."""
        return self.ends or _midnight_after(self.local(self.starts))

    @property
    def when(self) -> str:
        """Day and time as people read them, on the clocks of its own zone."""
        first = self.local(self.starts)
        last = self.local(self.ends) if self.ends else first
        if self.all_day:
            last = max(first, last - timedelta(microseconds=1))
            return day_words(first) if first.date() == last.date() else f"{day_words(first)} to {day_words(last)}"
        if first.date() == last.date():
            until = f" to {last:%H:%M}" if last > first else ""
            return f"{day_words(first)}, {first:%H:%M}{until}"
        return f"{day_words(first)}, {first:%H:%M} to {day_words(last)}, {last:%H:%M}"

    def local(self, moment: datetime) -> datetime:
        """``moment`` on the clocks of the event's zone."""
        return moment.astimezone(ZoneInfo(self.time_zone))


def event_id(uid: str) -> str:
    """Letters and figures for an address: the same for the same occasion, wherever it is read from."""
    return hashlib.blake2b(uid.encode("utf-8", "surrogatepass"), digest_size=_SIZE).hexdigest()


def in_order(events: Iterable[CalendarEvent]) -> list[CalendarEvent]:
    """By start, then title; each occasion once, as it was read first."""
    once = dict[str, CalendarEvent]()
    for event in events:
        once.setdefault(event.id, event)
    return sorted(once.values(), key=lambda one: (one.starts, unicodedata.normalize("NFKD", one.title).casefold()))


def upcoming(events: Iterable[CalendarEvent], now: datetime, until: datetime | None = None) -> list[CalendarEvent]:
    """Those not over at ``now`` that begin before ``until``, in order."""
    return [one for one in in_order(events) if one.over > now and (until is None or one.starts < until)]


def day_words(day: datetime) -> str:
    """A day as people write it."""
    return f"{day:%A} {day.day} {day:%B %Y}"


def _midnight_after(moment: datetime) -> datetime:
    return datetime.combine(moment.date() + _ONE_DAY, datetime.min.time(), moment.tzinfo)
