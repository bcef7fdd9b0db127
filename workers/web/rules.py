"""What a supporter may type: each rule gives the value in its kept form, or says in words what is wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from workers.campaign.postcodes import normal_postcode
from workers.errors import InputError
from workers.typed import email, message, name, source, subject
from workers.web.problems import FieldError, invalid
from workers.web.shapes import ActionIn, ConsentIn

__all__ = ["Wish", "candidate_ids", "check", "consents", "email", "message", "name", "source", "subject"]

#: Characters.
_WORDING = 2_000
#: Entries of a list.
_CANDIDATES, _CONSENTS = 100, 20


@dataclass(frozen=True, slots=True)
class Wish:
    """A checked action, before it is known which candidates it means; texts are "" where none was given."""

    name: str
    email: str
    postcode: str
    message: str
    subject: str
    candidates: tuple[str, ...]
    consents: tuple[tuple[str, str], ...]
    source: str


def check(action: ActionIn) -> Wish:
    """The action with every rule kept; a problem that names every field that breaks one."""
    supporter = action.supporter
    try:
        return Wish(
            name(supporter.name),
            email(supporter.email),
            normal_postcode(supporter.postcode),
            message(action.message or ""),
            subject(action.subject or ""),
            candidate_ids(action.candidates),
            consents(action.consents or ()),
            source(action.source or ""),
        )
    except InputError:
        raise invalid(list(_flaws(action))) from None


def _flaws(action: ActionIn) -> Iterator[FieldError]:
    """Every field that breaks its rule."""
    supporter = action.supporter
    kept: list[tuple[str, Callable[[], object]]] = [
        ("supporter.name", lambda: name(supporter.name)),
        ("supporter.email", lambda: email(supporter.email)),
        ("supporter.postcode", lambda: normal_postcode(supporter.postcode)),
        ("message", lambda: message(action.message or "")),
        ("subject", lambda: subject(action.subject or "")),
        ("candidates", lambda: candidate_ids(action.candidates)),
        ("consents", lambda: consents(action.consents or ())),
        ("source", lambda: source(action.source or "")),
    ]
    for field, rule in kept:
        try:
            rule()
        except InputError as error:
            yield FieldError(field, error.what)


def candidate_ids(typed: Sequence[str] | None) -> tuple[str, ...]:
    """Each once; empty only if left out, which means all."""
    if typed is None:
        return ()
    if not 1 <= len(typed) <= _CANDIDATES:
        raise InputError(f"must name 1 to {_CANDIDATES} candidates, or be left out for all")
    if len(set(typed)) < len(typed):
        raise InputError("must name each candidate once")
    return tuple(typed)


def consents(typed: Sequence[ConsentIn]) -> tuple[tuple[str, str], ...]:
    """(purpose, wording), each purpose once."""
    if not typed:
        return ()
    if len(typed) > _CONSENTS:
        raise InputError(f"must have at most {_CONSENTS} entries")
    agreed = {source(consent.purpose): message(consent.wording) for consent in typed}
    if not all(purpose and wording for purpose, wording in agreed.items()) or len(agreed) < len(typed):
        raise InputError("must each have a purpose of its own and the wording that was agreed to")
    if any(len(wording) > _WORDING for wording in agreed.values()):
        raise InputError(f"must have wordings of at most {_WORDING:,} characters")
    return tuple(agreed.items())
