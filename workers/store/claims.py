"""Claims and settlements: what a sender takes and what it came to, as records and as calls of the scripts."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from operator import attrgetter
from typing import Any, NamedTuple

import msgspec

from workers.campaign.model import Action, Campaign, Candidate, Person
from workers.campaign.states import State
from workers.campaign.summary import next_summary
from workers.store import keys
from workers.store.scripts import Argument, Call

_decode_action = msgspec.json.Decoder(Action).decode
_decode_person = msgspec.json.Decoder(Person).decode
#: The same few thousand come again and again; one and the same object is found quicker in every cache after this.
_decode_candidate = lru_cache(maxsize=8192)(msgspec.json.Decoder(Candidate).decode)

#: Whose a receipt is that goes to a candidate.
_NOBODY = Person("", "", "", "")


class Sender(NamedTuple):
    """Who claims, by the name in its journal, and the highest number that it knows of its own claims."""

    name: str = ""
    known: int = 0


NOBODY = Sender()


class Gathering(NamedTuple):
    """Who comes to a daily summary now, and when that leaves (epoch ms): for whom more letters wait than ``tolerance``.

    -1 tolerates any number, also from those who want letters less often.
    """

    tolerance: int = -1
    due_ms: int = 0


#: For mail that is never gathered.
APART = Gathering()


class Terms(NamedTuple):
    """On which terms copies of a call or bulletin leave: who may get one, and how many at most. 0: no limit.

    ``kinds`` and ``name`` are what preferences speak of. ``day`` is today, days since 1970 in the campaign's zone, on
    which no more than ``most`` leave; the next one begins at ``tomorrow_ms`` (epoch ms).
    """

    kinds: str
    name: str
    purpose: str
    day: int
    per_week: int = 0
    per_second: float = 0.0
    per_domain: float = 0.0
    most: int = 0
    tomorrow_ms: int = 0


def gathering(campaign: Campaign, at: float) -> Gathering:
    """Who comes to a summary of this campaign at a time (epoch seconds)."""
    if campaign.summary is None:
        return APART
    return Gathering(campaign.summary.tolerance, next_summary(campaign, campaign.summary, at) * 1000)


@dataclass(frozen=True, slots=True)
class Claim:
    """Letters of one action, taken for posting: nobody else posts them until ``deadline`` (epoch seconds).

    A receipt has no candidates if it goes to its person, and an empty person if it goes to a candidate. ``thanks`` are
    the candidates (ids) who are thanked, not asked. ``number`` counts the claims of its sender; 0 for one without a
    journal. ``readers`` are who gets copies of a call or bulletin, each with their constituency (GSS code or "-").
    """

    action: Action
    person: Person
    candidates: list[Candidate]
    deadline: float
    number: int = 0
    thanks: frozenset[str] = frozenset()
    readers: tuple[tuple[Person, str], ...] = ()
    due: int = 0  # epoch seconds from which the first of them might leave; 0 if nobody asks

    @property
    def recipients(self) -> tuple[str, ...]:
        """The ids that the deliveries of this claim end in."""
        if self.readers:
            return tuple([person.id for person, _ in self.readers])
        return tuple(candidate.id for candidate in self.candidates) or self.action.candidates


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why nothing was claimed: "paused", "hold" (``wait_ms`` says how long) or "nothing" (all are past that).

    "behind": the ledger has forgotten claims of this sender; all is paused.
    """

    why: str
    wait_ms: int = 0


class Settled(NamedTuple):
    """What one letter came to. ``call`` counts from 1 into the message ids of its settlement; 0 for none."""

    candidate: str
    state: State
    call: int = 0
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Settlement:
    """What a claim came to; ``day`` is days since 1970 in the campaign's zone; times are epoch ms and ms."""

    action: Action
    letters: Sequence[Settled]
    message_ids: Sequence[str]
    day: int
    retry_at_ms: int = 0
    hold_ms: int = 0
    deadline: float = 0.0  # the claim's own: what another claim has taken since is not touched; 0 for whichever


