"""The only place that knows someone's name, address and postcode."""

from __future__ import annotations

import msgspec

from workers.campaign.model import Consent, Person
from workers.errors import NotFoundError
from workers.store import keys
from workers.store.scripts import Client, reachable

_decode_person = msgspec.json.Decoder(Person).decode
_decode_consent = msgspec.json.Decoder(Consent).decode


class People:
    """Persons by id."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def get(self, person_id: str) -> Person:
        """The person; NotFoundError if there is none, or no more."""
        with reachable():
            raw = self._client.get(keys.person(person_id))
            consents = self._client.hvals(keys.consents(person_id))
        if raw is None:
            raise NotFoundError(f"there is no person {person_id}")
        return _with_consents(_decode_person(raw), consents)


def _with_consents(person: Person, consents: list[bytes]) -> Person:
    agreed = tuple(_decode_consent(raw) for raw in consents)
    return Person(person.id, person.name, person.email, person.postcode, agreed)
