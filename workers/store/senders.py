"""What the ledger knows of its senders, beside what their journals know: how a ledger that went back is noticed."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from workers.campaign.ids import delivery_id
from workers.errors import ConfigError
from workers.journal_files import Entry
from workers.store import keys
from workers.store.scripts import Argument, Call, Client, Scripts, reachable, source

#: Claims looked up in one round trip.
_CHUNK = 200
#: What the ledger says of a letter that it does not have.
ABSENT = "absent"

#: Sender → the number of its newest claim, as its journal has it.
Known = Mapping[str, int]


class Senders:
    """Every process that ever claimed letters, by the name its journal gives it."""

    def __init__(self, client: Client, scripts: Scripts) -> None:
        self._client = client
        self._scripts = scripts

    def compare(self, known: Known) -> dict[str, int]:
        """Senders of whom the ledger knows less, with its number: then it went back, and everything is paused now."""
        return _pairs(self._scripts.call(*_compare_call(known))) if known else {}

    def behind(self, known: Known) -> dict[str, int]:
        """The same, and nothing is changed."""
        if not known:
            return {}
        with reachable():
            found = self._client.hmget(keys.SENDERS, list(known))
        numbers = {sender: int(raw or 0) for sender, raw in zip(known, found, strict=True)}
        return {sender: number for sender, number in numbers.items() if number < known[sender]}

    def says(self, claims: Sequence[Entry]) -> Iterator[tuple[Entry, bool, list[str]]]:
        """Each claim, whether its action is in the ledger, and the state (or "absent") of each of its letters."""
        for start in range(0, len(claims), _CHUNK):
            chunk = claims[start : start + _CHUNK]
            with reachable():
                pipeline = self._client.pipeline(transaction=False)
                for claim in chunk:
                    pipeline.exists(keys.action(claim.action))
                    pipeline.hmget(keys.deliveries(claim.group), claim.candidates)
                replies = pipeline.execute()
            for claim, here, packed in zip(chunk, replies[::2], replies[1::2], strict=True):
                yield claim, bool(here), [raw.decode().partition(" ")[0] if raw else ABSENT for raw in packed]

    def doubt(self, claims: Iterable[Entry]) -> tuple[int, int]:
        """Letters of these claims that wait are unknown from now on, and those that are absent will be; how many."""
        unknown = remembered = 0
        now = int(time.time())
        for claim in claims:
            args: list[Argument] = [claim.campaign, claim.action, claim.group, now, *claim.candidates]
            found = self._scripts.call("doubt_letters", [keys.DOUBTS], args)
            unknown, remembered = unknown + found[0], remembered + found[1]
        return unknown, remembered

    def accept(self, known: Known) -> bool:
        """The ledger takes the journals' numbers for its own; whether that let sending begin again."""
        args: list[Argument] = [word for pair in known.items() for word in pair]
        return bool(self._scripts.call("accept_senders", [keys.SENDERS, keys.PAUSED], args))


def ask_first(known: Callable[[], Known]) -> Callable[[Any], None]:
    """What a new connection begins with: a server that restarted is compared before it is asked for anything else."""

    def begin(connection: Any) -> None:
        connection.on_connect()
        found: Known = {}
        with contextlib.suppress(ConfigError):  # said at the start of those who need it
            found = known()
        if found:
            _, named, args = _compare_call(found)
            connection.send_command("EVAL", source("compare_senders"), len(named), *named, *args)
            connection.read_response()

    return begin


def letters_of(claim: Entry) -> list[str]:
    """The ids of a claim's letters."""
    return [delivery_id(claim.group, candidate) for candidate in claim.candidates]


def _compare_call(known: Known) -> Call:
    args: list[Argument] = [int(time.time())]
    args += [word for pair in known.items() for word in pair]
    return "compare_senders", [keys.SENDERS, keys.PAUSED], args


def _pairs(reply: Sequence[Any]) -> dict[str, int]:
    return {reply[i].decode(): int(reply[i + 1]) for i in range(0, len(reply), 2)}
