"""Events as an .ics that every calendar program takes (RFC 5545): for one event, or for all as a feed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import icalendar

from workers.campaign.news import CalendarEvent

MEDIA_TYPE = "text/calendar; charset=utf-8"
#: How often a program that follows the feed should look again.
_EVERY = timedelta(hours=6)


def write_ics(events: Sequence[CalendarEvent], stamp: datetime, *, name: str = "") -> bytes:
    """A calendar of ``events``, told so since ``stamp``; a feed has a ``name``."""
    calendar = icalendar.Calendar()
    calendar.add("prodid", "-//Mobilise//Calendar//EN")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "PUBLISH")
    if name:
        calendar.add("name", name)
        calendar.add("x-wr-calname", name)
        for key in ("refresh-interval", "x-published-ttl"):  # RFC 7986's word for it, and the older one of Outlook
            calendar.add(key, icalendar.vDuration(_EVERY), parameters={"value": "DURATION"})
    for event in events:
        calendar.add_component(_component(event, stamp))
    if any(not event.all_day for event in events):
        years = [event.starts.year for event in events]
        calendar.add_missing_timezones(_first(min(years)), _first(max(years) + 2))
    written: bytes = calendar.to_ical()
    return written


def _first(year: int) -> date:
    return date(year, 1, 1)


def _component(event: CalendarEvent, stamp: datetime) -> icalendar.Event:
    component = icalendar.Event()
    component.add("uid", event.uid)
    component.add("dtstamp", stamp.astimezone(UTC))
    component.add("summary", event.title)
    for key, moment in (("dtstart", event.starts), ("dtend", event.ends)):
        if moment is not None:
            local = event.local(moment)
            component.add(key, local.date() if event.all_day else local)
    words = {"location": event.place, "description": _description(event), "url": event.link}
    for key, text in words.items():
        if text:
            component.add(key, text)
    if event.all_day:
        component.add("transp", "TRANSPARENT")  # somebody may do other things on that day
    return component


def _description(event: CalendarEvent) -> str:
    by = f"Organised by {event.organiser}." if event.organiser else ""
    return "\n\n".join(filter(None, [event.description, by, event.link]))
