"""Receipts in the ledger: orders in a campaign's second book, whose recipient is a person, or a candidate who signed.

A receipt is stored as an Action is: ``campaign`` is the book, ``candidates`` the one recipient, ``subject`` the
template of the message and ``source`` the id of what it is about; ``person`` is "" if the recipient is a candidate. So
it is claimed, settled, reported on and recounted as letters are.
"""

from __future__ import annotations

import time
from dataclasses import replace

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

    def queue(self, campaign: str, person: Person, template: str, about: str, *, signed: str = "") -> str:
        """The id of the one receipt from this template to this person about this; queued once, however often asked.

        ``signed`` is the candidate whose signature it tells of: it leaves only while that stands.
        """
        order = self._order(campaign, person.id, template, about)
        return self._queue(replace(order, person=person.id), self._ids.address(person.email), signed)

    def queue_thanks(self, campaign: str, candidate: str, template: str) -> str:
        """The id of the one receipt from this template to a candidate about their own signature."""
        return self._queue(self._order(campaign, candidate, template, candidate), "", candidate)

    def _order(self, campaign: str, recipient: str, template: str, about: str) -> Action:
        book = self.book(campaign)
        receipt_id = self._ids.action(book, recipient, [template, about])
        group = self._ids.group(campaign, "receipt", f"{template} {about}", recipient)
        return Action(receipt_id, book, "", group, (recipient,), int(time.time()), subject=template, source=about)

    def _queue(self, order: Action, address: str, signed: str) -> str:
        book, receipt_id = order.campaign, order.id
        named = [keys.action(receipt_id), keys.actions(book), keys.agenda(book), keys.reach(book)]
        args: list[Argument] = [
            book,
            receipt_id,
            _encode(order),
            order.group,
            order.candidates[0],
            address,
            order.at,
            order.at * 1000 + _NUDGE_MS,
            signed,
        ]
        self._scripts.call("queue_receipt", named, args)
        return receipt_id

    def told(self, campaign: str, action_id: str) -> None:
        """Nobody has to be told of this action's letters any more."""
        with reachable():
            self._client.zrem(keys.undelivered(campaign), action_id)
