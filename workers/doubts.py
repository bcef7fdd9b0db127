"""What a ledger that went back in time has forgotten: noticed by every process, listed and accepted by an operator."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import structlog

from workers import journal_files
from workers.errors import ConfigError
from workers.journal import Journal
from workers.journal_files import Entry
from workers.store import Store
from workers.store.senders import letters_of

log = structlog.get_logger()

#: Seconds between two looks.
_EVERY_S = 1.0


class Lookout:
    """Compares this machine's journals with the ledger, and says once that it went back. Threads may share it."""

    def __init__(self, store: Store, journal: Journal) -> None:
        self._store, self._journal = store, journal
        self._turn = threading.Lock()
        self._next, self._told = 0.0, frozenset[str]()

    def look(self) -> None:
        """At most once a second: pauses everything if the ledger knows less than a journal."""
        if time.monotonic() < self._next or not self._turn.acquire(blocking=False):
            return
        try:
            self._next = time.monotonic() + _EVERY_S
            self._compare()
        finally:
            self._turn.release()

    def _compare(self) -> None:
        known = self._journal.known()
        behind = self._store.senders.compare(known)
        for sender in behind.keys() - self._told:
            number = behind[sender]
            in_doubt = sum(len(claim.candidates) for claim in self._journal.entries({sender: number}))
            log.error(
                "ledger.went_back", sender=sender, ledger=number, journal=known[sender], in_doubt=in_doubt,
                mend="see mobilise ledger doubts; a fresh start: mobilise ledger accept, or another worker.journal",
            )  # fmt: skip
        self._told = frozenset(behind)


@dataclass(frozen=True, slots=True)
class Doubt:
    """A letter that was about to be posted after the ledger's memory ends; ``says`` is its state there, or "absent".

    ``lost``: not even its action is there, so what the supporter wrote is gone.
    """

    letter: str
    campaign: str
    action: str
    claimed: datetime
    says: str
    lost: bool


class Doubts:
    """Everything that journals know and the ledger does not."""

    def __init__(self, store: Store, folders: Sequence[Path]) -> None:
        """ConfigError if a folder cannot be read."""
        self._store = store
        self._folders = folders
        try:
            self.known = journal_files.known(*folders)
            self.behind = store.senders.behind(self.known)
            self.claims: list[Entry] = list(journal_files.entries(*folders, after=self.behind))
            #: Claims that were rotated out of the journals: nobody can say which letters they held.
            self.forgotten = journal_files.forgotten(*folders, after=self.behind)
        except OSError as error:
            raise journal_files.unusable(Path(error.filename or ""), error) from None

    def letters(self) -> Iterator[Doubt]:
        """Each letter once, by its newest claim."""
        newest = {letter: doubt for doubt in self._all() for letter in [doubt.letter]}
        yield from newest.values()

    def _all(self) -> Iterator[Doubt]:
        for claim, here, states in self._store.senders.says(self.claims):
            at = datetime.fromtimestamp(claim.at, UTC)
            for letter, says in zip(letters_of(claim), states, strict=True):
                yield Doubt(letter, claim.campaign, claim.action, at, says, lost=not here)

    def accept(self) -> tuple[int, int, bool]:
        """Letters that are unknown now, those that will be if they are written again, and whether sending goes on.

        Doing it again, or after half of it, changes nothing more.
        """
        self._store.senders.compare(self.known)  # nothing is claimed until all are marked
        unknown, remembered = self._store.senders.doubt(self.claims)
        lifted = self._store.senders.accept(self.known)
        log.warning("ledger.accepted", unknown=unknown, remembered=remembered, forgotten=self.forgotten)
        return unknown, remembered, lifted


def folders_of(root: Path, setting: str, more: Sequence[Path]) -> list[Path]:
    """The journal folder that ``worker.journal`` names and copies brought from other machines; ConfigError for none."""
    for folder in more:
        if not folder.is_dir():
            raise ConfigError("is no folder", where=f"--journal {folder}", mend="name a copy of a machine's journal")
    found = [root / setting, *more] if setting else list(more)
    if not found:
        raise ConfigError('is "": nothing was kept that the ledger could be compared with', where="worker.journal")
    return found
