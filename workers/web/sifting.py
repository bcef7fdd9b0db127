"""Which signatories are wanted, and in which order: what a page's form and the API's parameters say alike."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from itertools import groupby
from typing import NamedTuple
from urllib.parse import urlencode

from workers.web.problems import FieldError, invalid
from workers.web.roll import Roll, Signatory, fold

#: Characters of a search that count.
_SEARCH = 100
#: Rows that may be asked for.
_LIMIT = 100_000

Key = Callable[[Signatory], tuple[object, ...]]

#: The orders that are offered. Signatories come by constituency and name, and sorting keeps that where a key is equal.
ORDERS: dict[str, tuple[str, Key]] = {
    "constituency": ("by constituency", lambda _: ()),
    "name": ("by name", lambda one: (fold(one.name),)),
    "party": ("by party", lambda one: (not one.party, fold(one.party))),
    "region": ("by region", lambda one: (not one.region, fold(one.region))),
    "newest": ("newest first", lambda one: (-one.at,)),
}


class Wanted(NamedTuple):
    """What is asked for: "" and 0 mean all."""

    search: str = ""
    party: str = ""
    region: str = ""
    order: str = "constituency"
    limit: int = 0

    @property
    def is_all(self) -> bool:
        """Whether nobody is left out."""
        return not (self.search or self.party or self.region or self.limit)

    @property
    def query(self) -> str:
        """The same as a query string, "?" and all; "" for the default."""
        named = {"q": self.search, "party": self.party, "region": self.region, "limit": self.limit or ""}
        named["order"] = "" if self.order == "constituency" else self.order
        said = {name: value for name, value in named.items() if value}
        return "?" + urlencode(said) if said else ""


def wanted(parameters: Mapping[str, str]) -> Wanted:
    """What a request's parameters ask for; 422 for an unknown order or limit, others are passed over."""
    order, limit = parameters.get("order", "") or "constituency", parameters.get("limit", "")
    flaws = []
    if order not in ORDERS:
        flaws.append(FieldError("order", f"must be one of {', '.join(ORDERS)}"))
    if limit and not (limit.isascii() and limit.isdigit() and len(limit) < 7 and 1 <= int(limit) <= _LIMIT):
        flaws.append(FieldError("limit", f"must be a number from 1 to {_LIMIT:,}"))
    if flaws:
        raise invalid(flaws)
    search = " ".join(parameters.get("q", "")[:_SEARCH].split())
    return Wanted(search, parameters.get("party", ""), parameters.get("region", ""), order, int(limit or 0))


def sift(roll: Roll, want: Wanted) -> list[Signatory]:
    """Those wanted, in the order wanted."""
    found: Iterable[Signatory] = roll.signatories
    if words := fold(want.search).split():
        pairs = zip(roll.signatories, roll.haystacks, strict=True)
        found = [one for one, text in pairs if all(word in text for word in words)]
    if want.party:
        found = [one for one in found if one.party == want.party]
    if want.region:
        found = [one for one in found if one.region == want.region]
    ordered = sorted(found, key=ORDERS[want.order][1]) if want.order != "constituency" else list(found)
    return ordered[: want.limit] if want.limit else ordered


def grouped(found: Iterable[Signatory], order: str, day: Callable[[int], str]) -> list[tuple[str, list[Signatory]]]:
    """``found`` under headings that suit its order; ``day`` names the day of an epoch second."""
    headings: dict[str, Callable[[Signatory], str]] = {
        "constituency": lambda one: _letter(one.constituency),
        "name": lambda one: _letter(one.name),
        "party": lambda one: one.party or "no party",
        "region": lambda one: one.region or "no region",
        "newest": lambda one: day(one.at),
    }
    return [(heading, list(rows)) for heading, rows in groupby(found, headings[order])]


def _letter(name: str) -> str:
    first = fold(name)[:1].upper()
    return first if first.isalpha() else "other"
