"""How calls and bulletins leave: their audience gathered once, their copies claimed, written, posted and settled."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import NamedTuple
from zoneinfo import ZoneInfo

from workers.audience import audience, expected
from workers.campaign.events import Event
from workers.campaign.ids import delivery_id
from workers.campaign.mailing_events import (
    AudienceGathered,
    EditionOverdue,
    MailingDue,
    MailingFinished,
    MailingSkipped,
    MailingStarted,
    MailingUnbalanced,
)
from workers.campaign.mailings import PURPOSES, Kind, Mailing, Reader, Stage
from workers.campaign.model import Campaign, Candidate, Person
from workers.campaign.outcomes import Envelope
from workers.campaign.profile import BUCKETS, bucket_number
from workers.campaign.reader_links import ReaderLinks
from workers.campaign.states import State
from workers.campaign.warm_up import most_today
from workers.editions import is_late
from workers.mail.copies import copies
from workers.sending import Sending
from workers.store import Store
from workers.store.claims import Claim, Terms
from workers.store.tallies import day_number

#: Seconds for which one message gathers an audience: then it is somebody else's turn.
_STEP_S = 1.0
#: Seconds for which it is remembered who stands where.
_KEPT_S = 30.0
#: Seconds after which it is said again that books do not balance.
_QUIET_S = 3600.0


class Constituency(NamedTuple):
    """Its name, who stands there in the order of their names, and the ids of those who have signed."""

    name: str = ""
    candidates: tuple[Candidate, ...] = ()
    signed: frozenset[str] = frozenset()


_NOWHERE = Constituency()


@dataclass
class Constituencies:
    """Who stands where in each campaign, for the readers of its mailings; read again now and then."""

    store: Store
    _known: dict[str, tuple[float, dict[str, Constituency]]] = field(default_factory=dict)

    def of(self, campaign: str) -> dict[str, Constituency]:
        """GSS code → who stands there, and who of them has signed."""
        read_at, known = self._known.get(campaign, (-_KEPT_S, {}))
        if time.monotonic() - read_at >= _KEPT_S:
            candidates = self.store.candidates.all(campaign)
            known = _by_seat(candidates.values(), self.store.signatures.among(campaign, list(candidates)))
            self._known[campaign] = time.monotonic(), known
        return known


@dataclass(frozen=True)
class Readers:
    """What copies may say of their readers."""

    links: ReaderLinks
    constituencies: Constituencies

    def of(self, mailing: Mailing) -> Callable[[Person, str], Reader]:
        """Makes readers of a mailing: of a person and their ``seats``, GSS codes with commas between, or "-"."""
        seats_here, links, campaign = self.constituencies.of(mailing.campaign), self.links, mailing.campaign
        words, unsubscribe = mailing.content.words, links.unsubscribe_urls(mailing.book)
        preferences = links.preferences_urls(campaign) if "preferences_url" in words else _no_url
        act = links.act_urls(campaign, mailing.name) if "act_url" in words else _no_url
        online = links.online_url(mailing.book) if "online_url" in words else ""

        def reader(person: Person, seats: str) -> Reader:
            here = seats_here.get(seats) or next(
                (seats_here[gss] for gss in seats.split(",") if gss in seats_here), _NOWHERE
            )
            own = unsubscribe(person.id), preferences(person.id), online, act(person.id)
            return Reader(person, here.name, here.candidates, *own, here.signed)

        return reader

    def reader(self, mailing: Mailing, person: Person, seats: str) -> Reader:
        """One reader of a mailing."""
        return self.of(mailing)(person, seats)


@dataclass(frozen=True)
class Mailings:
    """What one process works calls and bulletins with."""

    sending: Sending
    readers: Readers

    @property
    def store(self) -> Store:
        """The ledger."""
        return self.sending.store

    def work(self, campaign: Campaign, book: str) -> Iterator[Event]:
        """The next step of a mailing, whatever it is; calling it too often does no harm."""
        mailing = self.store.mailings.get(book)
        if mailing.stage is Stage.APPROVED and 0 < mailing.due_at <= time.time():
            yield from self._start(campaign, mailing)
        elif mailing.stage is Stage.GATHERING:
            yield from self._gather(mailing)
        elif mailing.stage is Stage.SENDING:
            yield from self._end(campaign, mailing)

    def _start(self, campaign: Campaign, mailing: Mailing) -> Iterator[Event]:
        """Begins: from here on its audience and its content stand. One whose moment may be gone waits for a word."""
        if mailing.kind is Kind.CALL and is_over(campaign):
            if self.store.mailings.move(mailing.book, Stage.SKIPPED, Stage.APPROVED):
                yield MailingSkipped(mailing.book, "the campaign is over: nobody can act on it")
        elif is_late(mailing.due_at):
            if self.store.mailings.move(mailing.book, Stage.OVERDUE, Stage.APPROVED):
                yield EditionOverdue(mailing.book, "its time passed while nobody was there")
        elif self.store.mailings.move(
            mailing.book, Stage.GATHERING, Stage.APPROVED, expected=expected(self.store, mailing)
        ):
            yield MailingStarted(mailing.book, self.store.mailings.groups(mailing.book)[0])
            yield MailingDue(mailing.book)

    def _gather(self, mailing: Mailing) -> Iterator[Event]:
        """Writes the next groups of the audience to the ledger; a group that was written stays as it was."""
        store, book = self.store, mailing.book
        groups, done = store.mailings.groups(book)
        span, give_up = BUCKETS // groups, time.monotonic() + _STEP_S
        people = audience(store, mailing, store.people.profiles(done * span, BUCKETS))
        for group, found in groupby(people, key=lambda person: bucket_number(person) // span):
            store.mailings.write(mailing, group, list(found))
            # Never before one is written: a slow machine must come on as well.
            if time.monotonic() > give_up or self.sending.stopping.is_set():
                yield MailingDue(book)
                return
        yield from self._gathered(mailing)

    def _gathered(self, mailing: Mailing) -> Iterator[Event]:
        book = mailing.book
        people = self.store.mailings.get(book).audience
        if not people and self.store.mailings.move(book, Stage.SKIPPED, Stage.GATHERING):
            self.store.contributions.give_back(book)
            yield MailingSkipped(book, "nobody is in its audience")
        elif self.store.mailings.move(book, Stage.SENDING, Stage.GATHERING):
            yield AudienceGathered(book, people)

    def _end(self, campaign: Campaign, mailing: Mailing) -> Iterator[Event]:
        """Finished once nothing of it waits; a call that nobody can answer any more ends where it is."""
        store, book = self.store, mailing.book
        if mailing.kind is Kind.CALL and is_over(campaign):
            store.mailings.turn(book, [State.QUEUED], State.CANCELLED, "campaign-over")
        if not store.mailings.is_idle(book):
            store.mailings.nudge(book)
        elif store.mailings.move(book, Stage.FINISHED, Stage.SENDING):
            states = store.tallies.totals(book).letters
            yield MailingFinished(book, mailing.audience, mailing.audience - _lost(states))
        elif store.mailings.is_idle(book) and store.turns.take(f"said:unbalanced:{book}", _QUIET_S):
            counted = sum(store.tallies.totals(book).letters.values())
            yield MailingUnbalanced(book, store.mailings.get(book).audience, counted)

    def send(self, campaign: Campaign, book: str, orders: Sequence[str]) -> Iterator[Event]:
        """Sends what these orders have queued, on the mailing's terms."""
        mailing = self.store.mailings.get(book)
        if mailing.stage is not Stage.SENDING or (mailing.kind is Kind.CALL and is_over(campaign)):
            return

        def write(claim: Claim) -> list[Envelope]:
            group, reader = claim.action.group, self.readers.of(mailing)
            readers = [(delivery_id(group, person.id), reader(person, seats)) for person, seats in claim.readers]
            return copies(campaign, mailing, readers)

        yield from self.sending.send(campaign, book, orders, write, terms(campaign, mailing, time.time()))


