"""A profile: what mailings ask of a person before they look at who it is, in one line of the ledger."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from workers.campaign.ids import Ids
from workers.campaign.mailings import PURPOSES

#: Stands for a word that is not known.
NONE = "-"
#: Characters of a domain's id that are kept: enough to tell thousands of domains apart.
DOMAIN = 6
#: Buckets of profiles: one for each three letters that a person's id has after its first.
BUCKETS = 32**3
#: Purposes that let somebody mail a person at all; of others the consents tell.
MAILED_FOR = frozenset(PURPOSES.values())

_TAG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?", re.ASCII)
_LETTERS = "abcdefghijklmnopqrstuvwxyz234567"


class Profile(NamedTuple):
    """One person without anything that names them; see ``_profiles.lua`` for how two of one person become one.

    ``seats`` are the constituencies (GSS codes) of their postcode: one for each generation of boundaries, more for a
    postcode across a boundary. ``mailed`` are the days (since 1970) of the calls and bulletins of the last 31 days.
    """

    address: str
    domain: str
    seats: tuple[str, ...] = ()
    language: str = ""
    tags: tuple[str, ...] = ()
    purposes: tuple[str, ...] = ()
    mailed: tuple[int, ...] = ()

    def pack(self) -> str:
        """The line that the ledger keeps."""
        seats, tags = ",".join(self.seats) or NONE, ",".join(sorted(self.tags)) or NONE
        purposes, mailed = ",".join(sorted(self.purposes)) or NONE, ",".join(map(str, self.mailed)) or NONE
        return f"{self.address} {self.domain} {seats} {self.language or NONE} {tags} {purposes} {mailed}"


def own_profile(ids: Ids, email: str, seats: Iterable[str], purposes: Iterable[str]) -> Profile:
    """What somebody says of themselves by acting: where they are, and what of mailings they agreed to."""
    address, domain = ids.address(email), ids.domain(email)[:DOMAIN]
    return Profile(address, domain, tuple(seats), purposes=mailed_for(purposes))


def parse_profile(row: str) -> Profile:
    """The profile that a line of the ledger stands for."""
    address, domain, seats, language, tags, purposes, mailed = row.split(" ")
    days = tuple(map(int, mailed.split(","))) if mailed != NONE else ()
    return Profile(
        address, domain, _words(seats), "" if language == NONE else language, _words(tags), _words(purposes), days
    )


def bucket(person_id: str) -> str:
    """The bucket of a person's profile."""
    return person_id[1:4]


def bucket_number(person_id: str) -> int:
    """The place of a person's bucket among all."""
    high, middle, low = (_LETTERS.index(letter) for letter in person_id[1:4])
    return high << 10 | middle << 5 | low


def is_tag(text: str) -> bool:
    """Whether ``text`` may be a tag: small letters, figures and dashes between them."""
    return _TAG.fullmatch(text) is not None


def mailed_for(purposes: Iterable[str]) -> tuple[str, ...]:
    """Those of the purposes that let somebody mail a person, sorted."""
    return tuple(sorted(MAILED_FOR.intersection(purposes)))


def _words(packed: str) -> tuple[str, ...]:
    return tuple(packed.split(",")) if packed != NONE else ()
