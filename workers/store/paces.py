"""The pace that campaigns go at, as every process sees it: which hours have how much, and who set it."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import msgspec

from workers.campaign.pace import Pace
from workers.campaign.states import State
from workers.campaign.timetable import Timetable
from workers.store import keys
from workers.store.actions import Actions
from workers.store.letters import Letters
from workers.store.scripts import Argument, Client, Scripts, reachable

#: Actions timed anew by one call of the script: a few milliseconds of the server's time.
_CHUNK = 100
#: Actions looked at by one call of the script that only looks.
_LOOK = 300
#: Letters to one candidate that are asked why they are held.
_SAMPLE = 8


@dataclass(frozen=True, slots=True)
class Standing:
    """What the ledger knows of a campaign's pace. Without a table letters leave as fast as they can.

    ``override`` is what an operator set in place of the campaign file. ``is_timing``: letters that wait do not have
    their new times yet, and none leaves until they do.
    """

    version: int = 0
    table: Timetable | None = None
    override: Pace | None = None
    is_timing: bool = False


@dataclass(frozen=True, slots=True)
class Timed:
    """How far a campaign's waiting letters have been timed anew, and what this step came to."""

    done: int
    actions: int
    letters: int
    without_time: int


class Paces:
    """The paces of all campaigns."""

    def __init__(self, client: Client, scripts: Scripts) -> None:
        self._client = client
        self._scripts = scripts

    def find(self, campaign: str) -> Standing:
        """What stands for a campaign now."""
        with reachable():
            found = self._client.hgetall(keys.pace(campaign))
        return _standing({field.decode(): value for field, value in found.items()})

    def put(self, campaign: str, table: Timetable | None, override: Pace | None, *, seen: int) -> bool:
        """Sets the pace for all processes at once; what waits is to be timed anew (``retime``) before any of it leaves.

        False if somebody changed it since version ``seen``: look again.
        """
        named = [keys.pace(campaign), keys.slots(campaign), keys.actions(campaign)]
        packed = msgspec.json.encode(override) if override else b""
        args: list[Argument] = [seen, table.packed() if table else "", packed, int(time.time())]
        return bool(self._scripts.call("set_pace", named, args))

    def retime(self, campaign: str) -> Timed | None:
        """Times the next waiting letters anew, oldest action first; None if all have their time. Any number may."""
        now, named = time.time(), [keys.pace(campaign), keys.actions(campaign), keys.agenda(campaign)]
        found = self._scripts.call("retime_letters", named, [campaign, int(now), int(now * 1000), _CHUNK])
        return Timed(*found) if found else None

    def retime_all(self, campaign: str, advance: Callable[[Timed], None] = lambda _: None) -> tuple[int, int]:
        """Times everything that waits; (letters timed, letters for which no time is left), by this call."""
        letters = without = 0
        while step := self.retime(campaign):
            letters, without = letters + step.letters, without + step.without_time
            advance(step)
        return letters, without

    def newest(self, campaign: str) -> dict[str, int]:
        """Candidate → µs of the newest slot that was reserved."""
        with reachable():
            found = self._client.hgetall(keys.slots(campaign))
        return {name.decode(): int(at) for name, at in found.items() if not name.startswith(b"@")}

    def shared_domains(self, campaign: str) -> dict[str, str]:
        """Candidate → id of the domain of their address, where others have theirs there as well."""
        with reachable():
            found = {
                key.decode(): value.decode() for key, value in self._client.hgetall(keys.domains(campaign)).items()
            }
        numbers = {key[1:]: int(value) for key, value in found.items() if key.startswith("@")}
        return {key: value for key, value in found.items() if numbers.get(value, 0) > 1}

    def late(self, campaign: str, within_s: float) -> Counter[str]:
        """Candidate → queued letters whose hour has passed, of the actions that are due within so many seconds.

        Where nothing was held up these are few; after a long pause it takes about a second for 50,000 actions.
        """
        now, start, found = time.time(), 0, Counter[str]()
        until_ms = int((now + within_s) * 1000)
        while True:
            args: list[Argument] = [campaign, int(now), until_ms, start, _LOOK]
            looked, *counts = self._scripts.call("count_late", [keys.agenda(campaign)], args)
            for name, n in zip(counts[::2], counts[1::2], strict=True):
                found[name.decode()] += n
            start += looked
            if looked < _LOOK:
                return found

    def _sampled(self, campaign: str, candidates: Sequence[str]) -> Iterator[tuple[str, list[str]]]:
        """A few of the actions that wait with a letter to each of the candidates."""
        with reachable():
            pipeline = self._client.pipeline(transaction=False)
            for candidate in candidates:
                pipeline.srandmember(keys.waiting(campaign, candidate), _SAMPLE)
            found = pipeline.execute()
        for candidate, ids in zip(candidates, found, strict=True):
            yield candidate, [raw.decode() for raw in ids]

    def held_for(self, campaign: str, candidates: Sequence[str], letters: Letters, actions: Actions) -> dict[str, str]:
        """Candidate → why letters to them are held, as a few of them say."""
        reasons: dict[str, str] = {}
        for candidate, ids in self._sampled(campaign, candidates):
            for _, found in letters.of_actions(actions.get_many(ids)):
                for letter in found:
                    if letter.candidate == candidate and letter.state is State.HELD:
                        reasons[candidate] = letter.reason
        return reasons


def _standing(found: dict[str, bytes]) -> Standing:
    packed = found.get("plan", b"").decode().partition(" ")[2]
    override = found.get("override")
    return Standing(
        int(found.get("version", 0)),
        Timetable.unpacked(packed) if packed else None,
        msgspec.json.decode(override, type=Pace) if override else None,
        "retimed" in found,
    )
