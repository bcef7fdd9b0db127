"""An intent: an action that somebody without a key asked for, kept aside until its supporter confirms it by mail."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import NamedTuple

from workers.campaign.ids import Ids
from workers.campaign.model import Action, Consent, Person

#: What becomes of an intent; nothing of the person is kept then.
CONFIRMED, WITHDRAWN, DISOWNED = "confirmed", "withdrawn", "disowned"
#: Stands for the action of who confirmed that they would like to hear from the campaign, and wrote to nobody.
SUBSCRIBED = "subscribed"
#: How its action is called while it is kept aside, and how each of its letters is.
UNCONFIRMED, ASIDE = "unconfirmed", "held"


class Question(StrEnum):
    """A mail that asks to confirm: a supporter's first, the one that reminds, and the only one of a subscriber."""

    FIRST = "receipt/confirm"
    REMINDER = "receipt/confirm-reminder"
    SUBSCRIBE = "receipt/subscribe"


class Patience(NamedTuple):
    """How long an intent waits, in seconds: until its reminder, its end, and for who said that it was not them.

    ``mails`` of this kind go to one address in 24 hours at most.
    """

    remind_s: int = 86_400
    gone_s: int = 7 * 86_400
    quiet_s: int = 30 * 86_400
    mails: int = 2


@dataclass(frozen=True, slots=True)
class Intent:
    """What is kept aside. ``action.id`` is the intent's own: what is confirmed may name fewer candidates.

    ``person.id`` is the intent's id as well: the person becomes one of those we know only by confirming.
    """

    action: Action
    person: Person
    asks: int = 1  # how often they asked to be written to
    asked: int = 0  # how often they were, and when last (epoch s)
    asked_at: int = 0
    reminded: bool = False
    print: str = ""  # changes with whatever the letters say

    @property
    def id(self) -> str:
        return self.action.id

    @property
    def is_subscription(self) -> bool:
        """Whether it is about mail to its person, and no letters wait."""
        return not self.action.candidates

    def question(self, now: float, patience: Patience) -> tuple[Question, int] | None:
        """The mail that is due now, and which of its kind it is; None if none is."""
        if self.asks > self.asked:
            return Question.SUBSCRIBE if self.is_subscription else Question.FIRST, self.asks
        if self.is_subscription:
            return None
        if not self.reminded and now >= self.asked_at + patience.remind_s:
            return Question.REMINDER, 1
        return None


@dataclass(frozen=True, slots=True)
class Over:
    """An intent that was decided on: ``how``, and the id of the action it became, or ""."""

    how: str
    action: str = ""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a supporter may change before they confirm."""

    subject: str
    message: str
    candidates: tuple[str, ...] = field(default=())


def kept_aside(ids: Ids, action: Action, person: Person) -> Intent:
    """The intent of an action that is not taken yet."""
    aside = replace(person, id=action.id)
    return Intent(action, aside, print=_print(ids, action, aside))


def changed(ids: Ids, intent: Intent, wanted: Wanted) -> Intent:
    """The same with other words, for some of its candidates."""
    candidates = tuple(one for one in intent.action.candidates if one in wanted.candidates)
    action = replace(intent.action, subject=wanted.subject, message=wanted.message, candidates=candidates)
    return replace(intent, action=action, print=_print(ids, action, intent.person))


def confirmed(ids: Ids, intent: Intent, now: int) -> tuple[Action, Person, tuple[Consent, ...]]:
    """The action that the intent becomes, and the person who confirmed it."""
    action = intent.action
    final = ids.action(action.campaign, action.person, action.candidates)
    person = replace(intent.person, id=action.person, consents=())
    return replace(action, id=final, at=now), person, intent.person.consents


def _print(ids: Ids, action: Action, person: Person) -> str:
    agreed = [word for consent in person.consents for word in (consent.purpose, consent.wording)]
    said = [action.subject, action.message, ",".join(action.candidates), person.name, person.email, person.postcode]
    return ids.proof("print", action.id, *said, *agreed)
