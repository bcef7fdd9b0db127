"""Receipts in the ledger: orders in a campaign's second book, whose recipient is a person and not a candidate.

A receipt is stored as an Action is: ``campaign`` is the book, ``candidates`` the one person, ``subject`` the message's
template and ``source`` the id of what it is about. So it is claimed, settled, reported on and recounted as letters are.
"""

from __future__ import annotations

import time

import msgspec

from workers.campaign.ids import Ids
from workers.campaign.model import Action, Person
from workers.store import keys
from workers.store.scripts import Argument, Client, Scripts, reachable

_encode = msgspec.json.Encoder().encode

#: ms until a receipt that was announced is announced again.
_NUDGE_MS = 60_000


class Receipts:
    """The receipts of all campaigns."""

    def __init__(self, client: Client, scripts: Scripts, ids: Ids) -> None:
        self._client = client
        self._scripts = scripts
        self._ids = ids

    @staticmethod
    def book(campaign: str) -> str:
        """The book in which a campaign's receipts are kept and counted."""
        return keys.receipts_book(campaign)

    def queue(self, campaign: str, person: Person, template: str, about: str) -> str:
        """The id of the one receipt from this template to this person about this; queued once, however often asked."""
        book, now = self.book(campaign), time.time()
        receipt_id = self._ids.action(book, person.id, [template, about])
        group = self._ids.group(campaign, "receipt", f"{template} {about}", person.id)
        order = Action(receipt_id, book, person.id, group, (person.id,), int(now), subject=template, source=about)
        named = [keys.action(receipt_id), keys.actions(book), keys.agenda(book), keys.reach(book)]
        address = self._ids.address(person.email)
        args: list[Argument] = [
            book,
            receipt_id,
            _encode(order),
            group,
            person.id,
            address,
            int(now),
            int(now * 1000) + _NUDGE_MS,
        ]
        self._scripts.call("queue_receipt", named, args)
        return receipt_id

    def told(self, campaign: str, action_id: str) -> None:
        """Nobody has to be told of this action's letters any more."""
        with reachable():
            self._client.zrem(keys.undelivered(campaign), action_id)
