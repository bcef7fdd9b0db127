"""Calls and bulletins as words: what is sent to many people, in which edition, to whom, and how far it has come."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from workers.campaign.model import Candidate, Person, Sender

#: A mailing's name, and an edition's.
NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}", re.ASCII)
_BOOK = re.compile(r"([a-z0-9-]+)/(bulletin|call)\.([a-z0-9-]+)\.([a-z0-9-]+)", re.ASCII)


class Kind(StrEnum):
    """What a mailing is; the word is also the folder of its templates."""

    BULLETIN = "bulletin"
    CALL = "call"


#: The purpose to which a person must have agreed before they get a mailing of this kind.
PURPOSES = {Kind.BULLETIN: "bulletins", Kind.CALL: "calls"}


#: What the edition that reminds of a call is called, after the call's own.
REMINDER = "-reminder"


class Stage(StrEnum):
    """How far a mailing has come. Whether it is paused is another matter: see store/pauses.py."""

    DRAFT = "draft"  # its content is frozen, and may be looked at and tested
    APPROVED = "approved"  # may start; what was approved is what is sent
    GATHERING = "gathering"  # its audience is being written to the ledger
    SENDING = "sending"
    FINISHED = "finished"  # every copy is past waiting, and the books balance
    CANCELLED = "cancelled"
    SKIPPED = "skipped"  # it would have been empty
    OVERDUE = "overdue"  # its time passed while nobody was there: an operator decides


@dataclass(frozen=True, slots=True)
class Content:
    """What all readers of one edition get, frozen: tags (see mail/editions.py) stand where readers differ.

    ``uses`` are the words for which there are tags, with what is said of them: "name:friend", "act_url"; ``token`` is
    in each tag and nowhere else in the content.
    """

    subject: str
    text: str
    html: str
    token: str
    uses: tuple[str, ...] = ()
    language: str = "en-GB"
    online: str = ""  # the text for everybody, as the inside of a page in HTML; "" for a mailing without one
    news: int = 0  # how much it has to tell: an edition with nothing would be empty, and is skipped

    @property
    def words(self) -> frozenset[str]:
        """The fields of a Reader that are needed beside the person: "candidates", "act_url"."""
        return frozenset(use.partition(":")[0] for use in self.uses)


@dataclass(frozen=True, slots=True)
class Speed:
    """How fast copies leave at most; 0 and an empty warm-up: as fast as they can."""

    per_second: float = 0.0
    per_domain_per_second: float = 0.0
    warm_up: tuple[int, ...] = ()  # copies on the first day, the second ...; after the last no limit
    per_week: int = 0  # mailings to one person in seven days; who had as many gets no copy


#: Nothing holds copies back.
AT_ONCE = Speed()


@dataclass(frozen=True, slots=True)
class Mailing:
    """One bulletin edition, one call, or its reminder: whom it is for and what they get. Times are epoch seconds."""

    campaign: str
    kind: Kind
    name: str
    edition: str
    stage: Stage
    where: str  # the audience's rule, see segments.py; "" is everybody who agreed to the purpose
    content: Content
    sender: Sender
    speed: Speed = AT_ONCE
    purpose: str = ""
    audience: int = 0
    made_at: int = 0
    approved_at: int = 0
    approved_by: str = ""
    due_at: int = 0  # when it starts by itself once approved; 0: when somebody says so
    started_at: int = 0
    ended_at: int = 0
    carried: tuple[str, ...] = ()  # ids of the news items and events that it tells

    @property
    def book(self) -> str:
        """Its books in the ledger."""
        return book(self.campaign, self.kind, self.name, self.edition)


@dataclass(frozen=True, slots=True)
class Reader:
    """Who gets a copy, with what the words in ``Content.uses`` may say of them."""

    person: Person
    constituency: str = ""  # its name; "" if it is not known
    candidates: tuple[Candidate, ...] = ()  # who stand there, in the order of the ballot
    unsubscribe_url: str = ""
    preferences_url: str = ""
    online_url: str = ""
    act_url: str = ""
    signed: frozenset[str] = frozenset()  # ids of those among the candidates who have signed


def book(campaign: str, kind: str, name: str, edition: str) -> str:
    """The books of one mailing: like receipts' beside the campaign's own."""
    return f"{campaign}/{kind}.{name}.{edition}"


def first_of(edition: str) -> str:
    """The edition of a call that a reminder reminds of."""
    return edition.removesuffix(REMINDER)


def of_book(book: str) -> tuple[str, Kind, str, str] | None:
    """(campaign, kind, name, edition) of a mailing's books; None for other books."""
    match = _BOOK.fullmatch(book)
    return (match[1], Kind(match[2]), match[3], match[4]) if match else None
