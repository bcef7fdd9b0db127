"""Editions made from their folders and the ledger: drafted, counted, approved; from then on nothing of them changes."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import structlog

from workers.audience import expected
from workers.calendarfile import frame, read_folder
from workers.campaign.bulletin import Bulletin, Call, Party, Shared
from workers.campaign.mailings import PURPOSES, Mailing, Stage
from workers.campaign.mailings import book as book_named
from workers.campaign.model import Campaign, Candidate
from workers.campaign.news import CalendarEvent, NewsItem, upcoming
from workers.campaign.reader_links import ReaderLinks
from workers.campaign.tally import Tally, contacts_by
from workers.errors import InputError
from workers.mail.editions import freeze, kind_of
from workers.mail.templates import Templates
from workers.store import Store

log = structlog.get_logger()


@dataclass(frozen=True)
class Newsroom:
    """Where editions are made."""

    store: Store
    templates: Templates
    public_url: str

    def draft(
        self, made_of: Bulletin | Call, campaign: Campaign, edition: str = "", *, reminder: bool = False
    ) -> Mailing:
        """An edition as it would be now; ConfigError names what cannot be sent, with file and line."""
        kind, now = kind_of(made_of), time.time()
        edition = edition or self.edition(made_of, campaign, now)
        book = book_named(campaign.slug, kind, made_of.name, edition)
        shared = self.shared(made_of, campaign, book, now)
        where = f"({made_of.where}) and not wrote" if made_of.where and isinstance(made_of, Call) else made_of.where
        return Mailing(
            campaign.slug,
            kind,
            made_of.name,
            edition,
            Stage.DRAFT,
            where or ("not wrote" if isinstance(made_of, Call) else ""),
            freeze(made_of, campaign, shared, self.templates, reminder=reminder),
            made_of.sender,
            made_of.speed,
            PURPOSES[kind],
            made_at=int(now),
            carried=(*(one.id for one in shared.news), *(one.id for one in shared.events)),
        )

    def edition(self, made_of: Bulletin | Call, campaign: Campaign, at: float) -> str:
        """The name of a new edition: its day, and a number if that day has one that started."""
        day = day_named(campaign, at)
        taken = {
            one.edition
            for one in self.store.mailings.of(campaign.slug)
            if one.name == made_of.name and one.kind is kind_of(made_of) and one.started_at
        }
        names = (day if n == 1 else f"{day}-{n}" for n in range(1, 1000))
        return next(name for name in names if name not in taken)

    def shared(self, made_of: Bulletin | Call, campaign: Campaign, book: str, at: float) -> Shared:
        """What all readers are told, as it stands now."""
        candidates = self.store.candidates.all(campaign.slug)
        tally = self.store.tallies.show(campaign.slug)
        signed = self.store.signatures.all(campaign.slug)
        since = self._since(made_of, campaign)
        news, events = self._news(made_of, campaign, book, at)
        newest = sorted(
            (one for one in signed.values() if one.at > since and one.candidate in candidates), key=lambda one: one.at
        )
        return Shared(
            int(at),
            f"{self.public_url}/campaigns/{campaign.slug}",
            tally.contacts,
            tally.supporters,
            len(signed),
            _parties(tally, candidates, signed),
            tuple(candidates[one.candidate] for one in newest),
            news,
            events,
            ReaderLinks(self.store.ids, self.public_url).online_url(book),
        )

    def expected(self, mailing: Mailing) -> int:
        """How many would get it now; reads everybody once."""
        return expected(self.store, mailing)

    def approve(self, mailing: Mailing, by: str, *, due_at: int = 0, expected: int | None = None) -> Mailing:
        """From now on this is what is sent; InputError if an edition of this name has started.

        ``due_at`` (epoch seconds) is when it starts by itself; 0: when somebody says so.
        """
        approved = replace(mailing, stage=Stage.APPROVED, approved_at=int(time.time()), approved_by=by, due_at=due_at)
        self.freeze(approved, self.expected(mailing) if expected is None else expected)
        return approved

    def freeze(self, mailing: Mailing, expected: int) -> None:
        """Keeps an edition as it is, with what partners sent in for it, which no other edition has then."""
        if mailing.carried and not self.store.contributions.used(mailing.carried, mailing.book):
            raise InputError("news or events changed meanwhile: look at the preview, and approve again", field="name")
        if not self.store.mailings.approve(mailing, expected):
            self.store.contributions.give_back(mailing.book, but=self.store.mailings.get(mailing.book).carried)
            mend = "name another with --edition"
            raise InputError(f"edition {mailing.edition} of {mailing.name} has started: {mend}", field="edition")

    def _since(self, made_of: Bulletin | Call, campaign: Campaign) -> int:
        """When the edition before started (epoch seconds); 0 for the first."""
        before = (
            one.started_at
            for one in self.store.mailings.of(campaign.slug)
            if one.name == made_of.name and one.kind is kind_of(made_of)
        )
        return max(before, default=0)

    def _news(
        self, made_of: Bulletin | Call, campaign: Campaign, book: str, at: float
    ) -> tuple[tuple[NewsItem, ...], tuple[CalendarEvent, ...]]:
        """What partners sent in and was accepted, and the events of the bulletin's own folder that are soon."""
        if isinstance(made_of, Call):
            return (), ()
        now = datetime.fromtimestamp(at, UTC)
        news, sent_in = self.store.contributions.accepted(campaign.slug, made_of.name, book)
        own = read_folder(made_of.folder, frame(campaign, now))
        if own.flaws:
            where = made_of.folder.name
            log.warning("calendar.flawed", campaign=campaign.slug, file=where, flaws=len(own.flaws))
        soon = upcoming(own.events, now, now + timedelta(days=made_of.events_days))
        return tuple(news), tuple(upcoming([*soon, *sent_in], now))


def day_named(campaign: Campaign, at: float) -> str:
    """What an edition is named by: the day of a moment in the campaign's zone."""
    return datetime.fromtimestamp(at, UTC).astimezone(ZoneInfo(campaign.time_zone)).date().isoformat()


def _parties(tally: Tally, candidates: Mapping[str, Candidate], signed: Iterable[str]) -> tuple[Party, ...]:
    """Those with a contact or a signatory, most signatories first."""
    contacts = contacts_by("party", tally.candidates, candidates)
    signatories = Counter(candidates[one].party for one in signed if one in candidates)
    names = sorted(contacts.keys() | signatories.keys(), key=lambda name: (-signatories[name], name))
    return tuple(Party(name, contacts.get(name, 0), signatories[name]) for name in names if name)
