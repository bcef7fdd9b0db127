"""What a news item and an event may hold, whoever wrote it: each rule is a function that gives the kept form."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from workers.campaign.evidence import evidence_url
from workers.errors import InputError

#: Characters.
TITLE, NAME, PLACE, TEXT = 150, 120, 250, 5000
#: Days that one event may last, and within which it must begin.
LONGEST, FARTHEST = 366, 1100

#: Control characters, halves of surrogate pairs, separators of lines and paragraphs; in a text, tabs and line feeds
#: are none. Signs that turn the direction of the text around them make one word look like another.
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_CONTROL_IN_TEXT = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_TURNING = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_LINE_BREAKS = re.compile(r"\r\n?|\u2028|\u2029|\x85")
_HTML = re.compile(r"<(?:/?[a-z][a-z0-9-]*(?=[\s/>]|$)|!|\?)", re.IGNORECASE)
_PICTURE = re.compile(r"!\[")
_LINK = re.compile(r"\]\s*[(:]\s*<?\s*(?P<target>[^\s<>)]+)|<(?P<bare>[a-z][a-z0-9+.-]*:[^\s<>]*)>", re.IGNORECASE)
_YEARS = (1970, 2200)
_MOMENT = re.compile(r"(\d{4})-(\d\d)-(\d\d)(?:[T ]+(\d{1,2}):(\d\d)(?::\d\d)?)?", re.ASCII)


def one_line(text: str, field: str, most: int, *, needed: bool = False) -> str:
    """``text`` with single spaces; "" only where it is not ``needed``."""
    if _CONTROL.search(text.strip()) or _TURNING.search(text):
        raise InputError("must be one line without control characters", field=field)
    kept = " ".join(unicodedata.normalize("NFC", text).split())
    if needed and not kept:
        raise InputError("must not be empty", field=field)
    if len(kept) > most:
        raise InputError(f"must have at most {most} characters", field=field)
    return kept


def plain_text(text: str, field: str, most: int = TEXT) -> str:
    """``text`` with line feeds for line breaks."""
    kept = _LINE_BREAKS.sub("\n", text).strip()
    if _CONTROL_IN_TEXT.search(kept) or _TURNING.search(kept):
        raise InputError("must not hold control characters", field=field)
    if len(kept) > most:
        raise InputError(f"must have at most {most:,} characters", field=field)
    return unicodedata.normalize("NFC", kept)


def markdown(text: str, field: str) -> str:
    """Plain Markdown: no HTML, no pictures (they would tell somebody who reads), links to the web only."""
    kept = plain_text(text, field)
    if _HTML.search(kept):
        raise InputError("is Markdown: leave HTML tags out", field=field)
    if _PICTURE.search(kept):
        raise InputError("takes no pictures: give the address of a page instead", field=field)
    for match in _LINK.finditer(kept):
        web_link(match["target"] or match["bare"], field)
    return kept


def web_link(text: str, field: str) -> str:
    """A public http:// or https:// address, or ""."""
    if not text.strip():
        return ""
    try:
        return evidence_url(text)
    except InputError as error:
        raise InputError(error.what, field=field) from None


def moment(text: str, zone: str, field: str) -> tuple[datetime, bool]:
    """(moment, whether it is a whole day) of ``2026-12-08 19:30`` or ``2026-12-08`` on the clocks of ``zone``."""
    found = _MOMENT.fullmatch(text.strip())
    if not found:
        raise InputError("must be written as 2026-12-08 19:30, or 2026-12-08 for a whole day", field=field)
    try:
        there = datetime(*(int(part or 0) for part in found.groups()), tzinfo=ZoneInfo(zone))  # type: ignore[misc,arg-type]
    except ValueError:
        raise InputError("is no day or time that exists", field=field) from None
    if not _YEARS[0] <= there.year <= _YEARS[1]:
        raise InputError("is in a year that cannot be right", field=field)
    if found[4] and there.astimezone(UTC).astimezone(there.tzinfo).replace(tzinfo=None) != there.replace(tzinfo=None):
        raise InputError(f"does not exist: clocks in {zone} are put forward over it", field=field)
    return there, not found[4]


def occasion(starts: str, ends: str, zone: str) -> tuple[datetime, datetime | None, bool]:
    """(start, end, whether it is of whole days); of whole days the last one is named, and the end comes after it."""
    first, all_day = moment(starts, zone, "starts")
    if not ends.strip():
        return first, first + timedelta(days=1) if all_day else None, all_day
    last, whole = moment(ends, zone, "ends")
    if whole != all_day:
        raise InputError("must have a time of day if the start has one, and none if it has none", field="ends")
    last += timedelta(days=1) if all_day else timedelta()
    require_span(first, last)
    return first, last, all_day


def require_span(first: datetime, last: datetime) -> None:
    """InputError unless an event may last from ``first`` to ``last``."""
    if last <= first:
        raise InputError("must be after the start", field="ends")
    if last - first > timedelta(days=LONGEST):
        raise InputError(f"must be within {LONGEST} days of the start", field="ends")


def require_ahead(first: datetime, over: datetime, now: datetime) -> None:
    """InputError unless an event is still to come, in a time that people plan for."""
    if over <= now:
        raise InputError("is past", field="starts")
    if first > now + timedelta(days=FARTHEST):
        raise InputError("is more than three years ahead: is the year right?", field="starts")
