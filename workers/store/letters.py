"""The ledger of letters: written, claimed, settled, each transition one script."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from workers.campaign.ids import delivery_id, split_delivery_id
from workers.campaign.model import Action
from workers.campaign.states import State
from workers.errors import NotFoundError
from workers.store import keys
from workers.store.actions import Actions
from workers.store.claims import (
    APART,
    NOBODY,
    Claim,
    Gathering,
    Refusal,
    Sender,
    Settled,
    Settlement,
    Terms,
    claim_call,
    read_claims,
    settle_call,
    unclaim_call,
)
from workers.store.scripts import Argument, Client, Scripts, reachable

__all__ = ["Claim", "Letter", "Letters", "Refusal", "Sender", "Settled", "Settlement"]


@dataclass(frozen=True, slots=True)
class Letter:
    """One letter in the ledger; ``at`` is epoch seconds of its last move, ``message_id`` the provider's or ""."""

    id: str
    campaign: str
    action: str
    candidate: str
    state: State
    at: int
    message_id: str = ""
    reason: str = ""
    day: str = ""  # days since 1970 on which it was counted as a contact
    said: str = ""  # the newest that a receiving server said of it, after the epoch second in which it did
    summary: str = ""  # the summary that carries it, and its place in it from 1


class Letters:
    """The letters of all campaigns."""

    def __init__(self, client: Client, scripts: Scripts, actions: Actions) -> None:
        self._client = client
        self._scripts = scripts
        self._actions = actions

    def write(
        self,
        campaign: str,
        action_ids: Sequence[str],
        nudge_ms: int,
        gathering: Gathering = APART,
        *,
        thanks: bool = False,
    ) -> dict[str, int]:
        """Writes what these actions still lack; the actions that have letters to send, with how many are new.

        With ``thanks``, a letter to a candidate who had signed when the supporter acted is one of thanks.
        """
        named = [keys.unwritten(campaign), keys.agenda(campaign), keys.reach(campaign)]
        args: list[Argument] = [campaign, *_now(), nudge_ms, int(thanks), *gathering, *action_ids]
        found = self._scripts.call("write_letters", named, args)
        return {found[i].decode(): found[i + 1] for i in range(0, len(found), 2)}

    def claim(
        self,
        campaign: str,
        action_id: str,
        deadline: float,
        sender: Sender = NOBODY,
        terms: Gathering | Terms = APART,
    ) -> Claim | Refusal:
        """Takes an action's queued letters for posting until ``deadline`` (epoch seconds)."""
        found = self.settle_and_claim([], campaign, [action_id], deadline, sender, terms)
        return found if isinstance(found, Refusal) else next(iter(found), Refusal("nothing"))

    def settle(self, *settlements: Settlement) -> list[bool]:
        """Ends claims of one book; which letters moved. Repeating it changes nothing."""
        return [bool(moved) for moved in self._scripts.call(*settle_call(settlements))]

    def unclaim(self, book: str, order: str, deadline: float) -> int:
        """Gives back a claim of which surely nothing left; how many letters wait again. Again changes nothing."""
        return int(self._scripts.call(*unclaim_call(book, order, deadline)))

    def settle_and_claim(
        self,
        settlements: Sequence[Settlement],
        book: str,
        orders: Sequence[str],
        deadline: float,
        sender: Sender = NOBODY,
        terms: Gathering | Terms = APART,
    ) -> list[Claim] | Refusal:
        """Ends claims and begins the next of the same book in one round trip: what can be taken of ``orders``."""
        calls = [settle_call(settlements)] if settlements else []
        calls.append(claim_call(book, orders, deadline, sender, terms))
        return read_claims(self._scripts.call_all(*calls)[-1], deadline)

    def expire_claims(self, limit: int = 100) -> list[tuple[str, str, int]]:
        """(action, campaign, letters) whose sender fell silent: those letters are unknown now."""
        found = self._scripts.call("expire_claims", [keys.CLAIMS], [_now()[0], limit])
        return [(found[i].decode(), found[i + 1].decode(), found[i + 2]) for i in range(0, len(found), 3)]

    def claims_in_flight(self) -> int:
        """Actions whose letters are being posted just now."""
        with reachable():
            return int(self._client.zcard(keys.CLAIMS))

    def claims(self) -> set[tuple[str, float]]:
        """(order, deadline) of each claim that has not ended: one that is taken later is another one."""
        with reachable():
            found = self._client.zrange(keys.CLAIMS, 0, -1, withscores=True)
        return {(raw.decode(), deadline) for raw, deadline in found}

    def in_doubt(self, books: Iterable[str]) -> set[str]:
        """The groups of these books of which a letter may have left and nobody knows."""
        found: set[str] = set()
        for book in books:
            with reachable():
                found |= {raw.decode().partition("-")[0] for raw in self._client.zrange(keys.unknown(book), 0, -1)}
        return found

    def release(self, campaign: str, candidate: str) -> int:
        """Held letters to a candidate who has an address now are queued, due at once; how many."""
        return self._move_waiting(campaign, candidate, State.QUEUED, "-")

    def withhold(self, campaign: str, candidate: str, reason: str) -> int:
        """Every letter that waits for this candidate is withheld; how many."""
        return self._move_waiting(campaign, candidate, State.WITHHELD, reason)

    def _move_waiting(self, campaign: str, candidate: str, state: State, reason: str) -> int:
        moved, cursor = 0, 0
        while True:
            with reachable():
                cursor, ids = self._client.sscan(keys.waiting(campaign, candidate), cursor, count=500)
            if ids:
                args = [campaign, candidate, state, reason, *_now(), *ids]
                moved += self._scripts.call("move_waiting", [keys.agenda(campaign)], args)
            if cursor == 0:
                return moved

    def get(self, letter_id: str) -> Letter:
        """The letter; NotFoundError if there is none."""
        try:
            group, candidate = split_delivery_id(letter_id)
        except ValueError:
            raise NotFoundError(f"{letter_id!r} is not the id of a letter") from None
        with reachable():
            fields = self._client.hgetall(keys.deliveries(group))
        packed = fields.get(candidate.encode())
        if packed is None:
            raise NotFoundError(f"there is no letter {letter_id}")
        return _letter(group, candidate, packed, fields)

    def of_actions(self, actions: Sequence[Action]) -> Iterator[tuple[Action, list[Letter]]]:
        """Each action with the letters to its candidates, whichever action they were written for."""
        with reachable():
            pipeline = self._client.pipeline(transaction=False)
            for action in actions:
                pipeline.hgetall(keys.deliveries(action.group))
            replies = pipeline.execute()
        for action, fields in zip(actions, replies, strict=True):
            yield action, list(_letters(action, fields))

    def of_action(self, action: Action) -> list[Letter]:
        """The letters to this action's candidates; those not written yet are left out."""
        return next(self.of_actions([action]))[1]

    def of_group(self, group: str) -> list[Letter]:
        """Everything that one sender has in one mailing; empty if there is nothing."""
        with reachable():
            fields = self._client.hgetall(keys.deliveries(group))
        named = (name.decode() for name in fields if name != b"mailing" and b":" not in name)
        return [_letter(group, recipient, fields[recipient.encode()], fields) for recipient in named]

    def exist(self, groups: Sequence[str]) -> list[bool]:
        """Of each of these groups, at most a few thousand, whether anything was written."""
        return [one == b"1"[0] for one in self._scripts.call("find_groups", [], groups)] if groups else []

    def newest_first(self, campaign: str) -> Iterator[Letter]:
        """Every letter of a campaign once, newest action first."""
        for actions in _chunks(self._actions.newest_first(campaign), 200):
            for action, letters in self.of_actions(actions):
                yield from (letter for letter in letters if letter.action == action.id)

    def unknown(self, campaign: str) -> list[Letter]:
        """The letters that may have left, longest first."""
        with reachable():
            found = self._client.zrange(keys.unknown(campaign), 0, -1)
        return [self.get(raw.decode()) for raw in found]

    def waiting_for(self, campaign: str, candidate: str) -> int:
        """How many actions wait with a letter to this candidate."""
        with reachable():
            return int(self._client.scard(keys.waiting(campaign, candidate)))


