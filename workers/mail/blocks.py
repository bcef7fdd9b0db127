"""Blocks of a bulletin: news, dates, who signed, who stands; each vanishes where there is nothing to tell."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from workers.campaign.model import Candidate
from workers.campaign.news import CalendarEvent, NewsItem
from workers.errors import ConfigError
from workers.mail import markdown, plaintext
from workers.mail.marks import Marks
from workers.mail.words import Passage, one_line


class Url(str):
    """A web address among the values."""

    __slots__ = ()


class Block:
    """Finished Markdown, with the heading above it if it has one."""

    def __init__(self, words: str, heading: str = "") -> None:
        self._words, self._heading = words, heading

    @property
    def markdown(self) -> str:
        """Nothing if there is nothing under the heading."""
        heading = f"## {markdown.escaped(self._heading)}\n\n" if self._heading else ""
        return heading + self._words if self._words else ""

    def saying(self, heading: str) -> Block:
        """The same under a heading."""
        return Block(self._words, one_line(str(heading)))


class Listing(Block):
    """A block that authors may also go through one by one."""

    def __init__(self, items: Sequence[Any], words: str) -> None:
        super().__init__(words)
        self._items = items

    def __iter__(self) -> Iterator[Any]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __getitem__(self, at: int) -> Any:
        return self._items[at]


class _Candidate(NamedTuple):
    name: str
    party: str
    constituency: str


class _News(NamedTuple):
    title: str
    text: Block
    link: Url
    organisation: str


class _Event(NamedTuple):
    title: str
    when: str
    place: str
    description: str
    link: Url
    organiser: str
    calendar: Url


def signed(candidates: Sequence[Candidate]) -> Listing:
    """Who signed, one in a line."""
    found = [_Candidate(one.name, one.party, one.constituency_name) for one in candidates]
    return Listing(
        found, "\n".join(f"- {_strong(_line(one.name))}{_more(one.party, one.constituency)}" for one in found)
    )


def news(items: Sequence[NewsItem], marks: Marks) -> Listing:
    """Title, who says it, and what; the text is finished apart, so that nothing in it runs into the rest."""
    found = [_News(one.title, _apart(one, marks), Url(one.link), one.organisation) for one in items]
    return Listing(found, "\n\n".join("\n\n".join(_told(one)) for one in found))


def events(found: Sequence[CalendarEvent], campaign_url: str) -> Listing:
    """Title, when and where, what it is, and the same for a calendar, one in an entry; then where all of them are."""
    here = f"{campaign_url}/events"
    views = [_event(one, Url(f"{here}/{one.id}.ics")) for one in found]
    words = "\n".join(_dated(view) for view in views)
    return Listing(views, f"{words}\n\n[All of it as a calendar]({markdown.address(here)})" if views else "")


def _event(one: CalendarEvent, calendar: Url) -> _Event:
    return _Event(one.title, one.when, one.place, one.description, Url(one.link), one.organiser, calendar)


def _apart(item: NewsItem, marks: Marks) -> Block:
    for flaw in markdown.flaws(item.text, marks.any):
        raise ConfigError(f"line {flaw.line} {flaw.what}", where=f"news item {item.id}", mend=flaw.mend)
    tokens = markdown.parse(item.text, marks.urls)
    return Block(marks.passage(Passage(plaintext.text(tokens, marks.any), markdown.html(tokens))))


def _told(item: _News) -> Iterator[str]:
    yield f"### {_titled(item.title, item.link)}"
    if item.organisation:
        yield _line(item.organisation)
    yield item.text.markdown


def _dated(event: _Event) -> str:
    lines = [f"- {_strong(_titled(event.title, event.link))}", f"{_line(event.when)}{_more(event.place)}"]
    if event.description:
        lines.append(markdown.escaped(event.description).replace("\n", "\n  "))
    lines.append(f"[Put it into your calendar]({markdown.address(event.calendar)})")
    return "\\\n  ".join(lines)


def _titled(title: str, link: Url) -> str:
    return f"[{_line(title)}]({markdown.address(link)})" if link else _line(title)


def _strong(words: str) -> str:
    return f"**{words}**" if words else ""


def _more(*words: str) -> str:
    return "".join(f", {_line(one)}" for one in words if one)


def _line(words: str) -> str:
    return markdown.escaped(one_line(words))
