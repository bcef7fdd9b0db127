"""A person is erased: who they are and what they said is gone; ids stay, so that the books balance."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from workers.campaign.intents import Intent
from workers.campaign.model import Action, Person
from workers.errors import NotFoundError
from workers.store import Store


@dataclass(frozen=True, slots=True)
class Erased:
    """What erasing one person came to."""

    known: bool
    actions: int
    withheld: int


def find(store: Store, given: str) -> list[Person]:
    """Who has this id or address; NotFoundError if nobody has. Of an address all who share its mailbox are found."""
    if "@" not in given:
        return [store.people.get(given)]
    if people := store.people.at(given):
        return [one if _is_intent(one.id) else store.people.get(one.id) for one in people]
    raise NotFoundError("nobody with this address is known")


def erase(store: Store, campaigns: Iterable[str], person: Person, by: str) -> Erased:
    """Erases one person. Cut off anywhere, the same again completes it; again later it changes nothing."""
    books = [book for campaign in campaigns for book in (campaign, store.receipts.book(campaign))]
    intent = store.intents.find(person.id) if _is_intent(person.id) else None
    if isinstance(intent, Intent):
        store.intents.drop(intent)
    actions = list(_actions(store, books, person.id))
    withheld = sum(map(store.actions.forget, actions))
    address = store.ids.address(person.email) if person.email else ""
    known = store.people.erase(person.id, address, books, int(time.time()), by)
    # Once more, for letters that were written meanwhile of an action taken before.
    withheld += sum(map(store.actions.forget, actions))
    return Erased(known or isinstance(intent, Intent), len(actions), withheld)


def _actions(store: Store, books: Iterable[str], person_id: str) -> Iterator[Action]:
    for book in books:
        yield from store.actions.of_person(book, person_id)


def _is_intent(person_id: str) -> bool:
    """Who has not confirmed yet is known by the id of what they are to confirm."""
    return not person_id.startswith("p")
