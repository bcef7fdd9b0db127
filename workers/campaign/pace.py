"""Pace: how many letters a candidate gets in an hour at most, and in which hours of the day."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

_HOURS = 24
_PART = re.compile(r"(\d{1,2})\s*-\s*(\d{1,2})(?:\s+(\S+))?")
#: A share with at most three decimals: the ledger counts in thousandths.
_SHARE = re.compile(r"(0|1|0?\.\d{1,3}|1\.0{1,3})")

#: Letters in an hour: to one candidate, and to all candidates at one mail domain that several of them share.
CAP_MOST, DOMAIN_CAP_MOST = 3600, 1_000_000
CAP_USUAL, DOMAIN_CAP_USUAL = 60, 600
QUIET_USUAL = "21-8"


@dataclass(frozen=True, slots=True)
class Pace:
    """Letters in an hour at most, and of that the share (0 to 1) for each local hour of the day but the quiet ones."""

    cap: int = CAP_USUAL
    domain_cap: int = DOMAIN_CAP_USUAL
    curve: tuple[float, ...] = (1.0,) * _HOURS
    quiet: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if not 1 <= self.cap <= CAP_MOST:
            raise ValueError(f"cap is a whole number from 1 to {CAP_MOST}")
        if not 1 <= self.domain_cap <= DOMAIN_CAP_MOST:
            raise ValueError(f"domain_cap is a whole number from 1 to {DOMAIN_CAP_MOST}")
        if len(self.curve) != _HOURS or not any(self.shares):
            raise ValueError("no hour is left in which a letter may leave")

    @property
    def shares(self) -> tuple[float, ...]:
        """The curve with nothing in the quiet hours."""
        return tuple(0.0 if hour in self.quiet else share for hour, share in enumerate(self.curve))

    @property
    def thousandths(self) -> tuple[int, ...]:
        """The shares as the ledger counts them."""
        return tuple(round(1000 * share) for share in self.shares)


def read_curve(text: str) -> tuple[float, ...]:
    """``8-9 0.3, 9-17, 17-21 0.5`` as 24 shares; hours that are not named are quiet. ValueError names the word."""
    shares = dict(_shares(text))
    return tuple(shares.get(hour, 0.0) for hour in range(_HOURS))


def read_quiet(text: str) -> tuple[int, ...]:
    """``21-8`` or ``21-8, 12-13`` as the hours it names; "" is none. ValueError names the word."""
    parts = text.split(",") if text.strip() else []
    return tuple(sorted({hour for part in parts for hour in _hours(part.strip(), *_split(part, shares=False)[:2])}))


def spelled(curve: tuple[float, ...]) -> str:
    """The shortest text that ``read_curve`` reads as this."""
    parts, hour = [], 0
    for share, run in groupby(curve):
        until = hour + len(list(run))
        if share:
            parts.append(f"{hour}-{until}" + (f" {share:g}" if share != 1 else ""))
        hour = until
    return ", ".join(parts)


def usual() -> Pace:
    """What an empty [pace] means."""
    return Pace(quiet=read_quiet(QUIET_USUAL))


def _shares(text: str) -> Iterator[tuple[int, float]]:
    named: set[int] = set()
    for part in text.split(","):
        start, end, share = _split(part, shares=True)
        for hour in _hours(part.strip(), start, end):
            if hour in named:
                raise ValueError(f"{part.strip()!r} names the hour from {hour} to {hour + 1} again")
            named.add(hour)
            yield hour, share


def _split(part: str, *, shares: bool) -> tuple[int, int, float]:
    """Two hours and a share; ValueError with the word that is none."""
    word, example = part.strip()[:40], "8-17 0.5" if shares else "21-8"
    found = _PART.fullmatch(part.strip())
    if not found or (found[3] and not shares):
        raise ValueError(f"{word!r} is not like {example}" if word else f"a part is empty: write it like {example}")
    share = found[3] or "1"
    if not _SHARE.fullmatch(share):
        raise ValueError(f"{share[:40]!r} is not a share from 0 to 1 with at most three decimals")
    return int(found[1]), int(found[2]), float(share)


def _hours(word: str, start: int, end: int) -> list[int]:
    if start >= _HOURS or end > _HOURS:
        raise ValueError(f"{word!r} names an hour that no day has: they are 0 to 24")
    if start == end:
        raise ValueError(f"{word!r} ends where it begins: a whole day is 0-24")
    length = (end - start) % _HOURS or _HOURS
    return [(start + n) % _HOURS for n in range(length)]
