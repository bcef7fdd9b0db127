"""The only place that knows someone's name, address and postcode."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import NamedTuple

import msgspec

from workers.campaign.addresses import mailbox
from workers.campaign.model import Consent, Person
from workers.campaign.profile import BUCKETS, Profile, bucket, parse_profile
from workers.errors import NotFoundError
from workers.store import keys
from workers.store.scripts import Argument, Client, Scripts, reachable

_encode = msgspec.json.Encoder().encode
_decode_person = msgspec.json.Decoder(Person).decode
_decode_consent = msgspec.json.Decoder(Consent).decode

#: Buckets read in one round trip at first, and at most; then as many as give about so many people.
_BUCKETS, _MOST_BUCKETS, _ROWS = 64, 4096, 1000
#: Keys looked through in one round trip.
_SCANNED = 1000


class Known(NamedTuple):
    """A person as a list or they themselves tell of them, packed as the ledger keeps it."""

    id: str
    person: bytes  # JSON, without consents
    profile: str
    consents: tuple[tuple[str, bytes], ...] = ()  # (purpose, JSON)


class People:
    """Persons by id."""

    def __init__(self, client: Client, scripts: Scripts) -> None:
        self._client = client
        self._scripts = scripts

    def get(self, person_id: str) -> Person:
        """The person; NotFoundError if there is none, or no more."""
        found = self.find(person_id)
        if found is None:
            raise NotFoundError(f"there is no person {person_id}")
        return found

    def find(self, person_id: str) -> Person | None:
        """The person, or None."""
        with reachable():
            raw = self._client.get(keys.person(person_id))
            consents = self._client.hvals(keys.consents(person_id))
        return _with_consents(_decode_person(raw), consents) if raw else None

    def some(self, person_ids: Sequence[str]) -> list[Person | None]:
        """Many in the order asked, without their consents; None for who is not known any more."""
        if not person_ids:
            return []
        with reachable():
            found = self._client.mget([keys.person(one) for one in person_ids])
        return [_decode_person(raw) if raw else None for raw in found]

    def at(self, address: str) -> list[Person]:
        """Everybody at a mailbox, however its address is written, and who has not confirmed yet; all are looked at."""
        found, box = {}, mailbox(address)
        with reachable():
            for chunk in _chunks(self._client.scan_iter(match=keys.person("*"), count=_SCANNED)):
                for raw in filter(None, self._client.mget(chunk)):
                    person = _decode_person(raw)
                    if mailbox(person.email) == box:
                        found[person.id] = person
        return list(found.values())

    def erase(self, person_id: str, address: str, books: Iterable[str], at: int, by: str) -> bool:
        """Forgets a person but for the id of their address ("" if that is not known); whether they were known."""
        named = [keys.person(person_id), keys.consents(person_id), keys.PREFERENCES, keys.ERASED]
        return bool(self._scripts.call("erase_person", named, [person_id, at, address, by, *books]))

    def put(self, known: Iterable[Known], *, write: bool = True) -> str:
        """Adds what is known of people, at most a few hundred; a letter for each: see put_people.lua.

        Without ``write`` it only says what would become of each.
        """
        args: list[Argument] = [int(write)]
        for one in known:
            args += (one.id, one.person, one.profile, len(one.consents))
            for consent in one.consents:
                args += consent
        return str(self._scripts.call("put_people", [], args).decode())

    def place(self, seats: Mapping[str, str]) -> int:
        """Writes in which constituencies (as a profile has them) a few hundred people are; for how many it is news."""
        args = [word for pair in seats.items() for word in pair]
        return int(self._scripts.call("place_people", [], args)) if args else 0

    def profile(self, person_id: str) -> Profile | None:
        """What mailings ask of a person; None for who gets none."""
        with reachable():
            row = self._client.hget(keys.profiles(bucket(person_id)), person_id)
        return parse_profile(row.decode()) if row else None

    def wishes(self, person_id: str) -> str:
        """What they do not want, as they said it: see ``preferences`` in the keys; "" if nothing."""
        with reachable():
            return (self._client.hget(keys.PREFERENCES, person_id) or b"").decode()

    def profiles(self, first: int = 0, end: int = BUCKETS) -> Iterator[tuple[str, Profile]]:
        """(person, profile) of everybody in these buckets, by number, in their order.

        What is read at once is bounded; who comes meanwhile may be there or not.
        """
        for person, row in self._rows(first, end):
            yield person.decode(), parse_profile(row.decode())

    def count(self) -> int:
        """How many people have a profile."""
        return sum(1 for _ in self._rows(0, BUCKETS))

    def _rows(self, first: int, end: int) -> Iterator[tuple[bytes, bytes]]:
        span = _BUCKETS
        while first < end:
            found = self._scripts.call("read_profiles", [], [first, min(first + span, end)])
            yield from zip(found[::2], found[1::2], strict=True)
            first += span
            if len(found) > 4 * _ROWS:
                span = max(1, span // 2)
            elif len(found) < _ROWS:
                span = min(span * 2, _MOST_BUCKETS)


def known_as(person: Person, profile: Profile, consents: Iterable[Consent] = ()) -> Known:
    """What is known of a person, packed."""
    packed = tuple((consent.purpose, _encode(consent)) for consent in consents)
    return Known(person.id, _encode(person), profile.pack(), packed)


def _chunks(found: Iterable[bytes]) -> Iterator[list[bytes]]:
    source = iter(found)
    while chunk := list(islice(source, _SCANNED)):
        yield chunk


def _with_consents(person: Person, consents: list[bytes]) -> Person:
    agreed = tuple(_decode_consent(raw) for raw in consents)
    return Person(person.id, person.name, person.email, person.postcode, agreed)
