"""Who signed: one signature for each candidate and campaign, by whatever way and however often it arrives."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

import msgspec

from workers.campaign.model import Candidate
from workers.campaign.signature import Signature, Undoing
from workers.campaign.signature_check import Replay
from workers.campaign.signature_log import CORRECTED, SIGNED, WITHDRAWN, Change, Head, seal
from workers.errors import NotFoundError, UnavailableError
from workers.store import keys
from workers.store.scripts import Argument, Client, Scripts, reachable

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Signature).decode
_decode_candidate = msgspec.json.Decoder(Candidate).decode

#: What a script returns when the log has grown since the entry was sealed.
_BEHIND = -1
#: Times an entry is sealed again: each time somebody else's was appended in between.
_ATTEMPTS = 10_000
#: Entries of the log read in one round trip.
_CHUNK = 1000
_DAY_S = 86_400
#: ms until a signature that was not followed by all that it should lead to is announced again.
_NUDGE_MS = 60_000


class _Now(NamedTuple):
    """What an entry is sealed on: the log's end, the candidate, and the candidate's signature as it is kept."""

    head: Head
    candidate: Candidate
    kept: bytes | None


class Signatures:
    """The signatures of all campaigns."""

    def __init__(self, client: Client, scripts: Scripts) -> None:
        self._client = client
        self._scripts = scripts

    def record(self, campaign: str, signature: Signature, webhook: str = "") -> bool:
        """Whether this made a new signatory; ``webhook`` is the sender's id for it, seen once."""
        kept = replace(signature, day=signature.day or signature.at // _DAY_S)
        change = Change(SIGNED, kept.at, kept.source, kept.evidence, by_hand=bool(kept.by))
        said: list[Argument] = [campaign, kept.candidate, kept.at, webhook, _encode(kept)]

        def arguments(now: _Now) -> list[Argument]:
            return [*said, *_entry(campaign, now, change), kept.by, int(time.time() * 1000) + _NUDGE_MS]

        return self._append("record_signature", campaign, kept.candidate, arguments)

    def withdraw(
        self, campaign: str, candidate: str, at: int, webhook: str = "", *, undoing: Undoing | None = None
    ) -> bool:
        """Whether this took a signature back; one given after ``at`` (epoch seconds) stays."""
        why = undoing or Undoing(at, "reported by callback", "callback")
        change = Change(WITHDRAWN, at, why.source, reason=why.reason, by_hand=bool(why.by))

        def arguments(now: _Now) -> list[Argument]:
            return [campaign, candidate, at, webhook, *_entry(campaign, now, change), why.by]

        return self._append("withdraw_signature", campaign, candidate, arguments)

    def correct(self, campaign: str, signature: Signature, undoing: Undoing) -> None:
        """Puts ``signature`` in the place of the candidate's own; NotFoundError if there is none."""
        after = replace(signature, day=signature.day or signature.at // _DAY_S)
        change = Change(CORRECTED, after.at, after.source, after.evidence, undoing.reason, by_hand=bool(undoing.by))

        def arguments(now: _Now) -> list[Argument]:
            if now.kept is None:
                raise NotFoundError("this candidate has not signed: there is nothing to correct")
            said: list[Argument] = [campaign, after.candidate, now.kept, _encode(after)]
            return [*said, *_entry(campaign, now, change), undoing.by]

        self._append("correct_signature", campaign, after.candidate, arguments)

    def find(self, campaign: str, candidate: str) -> Signature | None:
        """The candidate's signature, if they have signed."""
        with reachable():
            raw = self._client.hget(keys.signatures(campaign), candidate)
        return _decode(raw) if raw else None

    def among(self, campaign: str, candidates: Sequence[str]) -> set[str]:
        """Which of these candidates have signed."""
        if not candidates:
            return set()
        with reachable():
            found = self._client.hmget(keys.signatures(campaign), candidates)
        return {candidate for candidate, raw in zip(candidates, found, strict=True) if raw}

    def done(self, campaign: str, step: str, candidate: str) -> None:
        """A signature has led to this step, one of those in lua/_signatures.lua."""
        with reachable():
            self._client.zrem(keys.signed(campaign), f"{step}:{candidate}")

    def writers(self, campaign: str, candidate: str, start: int, limit: int) -> tuple[int, list[str]]:
        """(actions looked at, people): who asked them by letter, in ``limit`` actions from the ``start``-th on.

        Letters that are on their way, or unknown, are looked at again: see ``agenda.due_late``.
        """
        args: list[Argument] = [candidate, _encode(candidate), start, limit, int(time.time() * 1000) + _NUDGE_MS]
        named = [keys.actions(campaign), keys.late(campaign)]
        looked, *people = self._scripts.call("find_writers", named, args)
        return looked, [person.decode() for person in people]

    def known(self, campaign: str, candidate: str, actions: Sequence[str]) -> None:
        """What became of these actions' letters to this candidate is known: nobody looks again."""
        if actions:
            with reachable():
                self._client.zrem(keys.late(campaign), *[f"{action}:{candidate}" for action in actions])

    def all(self, campaign: str) -> dict[str, Signature]:
        """Every signature by candidate."""
        with reachable():
            found = self._client.hgetall(keys.signatures(campaign))
        return {candidate.decode(): _decode(raw) for candidate, raw in found.items()}

    def newest(self, campaign: str, candidate: str) -> int:
        """Epoch seconds of the newest time at which this candidate is said to have signed; 0 for never."""
        with reachable():
            return int(self._client.hget(keys.signings(campaign), candidate) or 0)

    def withdrawals(self, campaign: str) -> dict[str, int]:
        """Epoch seconds of the newest withdrawal by candidate, those who signed again later as well."""
        with reachable():
            found = self._client.hgetall(keys.withdrawals(campaign))
        return {candidate.decode(): int(at) for candidate, at in found.items()}

    def log(self, campaign: str) -> Iterator[str]:
        """The public entries, oldest first, each a line of JSON."""
        start = 0
        while True:
            with reachable():
                found = self._client.lrange(keys.signature_log(campaign), start, start + _CHUNK - 1)
            yield from (raw.decode() for raw in found)
            if len(found) < _CHUNK:
                return
            start += _CHUNK

    def entered(self, campaign: str) -> dict[int, str]:
        """Number of a log entry → who made it by hand; for operators only."""
        with reachable():
            found = self._client.hgetall(keys.entered(campaign))
        return {int(number): by.decode() for number, by in found.items()}

    def flaw(self, campaign: str) -> str:
        """What is wrong with the public log, or ""; it must be whole and come to who is kept as signatory."""
        replay = Replay(campaign)
        signed = set(self.all(campaign))
        try:
            for line in self.log(campaign):
                replay.add(line.encode())
        except ValueError as error:
            return f"entry {replay.entries + 1}: {error}"
        if replay.signatories != signed and signed == set(self.all(campaign)):
            return f"the log comes to {len(replay.signatories)} signatories, the ledger keeps {len(signed)}"
        return ""

    def _append(self, script: str, campaign: str, candidate: str, arguments: Callable[[_Now], list[Argument]]) -> bool:
        """Runs a script with an entry sealed on the log's end; again when others have appended meanwhile."""
        for _ in range(_ATTEMPTS):
            done = self._scripts.call(script, _keys(campaign), arguments(self._now(campaign, candidate)))
            if done != _BEHIND:
                return bool(done)
        raise UnavailableError("the signature log changes faster than it can be written: ask again")

    def _now(self, campaign: str, candidate: str) -> _Now:
        with reachable():
            pipeline = self._client.pipeline(transaction=False)
            pipeline.lindex(keys.signature_log(campaign), -1)
            pipeline.hget(keys.candidates(campaign), candidate)
            pipeline.hget(keys.signatures(campaign), candidate)
            last, known, kept = pipeline.execute()
        found = _decode_candidate(known) if known else Candidate(candidate, "", "", "")
        return _Now(_head(last) if last else Head(), found, kept)


def counts(records: Iterable[bytes]) -> Counter[str]:
    """Kept signatures by source and by day, as ``tally:{campaign}:signatories`` names them."""
    found = Counter[str]()
    for signature in map(_decode, records):
        found[f"source:{signature.source}"] += 1
        found[f"day:{signature.day}"] += 1
    return found


def _head(line: bytes) -> Head:
    entry = json.loads(line)
    return Head(entry["number"], entry["hash"])


def _entry(campaign: str, now: _Now, change: Change) -> list[Argument]:
    """The hash that it is sealed on, and the entry."""
    return [now.head.hash, seal(campaign, now.candidate, change, now.head, time.time())]


def _keys(campaign: str) -> list[str]:
    named = keys.signatures(campaign), keys.withdrawals(campaign), keys.webhooks(campaign), keys.tally(campaign)
    logged = keys.signature_log(campaign), keys.entered(campaign)
    return [*named, keys.tally_signatories(campaign), *logged, keys.signed(campaign), keys.signings(campaign)]
