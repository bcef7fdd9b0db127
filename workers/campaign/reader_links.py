"""Readers' personal links: to leave, to choose what they get, to act on a call; nowhere stored, good for ever."""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable
from typing import NamedTuple

from workers.campaign.ids import Ids
from workers.campaign.mailings import Kind, of_book

_PERSON = r"(p[a-z2-7]{16})([a-z2-7]{24})"
_NAMES = r"([a-z0-9-]{1,64})"
_UNSUBSCRIBE = re.compile(rf"{_NAMES}\.(bulletin|call)\.{_NAMES}\.{_NAMES}\.{_PERSON}", re.ASCII)
_PREFERENCES = re.compile(rf"{_NAMES}\.{_PERSON}", re.ASCII)
_ACT = re.compile(rf"{_NAMES}\.{_NAMES}\.{_PERSON}", re.ASCII)

#: Makes the link of a person (id).
Url = Callable[[str], str]


class Leaver(NamedTuple):
    """Who opened the link to leave, and the mailing in which it stood."""

    campaign: str
    kind: Kind
    name: str
    edition: str
    person: str


class Chooser(NamedTuple):
    """Who chooses what they get, and whose mail they came from."""

    campaign: str
    person: str


class Called(NamedTuple):
    """Who came from which call; a reminder leads to the same page."""

    campaign: str
    call: str
    person: str


class ReaderLinks:
    """Makes and proves them. A token tells nothing of the person but their id; campaigns' files may be gone by then."""

    def __init__(self, ids: Ids, public_url: str) -> None:
        self._ids = ids
        self._url = public_url.rstrip("/")

    def unsubscribe_urls(self, book: str) -> Url:
        """Where this mailing's readers leave, by the button of their mail program as well (RFC 8058)."""
        return self._urls("unsubscribe", book.replace("/", "."), book)

    def unsubscribe_url(self, book: str, person: str) -> str:
        """The same for one reader."""
        return self.unsubscribe_urls(book)(person)

    def preferences_urls(self, campaign: str) -> Url:
        """Where they choose what they get, and how often; the same in every mail of the campaign."""
        return self._urls("preferences", campaign, campaign)

    def preferences_url(self, campaign: str, person: str) -> str:
        """The same for one reader."""
        return self.preferences_urls(campaign)(person)

    def online_url(self, book: str) -> str:
        """The page that shows an edition to everybody, no secret; "" for a call, which has none."""
        found = of_book(book)
        if found is None or found[1] is not Kind.BULLETIN:
            return ""
        campaign, _, name, edition = found
        return f"{self._url}/campaigns/{campaign}/bulletins/{name}/{edition}"

    def act_urls(self, campaign: str, call: str) -> Url:
        """Where their letters stand written; the same in the call and in its reminder."""
        return self._urls("act", f"{campaign}.{call}", campaign, call)

    def act_url(self, campaign: str, call: str, person: str) -> str:
        """The same for one reader."""
        return self.act_urls(campaign, call)(person)

    def _urls(self, purpose: str, names: str, *parts: str) -> Url:
        begins, proof = f"{self._url}/{purpose}/{names}.", self._ids.prover(purpose, *parts)
        return lambda person: f"{begins}{person}{proof(person)}"

    def leaver(self, token: str) -> Leaver | None:
        """Whose unsubscribe link this is; None if it is none of ours."""
        match = _UNSUBSCRIBE.fullmatch(token)
        if not match:
            return None
        campaign, kind, name, edition, person, proof = match.groups()
        book = f"{campaign}/{kind}.{name}.{edition}"
        right = self._proves(proof, "unsubscribe", book, person)
        return Leaver(campaign, Kind(kind), name, edition, person) if right else None

    def chooser(self, token: str) -> Chooser | None:
        """Whose preferences these are; None if it is no link of ours."""
        match = _PREFERENCES.fullmatch(token)
        if not match:
            return None
        *named, proof = match.groups()
        return Chooser(*named) if self._proves(proof, "preferences", *named) else None

    def called(self, token: str) -> Called | None:
        """Who was called to what; None if it is no link of ours."""
        match = _ACT.fullmatch(token)
        if not match:
            return None
        *named, proof = match.groups()
        return Called(*named) if self._proves(proof, "act", *named) else None

    def form(self, token: str) -> str:
        """What a form on the page of this link must bring along."""
        return self._ids.proof("form", token)

    def _proves(self, proof: str, purpose: str, *parts: str) -> bool:
        return hmac.compare_digest(self._ids.proof(purpose, *parts), proof)