def claim_call(
    campaign: str,
    actions: Sequence[str],
    deadline: float,
    sender: Sender,
    terms: Gathering | Terms = APART,
    *,
    only: str = "",
) -> Call:
    """The script that takes the queued letters of these actions for posting until ``deadline`` (epoch seconds).

    Those to candidates who get a summary wait for it; with ``only`` it is that candidate's, of one action, and takes
    nothing else. Copies of a call or bulletin, which leave on ``Terms``, are claimed by one order.
    """
    if isinstance(terms, Terms):
        (order,) = actions
        return _copies_call(campaign, order, deadline, sender, terms)
    named = [
        keys.agenda(campaign),
        keys.CLAIMS,
        keys.PAUSED,
        keys.HOLD,
        keys.candidates(campaign.partition("/")[0]),
        keys.SENDERS,
    ]
    args: list[Argument] = [campaign, int(time.time()), int(deadline * 1000), *sender, *terms, only, *actions]
    return "claim_letters", named, args


def _copies_call(book: str, order: str, deadline: float, sender: Sender, terms: Terms) -> Call:
    named = [keys.agenda(book), keys.CLAIMS, keys.PAUSED, keys.HOLD, keys.PREFERENCES, keys.SENDERS, keys.mailing(book)]
    args: list[Argument] = [book, order, int(time.time()), int(deadline * 1000), *sender, *terms]
    return "claim_copies", named, args


def unclaim_call(book: str, order: str, deadline: float, *, only: str = "") -> Call:
    """The script that gives back a claim; with ``only`` one for that candidate's summary."""
    now, named = time.time(), [keys.agenda(book), keys.CLAIMS]
    return "unclaim_letters", named, [book, order, int(deadline * 1000), int(now), int(now * 1000), only]


def settle_call(settlements: Sequence[Settlement]) -> Call:
    """The script that ends claims of one book."""
    campaign = settlements[0].action.campaign
    args: list[Argument] = [campaign, int(time.time())]
    for done in settlements:
        args += [done.action.id, done.action.group, int(done.deadline * 1000), done.day]
        args += [done.retry_at_ms, done.hold_ms, len(done.message_ids), *done.message_ids]
        parts = [(came_to, list(alike)) for came_to, alike in groupby(done.letters, _came_to)]
        args.append(len(parts))
        for (state, call, reason), alike in parts:
            args += [state, call, reason or "-", len(alike), *[letter.candidate for letter in alike]]
    return "settle_letters", [keys.agenda(campaign), keys.CLAIMS, keys.HOLD], args


#: What several letters may have in common.
_came_to = attrgetter("state", "call", "reason")


def read_claims(reply: list[Any], deadline: float) -> list[Claim] | Refusal:
    """What the script of ``claim_call`` answered; those that can be taken, in order."""
    word = reply[0]
    if word == b"claimed":
        first = int(reply[1]) - len(reply) + 3
        return [_read_claim(raw, deadline, max(0, first + place)) for place, raw in enumerate(reply[2:])]
    if word == b"copies":
        return [_read_copies(reply, deadline)]
    if word == b"nothing":
        return []
    return Refusal(word.decode(), int(reply[1]) if word == b"hold" else 0)


def _read_claim(raw: list[Any], deadline: float, number: int) -> Claim:
    packed, person, due = raw[:3]
    found = [
        (_decode_candidate(json), which, kind)
        for json, which, kind in zip(raw[3::3], raw[4::3], raw[5::3], strict=True)
        if json
    ]
    candidates = [candidate if which == 1 else candidate.at_second() for candidate, which, _ in found]
    thanks = frozenset([candidate.id for candidate, _, kind in found if kind == b"thanks"])
    action = _decode_action(packed)
    sender = _decode_person(person) if action.person else _NOBODY
    return Claim(action, sender, candidates, deadline, number, thanks, due=int(due))


def _read_copies(reply: list[Any], deadline: float) -> Claim:
    people = map(_decode_person, reply[3::2])
    readers = tuple([(person, gss.decode()) for person, gss in zip(people, reply[4::2], strict=True)])
    return Claim(_decode_action(reply[2]), _NOBODY, [], deadline, int(reply[1]), readers=readers)
