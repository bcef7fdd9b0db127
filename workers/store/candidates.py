"""Who is written to: the candidates of each campaign, how they are reached, and who stands where."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

import msgspec

from workers.campaign.ids import Ids
from workers.campaign.model import Candidate
from workers.errors import NotFoundError
from workers.store import keys
from workers.store.editions import new_edition
from workers.store.scripts import Call, Client, Scripts, reachable

_decode = msgspec.json.Decoder(Candidate).decode
_encode = msgspec.json.Encoder().encode

#: Candidates written by one script: about 5 ms during which nothing else runs on the server.
_CHUNK = 500


class Candidates:
    """Candidates by campaign and id."""

    def __init__(self, client: Client, scripts: Scripts, ids: Ids) -> None:
        self._client = client
        self._scripts = scripts
        self._ids = ids

    def all(self, campaign: str) -> dict[str, Candidate]:
        """Every candidate by id, withdrawn ones as well; empty for a campaign without."""
        with reachable():
            found = self._client.hgetall(keys.candidates(campaign))
        return {key.decode(): _decode(raw) for key, raw in found.items()}

    def get(self, campaign: str, candidate_id: str) -> Candidate:
        """The candidate; NotFoundError if this campaign has none of that id."""
        with reachable():
            raw = self._client.hget(keys.candidates(campaign), candidate_id)
        if raw is None:
            raise NotFoundError(f"the campaign {campaign} has no candidate of that id")
        return _decode(raw)

    def some(self, campaign: str, ids: Sequence[str]) -> list[Candidate]:
        """Those of ``ids`` that the campaign has, in that order."""
        with reachable():
            found = self._client.hmget(keys.candidates(campaign), ids) if ids else []
        return [_decode(raw) for raw in found if raw is not None]

    def of(self, campaign: str, gss: str) -> list[Candidate]:
        """Who stands in a constituency, in the order of the ballot; empty when nobody does."""
        return self.ballot(self._scripts.call(*self.ballot_call(campaign, gss)))

    def ballot_call(self, campaign: str, gss: str) -> Call:
        """The call that ``ballot`` reads."""
        return "find_ballot", [keys.seats(campaign), keys.candidates(campaign)], [gss]

    def ballot(self, reply: Sequence[Any]) -> list[Candidate]:
        """Who stands, in the order of the ballot."""
        found = [_decode(raw) for raw in reply if raw is not None]
        return [candidate for candidate in found if candidate.is_standing]

    def count(self, campaign: str) -> int:
        """How many candidates the campaign has, withdrawn ones as well."""
        with reachable():
            return int(self._client.hlen(keys.candidates(campaign)))

    def apply(self, campaign: str, put: Iterable[Candidate]) -> None:
        """Writes candidates, a few hundred at a time, each with reach and ballot in step; again changes nothing.

        Letters that wait for them are not moved: ``workers.candidates`` does that afterwards.
        """
        named = [keys.candidates(campaign), keys.reach(campaign), keys.seats(campaign), keys.domains(campaign)]
        named.append(keys.EDITIONS)
        source = iter(put)
        while chunk := list(islice(source, _CHUNK)):
            args = [arg for candidate in chunk for arg in self._arguments(candidate)]
            self._scripts.call("put_candidates", named, [campaign, new_edition(), *args])

    def domain(self, campaign: str, candidate_id: str) -> str:
        """The id of the domain of a candidate's address; "" where none is known."""
        with reachable():
            return (self._client.hget(keys.domains(campaign), candidate_id) or b"").decode()

    def at_domain(self, campaign: str, domain: str) -> list[str]:
        """Ids of the candidates whose address is at a domain (id)."""
        with reachable():
            found = self._client.hgetall(keys.domains(campaign))
        return [who.decode() for who, where in found.items() if where.decode() == domain and who[:1] != b"@"]

    def awaited(self, campaign: str, candidates: Iterable[Candidate]) -> list[Candidate]:
        """Those of ``candidates`` for whom letters wait, held or queued."""
        asked = list(candidates)
        with reachable():
            pipeline = self._client.pipeline(transaction=False)
            for candidate in asked:
                pipeline.exists(keys.waiting(campaign, candidate.id))
            found = pipeline.execute()
        return [candidate for candidate, waits in zip(asked, found, strict=True) if waits]

    def _arguments(self, candidate: Candidate) -> Iterator[str | bytes]:
        yield candidate.id
        yield _encode(candidate)
        if not candidate.is_standing:
            yield from ("-", "", "")
            return
        addresses = filter(None, (candidate.email, candidate.second_email))
        yield " ".join(map(self._ids.address, addresses))
        yield candidate.constituency
        yield self._ids.domain(candidate.email) if candidate.email else ""
