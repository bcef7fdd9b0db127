"""Bulletins and calls as their folders say: what the next edition is made from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from workers.campaign.mailings import AT_ONCE, Speed
from workers.campaign.model import Candidate, Sender
from workers.campaign.news import CalendarEvent, NewsItem


@dataclass(frozen=True, slots=True)
class Bulletin:
    """``config/bulletins/<name>/``: ``body`` is Markdown with Jinja2 values, and so is ``subject`` without Markdown."""

    name: str
    campaign: str
    subject: str
    sender: Sender
    where: str
    body: str
    folder: Path
    title: str = ""
    language: str = "en-GB"
    frame: str = "plain"  # the folder in templates/bulletin/ with what stands around the text
    preheader: str = ""  # what mail programs show beside the subject; "": the first words
    events_days: int = 62  # events of its folder are told so many days ahead
    schedule: str = ""  # words that schedule.py reads; "": editions are made by hand
    speed: Speed = AT_ONCE


@dataclass(frozen=True, slots=True)
class Call:
    """``config/calls/<name>/``: asks supporters to write to their candidates, and reminds them once."""

    name: str
    campaign: str
    subject: str
    sender: Sender
    where: str
    body: str
    folder: Path
    title: str = ""
    language: str = "en-GB"
    frame: str = "plain"
    preheader: str = ""
    letter: str = ""  # what the personal page proposes to write; "": what the campaign proposes
    remind_after_days: float = 0.0  # 0: no reminder
    remind_subject: str = ""
    speed: Speed = AT_ONCE


class Party(NamedTuple):
    """One party's share of the count."""

    name: str
    contacts: int
    signatories: int


@dataclass(frozen=True, slots=True)
class Shared:
    """What all readers of an edition are told, as it stands when the edition is frozen."""

    at: int  # epoch seconds: the edition's date
    campaign_url: str  # the campaign's public page
    contacts: int = 0
    supporters: int = 0
    signatories: int = 0
    parties: tuple[Party, ...] = ()
    signed_since: tuple[Candidate, ...] = ()  # who signed since the edition before
    news: tuple[NewsItem, ...] = ()
    events: tuple[CalendarEvent, ...] = ()
    online_url: str = ""  # the edition's page for everybody; "": each reader's Reader.online_url
