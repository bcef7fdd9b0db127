"""Events from files: ``events.csv`` and ``events.ics`` in a bulletin's folder, or one that a partner sent."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from io import StringIO
from pathlib import Path

from workers.campaign.contributed import NAME, PLACE, TITLE, occasion, one_line, plain_text, web_link
from workers.campaign.model import Campaign
from workers.campaign.news import CalendarEvent, event_id, in_order
from workers.campaign.table import Record, Table, decode, is_undecoded, open_table
from workers.errors import ConfigError, InputError
from workers.ics.reading import EventFile, Flaw, Frame, made_uid, read_ics
from workers.zones import zone_names

#: What a folder's calendars are called.
NAMES = ("events.csv", "events.ics")
#: Bytes of a file.
_LARGEST = 5_000_000
#: Days before and after today that a calendar is read for.
_BACK, _AHEAD = 60, 400
_COLUMNS = ("title", "starts", "ends", "place", "description", "link", "organiser", "time_zone", "uid")


def frame(campaign: Campaign, now: datetime) -> Frame:
    """What a campaign's calendars are read for at ``now``: what was lately, and what comes in a year or so."""
    domain = campaign.sender.address.rpartition("@")[2].lower()
    return Frame(now - timedelta(days=_BACK), now + timedelta(days=_AHEAD), campaign.time_zone, domain)


def read_folder(folder: Path, frame: Frame) -> EventFile:
    """All events of a folder, in order, each once; flaws begin with the file's name. ConfigError if one is no calendar.

    A folder without calendars has no events.
    """
    found = EventFile()
    for path in (folder / name for name in NAMES):
        if not path.is_file():
            continue
        one = read_events(path, frame)
        found.events += one.events
        found.flaws += one.flaws
        found.remark = found.remark or one.remark
    found.events = in_order(found.events)
    return found


def read_events(path: Path, frame: Frame) -> EventFile:
    """The events of one .csv or .ics file; ConfigError, with what to do, if it is neither or cannot be read."""
    try:
        text, remark = text_of(path)
        found = read_csv(text, frame) if path.suffix.lower() == ".csv" else read_ics(text, frame)
    except OSError as error:
        raise ConfigError(f"cannot be read ({error.strerror})", where=path.name) from error
    except InputError as error:
        raise ConfigError(error.what, where=path.name) from None
    found.flaws = [Flaw(one.row, one.title, one.says, path.name) for one in found.flaws]
    found.remark = f"{path.name}: {remark}" if remark else ""
    return found


def read_csv(text: str, frame: Frame) -> EventFile:
    """A row for each event; InputError if the columns title and starts are not there."""
    table, found = open_table(StringIO(text, newline=None), _COLUMNS), EventFile()
    if missing := [name for name in ("title", "starts") if name not in table.columns]:
        raise InputError(
            f"has no column {missing[0]}: it needs title and starts, and may have {', '.join(_COLUMNS[2:])}"
        )
    for record in table.records:
        cells = dict(_cells(table, record))
        try:
            event = _event(record, cells, frame)
        except InputError as error:
            found.flaws.append(Flaw(record.row, _shown(cells["title"]), f"is left out: {error}"))
            continue
        if event.over > frame.begins:
            found.events.append(event)
    return found


def _cells(table: Table, record: Record) -> Iterator[tuple[str, str]]:
    for name in _COLUMNS:
        index = table.columns.get(name, len(record.cells))
        yield name, record.cells[index].strip() if index < len(record.cells) else ""


def _event(record: Record, cells: dict[str, str], frame: Frame) -> CalendarEvent:
    if record.flaw:
        raise InputError(record.flaw)
    if any(map(is_undecoded, cells.values())):
        raise InputError("holds bytes that are not UTF-8: save the file as CSV (UTF-8)")
    zone = cells["time_zone"] or frame.zone
    if zone not in zone_names():
        raise InputError("is not known here: write it as Europe/London", field="time_zone")
    title = one_line(cells["title"], "title", TITLE, needed=True)
    starts, ends, all_day = occasion(cells["starts"], cells["ends"], zone)
    uid = one_line(cells["uid"], "uid", 255) or made_uid(frame.domain, title, starts.isoformat(), cells["place"])
    return CalendarEvent(
        event_id(uid),
        uid,
        title,
        starts,
        zone,
        ends,
        all_day,
        one_line(cells["place"], "place", PLACE),
        plain_text(cells["description"], "description"),
        web_link(cells["link"], "link"),
        one_line(cells["organiser"], "organiser", NAME),
    )


def text_of(path: Path) -> tuple[str, str]:
    """(text, remark) of a file that is not too large; some programs write calendars as UTF-16."""
    if path.stat().st_size > _LARGEST:
        raise InputError(f"is larger than {_LARGEST // 1_000_000} MB: export only what is still to come")
    raw = path.read_bytes()
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return raw.decode("utf-16", "replace"), ""
    return decode(raw)


def _shown(text: str) -> str:
    return "".join(char if char.isprintable() else " " for char in text)[:TITLE]
