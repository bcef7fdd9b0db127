"""Contributions of partner organisations: from the fields of a form, or the rows of a file, to what is kept."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from io import StringIO
from pathlib import Path

from workers.calendarfile import frame, read_events, text_of
from workers.campaign.contributed import (
    NAME,
    PLACE,
    TITLE,
    markdown,
    occasion,
    one_line,
    plain_text,
    require_ahead,
    web_link,
)
from workers.campaign.contribution import Contribution
from workers.campaign.ids import Ids
from workers.campaign.model import Campaign
from workers.campaign.news import CalendarEvent, NewsItem, event_id
from workers.campaign.table import Record, Table, is_undecoded, open_table
from workers.errors import ConfigError, InputError
from workers.ics.reading import Flaw
from workers.mail.markdown import flaws

NEWS, EVENT = "news", "event"
#: Columns of a file; those of a form are the same.
COLUMNS = ("kind", "organisation", "title", "text", "link", "starts", "ends", "place")

_NOTHING = re.compile("(?!)")

Fields = Mapping[str, str]


@dataclass(slots=True)
class ContributionFile:
    """What a file holds, and why rows of it are left out."""

    found: list[Contribution] = field(default_factory=list)
    flaws: list[Flaw] = field(default_factory=list)
    remark: str = ""


@dataclass(frozen=True, slots=True)
class Desk:
    """Where contributions to one campaign are looked through before they are kept; ``now`` is when that is."""

    ids: Ids
    campaign: Campaign
    now: datetime

    def take(self, kind: str, organisation: str, fields: Fields, source: str) -> Contribution:
        """The contribution that is meant; InputError names the first field that is not right."""
        made = self._event if kind == EVENT else self._news
        return made(one_line(organisation, "organisation", NAME, needed=True), fields, source)

    def flaws(self, kind: str, fields: Fields) -> dict[str, str]:
        """Everything that is not right, by field."""
        found = dict[str, str]()
        for rule in self._event_rules(fields) if kind == EVENT else _news_rules(fields):
            try:
                rule()
            except InputError as error:
                found[error.field] = error.what
        return found

    def read(self, path: Path, organisation: str = "") -> ContributionFile:
        """A .csv of news and events, or an .ics of events; ConfigError if it is neither.

        ``organisation`` is who sent it, where the file does not say so.
        """
        if path.suffix.lower() == ".ics":
            return self._calendar(path, one_line(organisation, "--organisation", NAME, needed=True))
        try:
            text, remark = text_of(path)
            table = _opened(text)
        except OSError as error:
            raise ConfigError(f"cannot be read ({error.strerror})", where=path.name) from error
        except InputError as error:
            raise ConfigError(error.what, where=path.name) from None
        found = ContributionFile(remark=remark)
        for record in table.records:
            fields = dict(_cells(table, record))
            try:
                found.found.append(self._row(record, fields, organisation))
            except InputError as error:
                found.flaws.append(_flaw(record, fields, error, path.name))
        return found

    def _row(self, record: Record, fields: Fields, organisation: str) -> Contribution:
        if record.flaw:
            raise InputError(record.flaw)
        if any(map(is_undecoded, fields.values())):
            raise InputError("holds bytes that are not UTF-8: save the file as CSV (UTF-8)")
        kind = fields["kind"].casefold() or (EVENT if fields["starts"] else NEWS)
        if kind not in {NEWS, EVENT}:
            raise InputError("must be news or event", field="kind")
        return self.take(kind, fields["organisation"] or organisation, fields, "import")

    def _calendar(self, path: Path, organisation: str) -> ContributionFile:
        read = read_events(path, frame(self.campaign, self.now))
        ahead = [replace(one, organiser=one.organiser or organisation) for one in read.events if one.over > self.now]
        return ContributionFile([self._found(organisation, one) for one in ahead], read.flaws, read.remark)

    def _found(self, organisation: str, event: CalendarEvent) -> Contribution:
        own = self._id(organisation, EVENT, repr(event))
        return Contribution(own, self.campaign.slug, organisation, self._at, "import", event=event)

    def _news(self, organisation: str, fields: Fields, source: str) -> Contribution:
        title, text, link = (rule() for rule in _news_rules(fields))
        own = self._id(organisation, NEWS, title, text, link)
        item = NewsItem(own, title, text, link, organisation, self._at)
        return Contribution(own, self.campaign.slug, organisation, self._at, source, news=item)

    def _event(self, organisation: str, fields: Fields, source: str) -> Contribution:
        title, text, link, place, _ = (rule() for rule in self._event_rules(fields))
        zone = self.campaign.time_zone
        starts, ends, all_day = self._occasion(fields)
        own = self._id(organisation, EVENT, title, text, link, place, fields.get("starts", ""), fields.get("ends", ""))
        uid = f"{own}@{frame(self.campaign, self.now).domain}"
        texts = place, text, link, organisation
        event = CalendarEvent(event_id(uid), uid, title, starts, zone, ends, all_day, *texts)
        return Contribution(own, self.campaign.slug, organisation, self._at, source, event=event)

    def _event_rules(self, fields: Fields) -> list[Callable[[], str]]:
        return [
            lambda: one_line(fields.get("title", ""), "title", TITLE, needed=True),
            lambda: plain_text(fields.get("text", ""), "text"),
            lambda: web_link(fields.get("link", ""), "link"),
            lambda: one_line(fields.get("place", ""), "place", PLACE),
            lambda: str(self._occasion(fields)),
        ]

    def _occasion(self, fields: Fields) -> tuple[datetime, datetime | None, bool]:
        starts, ends, all_day = occasion(fields.get("starts", ""), fields.get("ends", ""), self.campaign.time_zone)
        require_ahead(starts, ends or starts, self.now)
        return starts, ends, all_day

    def _id(self, organisation: str, *words: str) -> str:
        return self.ids.contribution(self.campaign.slug, organisation, *words)

    @property
    def _at(self) -> int:
        return int(self.now.timestamp())


def one_title(text: str) -> str:
    """A title as an error names it."""
    with suppress(InputError):
        return one_line(text[:TITLE], "title", TITLE)
    return ""


def _news_rules(fields: Fields) -> list[Callable[[], str]]:
    return [
        lambda: one_line(fields.get("title", ""), "title", TITLE, needed=True),
        lambda: _fit_for_mail(markdown(fields.get("text", ""), "text")),
        lambda: web_link(fields.get("link", ""), "link"),
    ]


def _fit_for_mail(text: str) -> str:
    """InputError for what no edition could carry: an editor should not find that out when it is made."""
    if not text:
        raise InputError("must not be empty", field="text")
    for flaw in flaws(text, _NOTHING):
        raise InputError(f"{flaw.what} in line {flaw.line}: {flaw.mend}", field="text")
    return text


def _flaw(record: Record, fields: Fields, error: InputError, file: str) -> Flaw:
    kind = "event" if fields["starts"] or fields["kind"].casefold() == EVENT else "news item"
    return Flaw(record.row, one_title(fields["title"]), f"is left out: {error}", file, kind)


def _opened(text: str) -> Table:
    table = open_table(StringIO(text, newline=None), COLUMNS)
    if "title" not in table.columns:
        raise InputError(f"has no column title: it may have {', '.join(COLUMNS)}")
    return table


def _cells(table: Table, record: Record) -> Iterator[tuple[str, str]]:
    for name in COLUMNS:
        index = table.columns.get(name, len(record.cells))
        yield name, record.cells[index].strip() if index < len(record.cells) else ""
