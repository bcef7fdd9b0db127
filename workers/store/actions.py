"""What supporters did: each action remembered once, before anyone is told that it was."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum

import msgspec

from workers.campaign.model import Action, Consent, Person
from workers.errors import NotFoundError
from workers.store import keys
from workers.store.scripts import Client, Scripts, reachable

_encode = msgspec.json.Encoder().encode
_decode_action = msgspec.json.Decoder(Action).decode

#: Seconds an Idempotency-Key is remembered.
_REQUEST_TTL_S = 86_400
#: Actions read in one round trip.
_CHUNK = 500


class Taken(IntEnum):
    """What became of an action that was handed in."""

    CONFLICT = -1
    KNOWN = 0
    NEW = 1


@dataclass(frozen=True, slots=True)
class Request:
    """A caller's Idempotency-Key: ``id`` derived from caller and key, ``fingerprint`` from the body."""

    id: str = ""
    fingerprint: str = ""


class Actions:
    """The actions of all campaigns."""

    def __init__(self, client: Client, scripts: Scripts) -> None:
        self._client = client
        self._scripts = scripts

    def take(
        self,
        person: Person,
        action: Action,
        consents: Iterable[Consent] = (),
        request: Request = Request(),
        *,
        nudge_at_ms: int,
    ) -> tuple[Taken, str]:
        """Remembers a person and an action; on disk when it returns, with the id that the caller is answered with."""
        named = [keys.action(action.id), keys.person(person.id), keys.consents(person.id)]
        named += [keys.actions(action.campaign), keys.unwritten(action.campaign), keys.request(request.id)]
        agreed = [word for consent in consents for word in (consent.purpose, _encode(consent))]
        args = [action.id, _encode(action), _encode(person), nudge_at_ms, request.fingerprint, _REQUEST_TTL_S, *agreed]
        taken, known = self._scripts.call("take_action", named, args)
        return Taken(taken), known.decode()

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

    def newest_first(self, campaign: str) -> Iterator[Action]:
        """All actions, read in chunks; those taken meanwhile are left out."""
        end = self.count(campaign) - 1
        while end >= 0:
            start = max(0, end - _CHUNK + 1)
            with reachable():
                found = self._client.lrange(keys.actions(campaign), start, end)
            yield from self.get_many([raw.decode() for raw in reversed(found)])
            end = start - 1
