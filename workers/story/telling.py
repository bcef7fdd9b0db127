"""What a story is made of: moments in order, where it stands now, and what an operator can do next."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from zoneinfo import ZoneInfo

#: Of what happened in the same second and was noted in seconds only, this comes first.
_FIRST = ("action.taken", "action.confirmed", "letters.written", "letters.claimed")
#: Seconds between an event and the log line about it, at most.
_NEAR_S = 2.0


@dataclass(frozen=True, slots=True)
class Moment:
    """Something that happened: ``at`` epoch seconds; ``source`` is ledger, events, journal or log; ``more`` details."""

    at: float
    event: str
    says: str
    source: str
    more: str = ""


def in_order(moments: Iterable[Moment]) -> list[Moment]:
    """By time; what the log says of a moment that the events have as well is added to that one."""
    kept: list[Moment] = []
    for moment in sorted(dict.fromkeys(moments), key=lambda one: one.source == "log"):
        place = next((n for n, one in enumerate(kept) if _same(one, moment)), None)
        if place is None:
            kept.append(moment)
        else:
            kept[place] = replace(kept[place], more=moment.more)
    return sorted(kept, key=_place)


def _same(one: Moment, other: Moment) -> bool:
    near = one.event == other.event and abs(one.at - other.at) < _NEAR_S
    return near and other.source == "log" != one.source and not one.more


def _place(moment: Moment) -> tuple[int, int, float]:
    rank = _FIRST.index(moment.event) if moment.event in _FIRST else len(_FIRST)
    settled = moment.source == "ledger" and moment.event.startswith("letters.")
    return int(moment.at), len(_FIRST) + 1 if settled else rank, moment.at


@dataclass(frozen=True, slots=True)
class Step:
    """What can be done, and with which command ("": nothing is typed)."""

    why: str
    command: str = ""


@dataclass(frozen=True, slots=True)
class Story:
    """``now`` is where it stands; ``letters`` has a row for each letter of it, ``counts`` state → letters of many."""

    kind: str
    id: str
    campaign: str
    time_zone: str
    moments: Sequence[Moment]
    now: Sequence[str]
    next: Sequence[Step] = ()
    letters: Sequence[dict[str, object]] = ()
    counts: dict[str, int] = field(default_factory=dict)


def clock(at: float, time_zone: str) -> str:
    """``Sun 22 Nov 2026 07:37:31 GMT``."""
    return f"{datetime.fromtimestamp(at, ZoneInfo(time_zone)):%a %d %b %Y %H:%M:%S %Z}"


def letters_in_words(number: int) -> str:
    return f"{number} letter{'' if number == 1 else 's'}"
