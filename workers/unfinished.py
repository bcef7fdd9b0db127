"""What a sender had claimed when it died, as its journal tells: what it had not begun surely did not leave."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import structlog

from workers.campaign.model import Action, Campaign
from workers.campaign.states import State
from workers.errors import UnavailableError
from workers.journal import Journal
from workers.journal_files import Entry, boot_id, parsed
from workers.store import Store
from workers.store.claims import Settled, Settlement
from workers.store.mailings import campaign_of
from workers.store.tallies import day_number

log = structlog.get_logger()

#: Claims that end at (epoch ms), so many of them follow, and the first, which begins at once, is this one.
_UNTIL = re.compile(rb"until (\d+) (\d+) (\d+)")
#: This claim begins, and the one before was taken by that provider call ("-" if it was not that simple).
_NEXT = re.compile(rb"next (\d+) ([!-~]+)")
#: The newest claims that are looked at: more than all threads of one process have at hand.
_NEWEST = 4096


@dataclass(slots=True)
class Unfinished:
    """A claim that ends at ``until_ms`` (epoch): not begun, or ended by the provider call ``message_id``."""

    entry: Entry
    until_ms: int
    message_id: str = ""

    @property
    def deadline(self) -> float:
        """Epoch seconds; half a millisecond more, so that it comes to the same milliseconds again."""
        return (self.until_ms + 0.5) / 1000


class _Reading:
    """What a journal's lines come to; those that nobody can read are passed over."""

    def __init__(self, boot: bytes) -> None:
        self._boot = boot
        self._claims: dict[int, Unfinished] = {}
        self._begun: set[int] = set()
        self._until_ms = self._awaited = 0
        self._is_believed = False

    def take(self, line: bytes) -> None:
        if entry := self._awaited and parsed(line):
            self._claims[entry.number] = Unfinished(entry, self._until_ms)
            self._awaited -= 1
            if len(self._claims) > _NEWEST:
                del self._claims[next(iter(self._claims))]
        elif found := _NEXT.fullmatch(line):
            self._go_on(int(found[1]), found[2])
        elif (found := _UNTIL.fullmatch(line)) and self._is_believed:
            self._until_ms, self._awaited = int(found[1]), int(found[2])
            self._begun.add(int(found[3]))
        elif line.startswith(b"boot "):
            self._is_believed, self._awaited = line[5:] == self._boot, 0
            if not self._is_believed:
                self._claims, self._begun = {}, set()

    def _go_on(self, number: int, message_id: bytes) -> None:
        self._begun.add(number)
        if message_id != b"-" and number - 1 in self._claims:
            self._claims[number - 1].message_id = message_id.decode()

    @property
    def unfinished(self) -> list[Unfinished]:
        return [one for number, one in self._claims.items() if one.message_id or number not in self._begun]


def unfinished(lines: Iterable[bytes], boot: bytes) -> list[Unfinished]:
    """Of the newest claims that a journal's lines tell of, those that may be ended without harm, wherever they stand.

    Nothing before the machine's newest start, ``boot``: what said that a call begins may be lost by a power cut.
    """
    reading = _Reading(boot)
    for line in lines:
        reading.take(line)
    return reading.unfinished


class Recovery:
    """Ends what the former user of a journal left behind, as soon as the ledger can be reached."""

    def __init__(self, store: Store, campaigns: Mapping[str, Campaign], journal: Journal) -> None:
        self._store, self._campaigns = store, campaigns
        boot = boot_id()
        self._left = unfinished(journal.lines(), boot) if boot else []

    def attempt(self) -> None:
        """Does nothing once it is done; a ledger that is away is asked again the next time."""
        if not self._left:
            return
        try:
            self._recover()
        except UnavailableError:
            return
        self._left = []

    def _recover(self) -> None:
        letters = self._store.letters
        in_flight = {order for order, _ in letters.claims()}
        in_doubt = letters.in_doubt({one.entry.campaign for one in self._left})
        given_back = accepted = 0
        for one in self._left:
            if one.entry.action not in in_flight and one.entry.group not in in_doubt:
                continue
            campaign = self._campaigns.get(campaign_of(one.entry.campaign))
            if not one.message_id:
                given_back += letters.unclaim(one.entry.campaign, one.entry.action, one.deadline)
            elif campaign:  # without its file nobody knows the day on which a contact counts: a report settles it
                accepted += sum(letters.settle(_accepted(one, campaign)))
        if given_back or accepted:
            log.warning("claims.recovered", given_back=given_back, accepted=accepted)


def _accepted(one: Unfinished, campaign: Campaign) -> Settlement:
    entry = one.entry
    action = Action(entry.action, entry.campaign, "", entry.group, entry.candidates, entry.at)
    letters = [Settled(candidate, State.ACCEPTED, 1) for candidate in entry.candidates]
    return Settlement(
        action, letters, (one.message_id,), day_number(entry.at, campaign.time_zone), deadline=one.deadline
    )