def is_over(campaign: Campaign) -> bool:
    """Whether the campaign takes no letters any more: nobody is asked to write then."""
    now = datetime.now(UTC)
    return now >= campaign.opens and not campaign.is_open(now)


def terms(campaign: Campaign, mailing: Mailing, now: float) -> Terms:
    """On which terms the copies of a mailing leave now."""
    speed, zone = mailing.speed, ZoneInfo(campaign.time_zone)
    today = day_number(now, campaign.time_zone)
    tomorrow = datetime.fromtimestamp(now, UTC).astimezone(zone).date() + timedelta(days=1)
    first = day_number(mailing.started_at or now, campaign.time_zone)
    return Terms(
        f"{mailing.kind}s",
        mailing.name,
        mailing.purpose or PURPOSES[mailing.kind],
        today,
        speed.per_week,
        speed.per_second,
        speed.per_domain_per_second,
        most_today(speed, first, today),
        int(datetime(tomorrow.year, tomorrow.month, tomorrow.day, tzinfo=zone).timestamp() * 1000),
    )


def _no_url(_: str) -> str:
    return ""


def _by_seat(candidates: Iterable[Candidate], signed: set[str]) -> dict[str, Constituency]:
    standing: dict[str, list[Candidate]] = {}
    for candidate in candidates:
        if candidate.is_standing and candidate.constituency:
            standing.setdefault(candidate.constituency, []).append(candidate)
    return {
        gss: Constituency(
            next((one.constituency_name for one in found if one.constituency_name), ""),
            tuple(sorted(found, key=lambda one: one.name)),
            frozenset(one.id for one in found if one.id in signed),
        )
        for gss, found in standing.items()
    }


def _lost(states: Mapping[str, int]) -> int:
    """Copies that were not handed over, or of which it is not known."""
    return sum(states.get(state, 0) for state in (State.REJECTED, State.UNKNOWN, State.WITHHELD, State.CANCELLED))
