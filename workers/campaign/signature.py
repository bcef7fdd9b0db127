"""A signature: which candidate, when, how it reached us, who entered it; and rules for what people type about it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from workers.errors import InputError

#: Seconds by which clocks may differ (Standard Webhooks allows the same).
CLOCK_S = 300
#: 2000-01-01 in epoch seconds: a signature before it is a slip of the finger.
_EARLIEST = 946_684_800
#: Characters.
_BY, _REASON = 80, 500

_SOURCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/-]{0,63}")
_ADDRESS = re.compile(r"\S@\S+\.\S")


@dataclass(frozen=True, slots=True)
class Signature:
    """``at`` is epoch seconds of the signing; ``source`` the way it came; ``evidence`` a URL or "".

    ``by`` is who entered it by hand ("" for a machine) and stays in the ledger; ``day`` is the day it is counted on,
    days since 1970 in the campaign's zone (0: the store counts it on the day in UTC).
    """

    candidate: str
    at: int
    source: str
    evidence: str = ""
    by: str = ""
    day: int = 0


@dataclass(frozen=True, slots=True)
class Undoing:
    """Why a signature is taken back or corrected: ``reason`` is public, ``by`` stays in the ledger."""

    at: int
    reason: str
    source: str = ""
    by: str = ""


def signing_time(at: float, now: float) -> int:
    """``at`` in whole epoch seconds; InputError if it lies in the future or long before any campaign."""
    if at > now + CLOCK_S:
        raise InputError("lies in the future", field="time")
    if at < _EARLIEST:
        raise InputError("lies before the year 2000", field="time")
    return int(at)


def source_word(text: str) -> str:
    """A short word for the way it came: paper, stage, tweet."""
    word = text.strip()
    if not _SOURCE.fullmatch(word):
        raise InputError("must be one word such as paper, stage or tweet: A-Z a-z 0-9 . _ : / -", field="source")
    return word


def entered_by(text: str) -> str:
    """The name of who enters something by hand."""
    return _line(text, "by", _BY)


def public_reason(text: str) -> str:
    """A sentence that everyone may read; an e-mail address in it is refused."""
    reason = _line(text, "reason", _REASON)
    if _ADDRESS.search(reason):
        raise InputError("holds an e-mail address, and everyone can read the reason: leave it out", field="reason")
    return reason


def _line(text: str, field: str, most: int) -> str:
    line = " ".join(text.split())
    if not line or len(line) > most:
        raise InputError(f"must be a line of 1 to {most} characters", field=field)
    if not line.isprintable():
        raise InputError("holds an invisible or control character", field=field)
    return line