def _now() -> tuple[int, int]:
    now = time.time()
    return int(now), int(now * 1000)


def _letters(action: Action, fields: dict[bytes, bytes]) -> Iterator[Letter]:
    for candidate in action.candidates:
        packed = fields.get(candidate.encode())
        if packed is not None:
            yield _letter(action.group, candidate, packed, fields)


def _letter(group: str, candidate: str, packed: bytes, fields: dict[bytes, bytes]) -> Letter:
    state, at, day, action, call, reason = packed.decode().split(" ", 5)
    message_id = fields.get(f"call:{call}".encode(), b"").decode()
    campaign = fields[b"mailing"].decode().partition(":")[2]
    reason, day = (("" if word == "-" else word) for word in (reason, day))
    reason = "" if state == State.SENDING else reason  # which claim has it
    letter_id = delivery_id(group, candidate)
    said = fields.get(f"said:{candidate}".encode(), b"").decode()
    summary = fields.get(f"in:{candidate}".encode(), b"").decode()
    return Letter(letter_id, campaign, action, candidate, State(state), int(at), message_id, reason, day, said, summary)


def _chunks(actions: Iterable[Action], size: int) -> Iterator[list[Action]]:
    chunk: list[Action] = []
    for action in actions:
        chunk.append(action)
        if len(chunk) == size:
            yield chunk
            chunk = []
    if chunk:
        yield chunk
