"""What people chose to get, and when and how they took back what they had agreed to."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from workers.campaign.choices import WORDINGS, Change, Choices, refusal
from workers.campaign.ids import Ids
from workers.campaign.model import UPDATES, Consent, Person
from workers.campaign.profile import DOMAIN, Profile, bucket, mailed_for, parse_profile
from workers.store import keys
from workers.store.scripts import Argument, Client, Scripts, reachable

_encode = msgspec.json.Encoder().encode


class Said(NamedTuple):
    """When somebody said it (epoch seconds) and where; ``book`` is the mailing whose link they used to leave."""

    at: int
    via: str
    book: str = ""


class Preferences:
    """By person; what is said here counts for every copy that is not handed over yet."""

    def __init__(self, client: Client, scripts: Scripts, ids: Ids) -> None:
        self._client, self._scripts, self._ids = client, scripts, ids

    def of(self, person: str) -> Choices:
        """Nobody's are those of who agreed to nothing."""
        with reachable():
            pipeline = self._client.pipeline(transaction=False)
            pipeline.hget(keys.profiles(bucket(person)), person)
            pipeline.hget(keys.PREFERENCES, person)
            pipeline.hexists(keys.consents(person), UPDATES)
            row, words, updates = pipeline.execute()
        agreed = set(parse_profile(row.decode()).purposes) if row else set()
        restricted = set(words.decode().split(",")) if words else set()
        if updates:  # whoever wrote again and ticked it, wants it
            agreed, restricted = agreed | {UPDATES}, restricted - {refusal(UPDATES)}
        return Choices(frozenset(agreed), frozenset(restricted))

    def change(self, person: Person, change: Change, said: Said) -> bool:
        """On disk when it returns, all of it or nothing; False if the person is gone meanwhile."""
        names = [keys.person(person.id), keys.consents(person.id), keys.PREFERENCES, keys.profiles(bucket(person.id))]
        names += [keys.left(said.book)] if said.book else []
        words = [_packed(some) for some in (change.begin, change.cease, change.back)]
        args: list[Argument] = [person.id, said.at, said.via, *words, self._profile(person, change).pack()]
        for purpose in change.agreed:
            args += (purpose, _encode(Consent(purpose, WORDINGS[purpose], said.at, said.via)))
        return bool(self._scripts.call("choose_mailings", names, args))

    def left(self, book: str) -> int:
        """How many left by a link of this mailing."""
        with reachable():
            return int(self._client.scard(keys.left(book)))

    def _profile(self, person: Person, change: Change) -> Profile:
        address, domain = self._ids.address(person.email), self._ids.domain(person.email)[:DOMAIN]
        return Profile(address, domain, purposes=mailed_for(change.agreed))


def _packed(words: frozenset[str] | tuple[str, ...]) -> str:
    return ",".join(sorted(words)) or "-"
