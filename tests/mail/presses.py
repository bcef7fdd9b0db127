"""Bulletins and calls to be frozen in tests, readers for them, and what arrives."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from tests.mail.post_office import GROUP, TEMPLATES
from tests.support.people import campaign, candidate
from workers.campaign.bulletin import Bulletin, Call, Party, Shared
from workers.campaign.mailings import Content, Mailing, Reader, Stage
from workers.campaign.model import Person, Sender
from workers.campaign.news import CalendarEvent, NewsItem
from workers.campaign.outcomes import Envelope
from workers.mail.editions import copies, freeze, kind_of
from workers.mail.templates import Templates

CAMPAIGN = campaign()
SENDER = Sender("The Post", "post@rivers.example")
NEWS = (NewsItem("n1", "Otters", "They are **back**.", "https://news.example/otters", "Otter Trust"),)
EVENTS = (
    CalendarEvent("e1", "u1", "Clean-up", datetime(2026, 12, 1, 9, tzinfo=UTC), "Europe/London", place="The weir"),
)
SHARED = Shared(
    1_790_000_000,
    "https://campaign.example/campaigns/clean-rivers",
    contacts=1565,
    supporters=700,
    signatories=239,
    parties=(Party("River Party", 900, 150), Party("Hill Party", 665, 89)),
    signed_since=(candidate(1, constituency_name="Testford"),),
    news=NEWS,
    events=EVENTS,
)
_TEMPLATES = Templates(TEMPLATES)


def bulletin(body: str, **changes: object) -> Bulletin:
    fields = {"name": "post", "campaign": CAMPAIGN.slug, "subject": "News", "sender": SENDER, "where": "", "body": body}
    return Bulletin(**{**fields, "folder": Path("config/bulletins/post"), "title": "The Post", **changes})  # type: ignore[arg-type]


def call(body: str, **changes: object) -> Call:
    fields = {"name": "write", "campaign": CAMPAIGN.slug, "subject": "Act", "sender": SENDER, "where": "", "body": body}
    return Call(**{**fields, "folder": Path("config/calls/write"), **changes})  # type: ignore[arg-type]


def frozen(made_of: Bulletin | Call | str, shared: Shared = SHARED, *, reminder: bool = False) -> Content:
    whole = bulletin(made_of) if isinstance(made_of, str) else made_of
    return freeze(whole, CAMPAIGN, shared, _TEMPLATES, reminder=reminder)


def reader(number: int = 1, **changes: object) -> Reader:
    """Who lives in Testford, where two stand, of whom one has signed."""
    name = str(changes.pop("name", f"Reader {number}"))
    email = str(changes.pop("email", f"r{number}@readers.example"))
    fields = {
        "person": Person(f"p{number}", name, email, ""),
        "constituency": "Testford",
        "candidates": (candidate(1), candidate(2)),
        "unsubscribe_url": f"https://campaign.example/unsubscribe/u{number}",
        "preferences_url": f"https://campaign.example/preferences/p{number}",
        "online_url": "https://campaign.example/archive/1",
        "act_url": f"https://campaign.example/act/a{number}",
        "signed": frozenset({"1"}),
    }
    return Reader(**{**fields, **changes})  # type: ignore[arg-type]


def posted(made_of: Bulletin | Call | str, readers: list[Reader], shared: Shared = SHARED) -> list[Envelope]:
    """The calls that carry a copy to each; their deliveries are numbered from 0."""
    whole = bulletin(made_of) if isinstance(made_of, str) else made_of
    content = frozen(whole, shared)
    mailing = Mailing(CAMPAIGN.slug, kind_of(whole), whole.name, "1", Stage.SENDING, "", content, SENDER)
    return copies(CAMPAIGN, mailing, [(f"{GROUP}-{number}", one) for number, one in enumerate(readers)])
