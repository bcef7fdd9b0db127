"""What the provider says back, put into the ledger by precedence, never by arrival."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

import msgspec

from workers.campaign.ids import SUMMARY
from workers.store import keys
from workers.store.scripts import Argument, Client, Scripts, reachable
from workers.store.summaries import Summaries

#: What is told of an address with each letter that went there.
_FOR_EACH = frozenset({"hard"})
#: Reports worked by one call of the script: a few milliseconds of the server's time.
_CHUNK = 250
#: Entries kept aside.
_UNREAD = 1000
#: Bytes of what a receiving server said that are kept: a longer value would take the group out of its compact list.
_SAID = 52


class SoftBounces(NamedTuple):
    """How many soft bounces, within how many seconds and with no delivery since, suppress an address."""

    limit: int = 3
    window_s: int = 7 * 86_400


class Verdict(NamedTuple):
    """One report in the ledger's words, which have no blanks; "-" for none.

    ``days`` are those of ``at`` (epoch seconds), days since 1970, one for each time zone, with commas between.
    ``health`` is what it says of the address (an id): hard, soft, delivered, group-resubscribed, or why to suppress it.
    ``said`` is what a person may want to read of it.
    """

    group: str
    recipient: str
    state: str
    at: int
    days: str
    reason: str = "-"
    health: str = "-"
    address: str = "-"
    said: str = "-"


@dataclass(frozen=True, slots=True)
class Recorded:
    """What came of reports: ``strange`` are those on deliveries that nobody knows; addresses are ids."""

    moved: int = 0
    strange: int = 0
    suppressed: tuple[str, ...] = ()
    restored: tuple[str, ...] = ()

    def __add__(self, other: Recorded) -> Recorded:
        moved, strange = self.moved + other.moved, self.strange + other.strange
        return Recorded(moved, strange, self.suppressed + other.suppressed, self.restored + other.restored)


class Unread(msgspec.Struct, frozen=True):
    """An entry kept aside: the callback and its row from 0, why, and what it held without what tells of people."""

    callback: str
    row: int
    reason: str
    entry: str = ""
    at: int = 0


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Unread).decode


class Reports:
    """Reports of all campaigns."""

    def __init__(self, client: Client, scripts: Scripts, summaries: Summaries) -> None:
        self._client = client
        self._scripts = scripts
        self._summaries = summaries

    def record(self, verdicts: Iterable[Verdict], zones: Mapping[str, int], soft: SoftBounces) -> Recorded:
        """Applies verdicts; again, or in another order, it comes to the same. One on a summary is on each letter in it.

        ``zones`` maps campaigns to the number, from 1, of their day in ``Verdict.days``; the others have the last.
        """
        recorded, source = Recorded(), map(_packed, self._of_letters(list(verdicts)))
        named = [str(word) for pair in zones.items() for word in pair]
        while chunk := list(islice(source, _CHUNK)):
            now = time.time()
            args: list[Argument] = [int(now), int(now * 1000), *soft, len(zones), *named, *chunk]
            recorded += _recorded(self._scripts.call("record_reports", [], args))
        return recorded

    def _of_letters(self, verdicts: Sequence[Verdict]) -> Iterator[Verdict]:
        summaries = dict.fromkeys(verdict.group for verdict in verdicts if verdict.group.startswith(SUMMARY))
        letters = self._summaries.letters(list(summaries)) if summaries else {}
        for verdict in verdicts:
            first, *others = letters.get(verdict.group, [verdict.group])
            yield verdict._replace(group=first)
            # One mail tells once how an address is; but each letter has to know that it is not to go there again.
            once = verdict if verdict.health in _FOR_EACH else verdict._replace(health="-")
            yield from (once._replace(group=group) for group in others)

    def keep_unread(self, entries: Sequence[Unread]) -> None:
        """Puts entries aside, the newest thousand in all; the same again is the same."""
        if not entries:
            return
        now = int(time.time())
        with reachable():
            pipeline = self._client.pipeline(transaction=True)
            pipeline.zadd(keys.UNREAD, {_encode(entry): now for entry in entries[:_UNREAD]}, nx=True)
            pipeline.zremrangebyrank(keys.UNREAD, 0, -_UNREAD - 1)
            pipeline.execute()

    def unread(self, limit: int = _UNREAD) -> list[Unread]:
        """What was kept aside, newest first; ``at`` is when (epoch seconds)."""
        with reachable():
            found = self._client.zrevrange(keys.UNREAD, 0, limit - 1, withscores=True)
        return [msgspec.structs.replace(_decode(raw), at=int(at)) for raw, at in found]


def _packed(verdict: Verdict) -> str:
    group, recipient, state, at, days, reason, health, address, said = verdict
    if len(said) > 1:
        said = said.encode("utf-8", "ignore")[:_SAID].decode("utf-8", "ignore")
    return f"{group} {recipient} {state} {at} {days} {reason} {health} {address} {said}"


def _recorded(found: list[int | bytes]) -> Recorded:
    moved, strange, newly = (int(n) for n in found[:3])
    addresses = tuple(raw.decode() for raw in found[3:] if isinstance(raw, bytes))
    return Recorded(moved, strange, addresses[:newly], addresses[newly:])
