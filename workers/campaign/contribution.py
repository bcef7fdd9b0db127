"""What a partner organisation sent in, and what an editor decided on it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from workers.campaign.news import CalendarEvent, NewsItem


class Said(StrEnum):
    """How far a contribution has come."""

    NEW = "new"  # an editor has to look at it
    ACCEPTED = "accepted"  # it will be in the next edition of a bulletin
    CARRIED = "carried"  # an edition has it, and no other will
    DECLINED = "declined"


@dataclass(frozen=True, slots=True)
class Contribution:
    """One news item or one event, as it came; ``at`` is epoch seconds, ``source`` "form" or "import"."""

    id: str
    campaign: str
    organisation: str
    at: int
    source: str
    news: NewsItem | None = None
    event: CalendarEvent | None = None

    @property
    def kind(self) -> str:
        return "event" if self.event else "news"

    @property
    def title(self) -> str:
        item = self.event or self.news
        return item.title if item else ""


@dataclass(frozen=True, slots=True)
class Decision:
    """What holds for a contribution: ``bulletin`` if accepted, ``book`` if carried, ``reason`` if declined."""

    said: Said = Said.NEW
    at: int = 0
    by: str = ""
    bulletin: str = ""
    book: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ContributionKey:
    """Lets one organisation send in; ``id`` is derived from the key, which nobody can be shown again."""

    id: str
    organisation: str
    at: int
    by: str
