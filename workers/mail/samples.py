"""Invented values that bulletins and calls are tried with: an edition with much to tell, and one with nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

from workers.campaign.bulletin import Bulletin, Call, Party, Shared
from workers.campaign.model import Campaign, Candidate
from workers.campaign.news import CalendarEvent, NewsItem
from workers.errors import ConfigError
from workers.mail.editions import freeze
from workers.mail.templates import Templates

CANDIDATES = (
    Candidate("1", "Jo Bloggs", "Example Party", "E14999001", "Anytown"),
    Candidate("2", "Kim Sample", "Independent", "E14999001", "Anytown"),
)
_NEWS = NewsItem("sample", "Something happened", "And **this** is what.", "https://news.example/1", "A partner")
_EVENT = CalendarEvent(
    "sample", "sample", "We meet", datetime(2030, 5, 4, 18, tzinfo=UTC), "Europe/London", place="Town Hall"
)
_NOTHING = Shared(1_900_000_000, "https://campaign.example/campaigns/sample")
_MUCH = replace(
    _NOTHING,
    contacts=1565,
    supporters=700,
    signatories=239,
    parties=(Party("Example Party", 900, 150), Party("Independent", 665, 89)),
    signed_since=CANDIDATES[:1],
    news=(_NEWS,),
    events=(_EVENT,),
)


def problems(made_of: Bulletin | Call, campaign: Campaign, templates: Templates) -> list[ConfigError]:
    """What keeps an edition from being sent, whatever there is to tell; each thing once."""
    found = {str(problem): problem for problem in _tried(made_of, campaign, templates)}
    return list(found.values())


def _tried(made_of: Bulletin | Call, campaign: Campaign, templates: Templates) -> Iterator[ConfigError]:
    for shared in (_MUCH, _NOTHING):
        for reminder in {False, isinstance(made_of, Call)}:
            try:
                freeze(made_of, campaign, shared, templates, reminder=reminder)
            except ConfigError as problem:
                yield problem
