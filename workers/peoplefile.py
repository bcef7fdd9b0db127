"""A file of people: rows as they come from a spreadsheet or another system, read one by one, each with its flaws."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from operator import itemgetter
from typing import NamedTuple

import msgspec

from workers import typed
from workers.campaign.ids import Ids
from workers.campaign.model import Consent
from workers.campaign.place_rows import PlainRow, Rows
from workers.campaign.postcodes import normal_postcode
from workers.campaign.profile import DOMAIN, MAILED_FOR, NONE, is_tag
from workers.campaign.spreadsheet import safe_cell
from workers.campaign.table import Record, is_undecoded
from workers.errors import InputError
from workers.throwaway import is_throwaway

_encode = msgspec.json.Encoder().encode

#: What columns may be called.
_NAMES: dict[str, tuple[str, ...]] = {
    "name": ("name", "full_name", "fullname"),
    "first_name": ("first_name", "firstname", "given_name", "forename"),
    "last_name": ("last_name", "lastname", "family_name", "surname"),
    "email": ("email", "e_mail", "email_address", "mail"),
    "postcode": ("postcode", "post_code", "postal_code", "zip"),
    "tags": ("tags", "tag"),
    "language": ("language", "lang"),
    "consent_purpose": ("consent_purpose", "purpose"),
    "consent_wording": ("consent_wording", "wording"),
    "consent_at": ("consent_at", "consent_time", "agreed_at"),
    "consent_source": ("consent_source", "source"),
}
_KNOWN = frozenset(title for titles in _NAMES.values() for title in titles)
_CONSENT = tuple(name for name in _NAMES if name.startswith("consent"))
_FIRST, _LAST = list(_NAMES).index("first_name"), list(_NAMES).index("last_name")

#: Tags of one person, and characters of a wording.
_TAGS, _WORDING = 20, 2000
_SPLIT = re.compile(r"[;,|]")
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[a-z0-9]{2,8}){0,3}", re.ASCII)
_LANGUAGES = {"english": "en", "welsh": "cy", "cymraeg": "cy", "gaelic": "gd", "gàidhlig": "gd", "irish": "ga"}
_AROUND = '" '
#: How far another machine's clock may be ahead.
_AHEAD = timedelta(days=1)
_EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
#: Different consents, domains and lists of tags that are remembered.
_KEPT = 16_384


class Entry(NamedTuple):
    """One row that can be used, but for the constituencies of its postcode ("" if it has none)."""

    row: int
    id: str
    person: bytes  # JSON, as the ledger keeps it
    postcode: str
    address: str
    domain: str
    words: str  # language, tags and purposes, as a profile has them
    consents: tuple[tuple[str, bytes], ...]


class PeopleFile:
    """Iterating ``read`` gives the rows of a CSV; ``InputError`` if it has no column of names or none of addresses."""

    def __init__(self, lines: Iterable[bytes], ids: Ids, agreed: Consent | None = None) -> None:
        """``agreed`` is what everybody in a file without consents agreed to; InputError for one that has its own."""
        self._rows = Rows(lines, _KNOWN)
        self._at = _columns(self._rows.header.columns)
        self._width, self._chosen = max(self._at) + 1, itemgetter(*self._at)
        #: Whether the file says what people agreed to.
        self.has_consents = self._at[list(_NAMES).index("consent_purpose")] >= 0
        if agreed and self.has_consents:
            raise InputError("says itself what people agreed to: leave it to the file", field="--purpose")
        self._agreed = ((agreed.purpose, _encode(agreed)),) if agreed else ()
        self._ids, self._domain = ids, lru_cache(_KEPT)(lambda email: _domain(ids, email))
        self._consents = lru_cache(_KEPT)(_consents)

    def read(self, refuse: Callable[[int, str], object]) -> Iterator[Entry]:
        """The rows that can be used; of each other ``refuse`` hears its number and the reason, not what it says."""
        for row in self._rows.read(self._width):
            number = row.row if isinstance(row, Record) else row[0]
            try:
                entry = self._entry(number, _cells(row, self._width))
            except InputError as error:
                refuse(number, str(error))
            else:
                yield entry

    def _entry(self, number: int, cells: list[str]) -> Entry:
        cells.append("")  # where a column is that is not there
        name, first, last, email, postcode, tags, language, *consent = self._chosen(cells)
        name = _name(name or f"{first} {last}")
        email = _field("email", typed.email, email)
        known_domain, flaw = self._domain(email.rpartition("@")[2])
        if flaw:
            raise InputError(flaw, field="email")
        postcode = normal_postcode(postcode) if postcode else ""
        consents = self._consents(*consent) or self._agreed
        words = _words(language, tags, consents)
        person_id = self._ids.person(email, name)
        # As a Person is packed, at a third of the time.
        person = _encode({"id": person_id, "name": name, "email": email, "postcode": postcode, "consents": ()})
        return Entry(number, person_id, person, postcode, self._ids.address(email), known_domain, words, consents)


def _columns(columns: Mapping[str, int]) -> list[int]:
    """Where each of the columns is; -1 for one that is not there."""
    found = [next((columns[title] for title in titles if title in columns), -1) for titles in _NAMES.values()]
    if found[list(_NAMES).index("email")] < 0:
        raise InputError("has no column of addresses: call it email", field="file")
    if found[0] < 0 and min(found[_FIRST], found[_LAST]) < 0:
        raise InputError("has no column of names: call it name, or have first_name and last_name", field="file")
    given = {title: found[list(_NAMES).index(title)] >= 0 for title in _CONSENT}
    if given["consent_purpose"] and not (given["consent_wording"] and given["consent_at"]):
        what = "says what people agreed to, but not the wording and the time: have consent_wording and consent_at"
        raise InputError(what, field="file")
    return found


def _cells(row: PlainRow | Record, width: int) -> list[str]:
    if isinstance(row, Record):
        if row.flaw:
            raise InputError(row.flaw)
        cells = [cell.strip() for cell in row.cells[:width]]
        if is_undecoded("".join(cells)):
            raise InputError("is not UTF-8: save the file as CSV (UTF-8)")
        return cells
    try:
        return [cell.decode().strip(_AROUND) for cell in row[1][:width]]
    except UnicodeDecodeError:
        raise InputError("is not UTF-8: save the file as CSV (UTF-8)") from None


def _field(field: str, rule: Callable[[str], str], text: str) -> str:
    try:
        return rule(text)
    except InputError as error:
        raise InputError(error.what, field=field) from None


def _name(text: str) -> str:
    """Without the apostrophe that our own exports put before what a spreadsheet would compute."""
    if text[:1] == "'" and safe_cell(text[1:]) == text:
        text = text[1:]
    return _field("name", typed.name, text)


def _domain(ids: Ids, domain: str) -> tuple[str, str]:
    """(the beginning of its id, what is wrong with it)"""
    flaw = "is at a provider of throw-away addresses" if is_throwaway(f"@{domain}") else ""
    return ids.domain(f"@{domain}")[:DOMAIN], flaw


@lru_cache(_KEPT)
def _words(language: str, tags: str, consents: Sequence[tuple[str, bytes]]) -> str:
    purposes = sorted({purpose for purpose, _ in consents} & MAILED_FOR)
    return f"{_language(language)} {_tags(tags)} {','.join(purposes) or NONE}"


def _language(text: str) -> str:
    folded = text.casefold().replace("_", "-")
    folded = _LANGUAGES.get(folded, folded)
    if folded and not _LANGUAGE.fullmatch(folded):
        raise InputError("is no language, such as cy or en-GB", field="language")
    return folded or NONE


def _tags(text: str) -> str:
    tags = {"-".join(tag.casefold().split()) for tag in _SPLIT.split(text)} - {""}
    if len(tags) > _TAGS:
        raise InputError(f"must be at most {_TAGS}", field="tags")
    if not all(is_tag(tag.removeprefix("-")) for tag in tags):
        raise InputError("must each be at most 40 small letters, figures and dashes, with ; between", field="tags")
    return ",".join(sorted(tags)) or NONE


def _consents(purpose: str, wording: str, at: str, source: str) -> tuple[tuple[str, bytes], ...]:
    """What one row says of an agreement; nothing if it names no purpose."""
    if not purpose:
        if wording or at:
            raise InputError("is missing where a wording or a time is given", field="consent_purpose")
        return ()
    agreed = consent(purpose, wording, at, source)
    return ((agreed.purpose, _encode(agreed)),)


def consent(purpose: str, wording: str, at: str, source: str) -> Consent:
    """A consent as people write it; InputError names the part that cannot be kept as a proof."""
    purpose = _field("consent_purpose", typed.source, purpose.casefold())
    wording = _field("consent_wording", typed.message, wording)
    if not wording:
        raise InputError("must be the exact wording that was agreed to", field="consent_wording")
    if len(wording) > _WORDING:
        raise InputError(f"must have at most {_WORDING:,} characters", field="consent_wording")
    return Consent(purpose, wording, _time(at), _field("consent_source", typed.subject, source))


def _time(text: str) -> int:
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError:
        raise InputError("must be a time such as 2026-05-01 or 2026-05-01T12:30Z", field="consent_at") from None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    if not _EARLIEST <= at <= datetime.now(UTC) + _AHEAD:
        raise InputError("must be a time in the past, and not before 1990", field="consent_at")
    return int(at.timestamp())
