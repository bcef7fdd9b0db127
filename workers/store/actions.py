"""What supporters did: each action remembered once, before anyone is told that it was."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Any, NamedTuple

import msgspec

from workers.campaign.model import Action, Consent, Person
from workers.errors import NotFoundError
from workers.store import keys
from workers.store.scripts import Argument, Call, Client, Scripts, reachable
from workers.store.together import Together

_encode = msgspec.json.Encoder().encode
_decode_action = msgspec.json.Decoder(Action).decode

#: Seconds an Idempotency-Key is remembered.
_REQUEST_TTL_S = 86_400
#: Of an action that was made from no places and candidates in particular.
ANY_EDITION = ("-", "-")
#: Actions read in one round trip.
_CHUNK = 500


class Taken(IntEnum):
    """What became of an action that was handed in."""

    OUTDATED = -2  # made from places or candidates that have changed: nothing was done
    CONFLICT = -1
    KNOWN = 0
    NEW = 1


@dataclass(frozen=True, slots=True)
class Request:
    """A caller's Idempotency-Key: ``id`` derived from caller and key, ``fingerprint`` from the body."""

    id: str = ""
    fingerprint: str = ""


class Answer(NamedTuple):
    """What became of an action: the id that the caller is told, and the states of the letters that are written."""

    taken: Taken
    action: str
    letters: tuple[str, ...] = ()  # in the order of its candidates, "" for one not written; empty if none is


class Asked(NamedTuple):
    """An action as it is handed in: who, what, what they agreed to, and from which editions it was made (any).

    ``call`` is the name of the call on whose page it was taken.
    """

    person: Person
    action: Action
    consents: Sequence[Consent] = ()
    request: Request = Request()
    edition: tuple[str, str] = ANY_EDITION
    call: str = ""
    profile: str = ""  # what the person says of themselves by it, see profile.py


class Actions:
    """The actions of all campaigns."""

    def __init__(self, client: Client, scripts: Scripts, together: Together) -> None:
        self._client = client
        self._scripts = scripts
        self._together = together

    def take(
        self,
        person: Person,
        action: Action,
        consents: Sequence[Consent] = (),
        request: Request = Request(),
        *,
        nudge_at_ms: int,
        edition: tuple[str, str] = ANY_EDITION,
    ) -> Answer:
        """Remembers a person and an action; on disk when it returns."""
        return _answer(self._scripts.call(*_take_call(Asked(person, action, consents, request, edition), nudge_at_ms)))

    async def take_together(self, asked: Asked, *, nudge_at_ms: int) -> Answer:
        """The same inside an event loop, with the actions of others in one write."""
        return _answer(await self._together.script(*_take_call(asked, nudge_at_ms)))

    def get(self, action_id: str) -> Action:
        """The action; NotFoundError if there is none."""
        return self.get_many([action_id])[0]

    def get_many(self, action_ids: list[str]) -> list[Action]:
        """The actions in the order asked; NotFoundError names the first unknown one."""
        if not action_ids:
            return []
        with reachable():
            found = self._client.mget([keys.action(action_id) for action_id in action_ids])
        missing = [action_id for action_id, raw in zip(action_ids, found, strict=True) if raw is None]
        if missing:
            raise NotFoundError(f"there is no action {missing[0]}")
        return [_decode_action(raw) for raw in found]

    def count(self, campaign: str) -> int:
        """How many actions were taken."""
        with reachable():
            return int(self._client.llen(keys.actions(campaign)))

    def throwaway(self, campaign: str) -> int:
        """How many of them give a throw-away address."""
        with reachable():
            return int(self._client.scard(keys.throwaway(campaign)))

    def newest_first(self, campaign: str) -> Iterator[Action]:
        """All actions, read in chunks; those taken meanwhile are left out."""
        end = self.count(campaign) - 1
        while end >= 0:
            start = max(0, end - _CHUNK + 1)
            with reachable():
                found = self._client.lrange(keys.actions(campaign), start, end)
            yield from self.get_many([raw.decode() for raw in reversed(found)])
            end = start - 1

    def of_person(self, campaign: str, person_id: str) -> Iterator[Action]:
        """All that one person did, newest first, their receipts in a book of receipts: every action is looked at."""
        wanted = f'"person":"{person_id}"'.encode()
        end = self.count(campaign) - 1
        while end >= 0:
            start = max(0, end - _CHUNK + 1)
            with reachable():
                ids = self._client.lrange(keys.actions(campaign), start, end)
                found = self._client.mget([keys.action(raw.decode()) for raw in reversed(ids)])
            yield from (_decode_action(raw) for raw in found if raw and wanted in raw)
            end = start - 1

    def forget(self, action: Action) -> int:
        """Forgets its words, and withholds what waits of its person's letters; how many."""
        kept = replace(action, subject="", message="") if "/" not in action.campaign else action
        args: list[Argument] = [action.campaign, action.group, _encode(kept), int(time.time())]
        return int(self._scripts.call("forget_action", [keys.action(action.id)], args))


def _take_call(asked: Asked, nudge_at_ms: int) -> Call:
    person, action, consents, request, edition, call, profile = asked
    campaign = action.campaign
    named = [keys.action(action.id), keys.person(person.id), keys.consents(person.id), keys.actions(campaign)]
    named += [keys.unwritten(campaign), keys.request(request.id), keys.deliveries(action.group), keys.EDITIONS]
    named.append(keys.throwaway(campaign))
    named += [keys.acted(campaign, call)] if call else []
    args: list[Argument] = [action.id, campaign, _encode(action), _encode(person), nudge_at_ms]
    args += [request.fingerprint, _REQUEST_TTL_S, *edition, int(action.throwaway), profile]
    args += [word for consent in consents for word in (consent.purpose, _encode(consent))]
    return "take_action", named, args


def _answer(reply: Sequence[Any]) -> Answer:
    return Answer(Taken(reply[0]), reply[1].decode(), tuple(raw.partition(b" ")[0].decode() for raw in reply[2:]))
