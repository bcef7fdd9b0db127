"""Where a story is read from: the stream of events, the journals of senders, and the log if one is kept."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from workers import journal_files
from workers.log_events import EVENTS
from workers.logbook.sifting import Sieve, Wanted
from workers.logbook.sources import LogFiles, merged
from workers.store import Store
from workers.store.events import Entry
from workers.story.telling import Moment, letters_in_words

_decode = msgspec.json.Decoder(dict[str, Any]).decode

#: Seconds by which clocks of two machines may differ.
_SKEW_S = 5.0
#: Log lines in a story at most: the newest.
_LINES = 500
#: Fields of a log line that say more about it.
_TOLD = ("reason", "status", "message_id", "duration_ms", "queue_wait_ms", "attempt", "error", "by", "trace")


class Evidence:
    """``log`` and ``journals`` are folders; None, or one that is not there, has nothing to say."""

    def __init__(self, store: Store, log: Path | None, journals: Path | None) -> None:
        self._store, self._log, self._journals = store, log, journals

    def events(self, since: float, *words: str) -> Iterator[Entry]:
        """What happened since, as far as it is kept; with ``words`` only entries that name one of them."""
        for entry in self._store.events.since(since - _SKEW_S):
            if not words or any(word in entry.body for word in words):
                yield entry

    def claims(self, action: str) -> list[tuple[int, tuple[str, ...]]]:
        """When workers of this machine took an action's letters in hand (epoch s), and to whom."""
        if self._journals is None:
            return []
        with suppress(OSError):
            everything = dict.fromkeys(journal_files.known(self._journals), 0)
            found = journal_files.entries(self._journals, after=everything)
            return [(entry.at, entry.candidates) for entry in found if entry.action == action]
        return []

    def lines(self, wanted: Wanted) -> list[dict[str, Any]]:
        """The newest log lines that are wanted; none where no log is kept."""
        if self._log is None or not self._log.is_dir():
            return []
        sieve, files = Sieve(wanted), [LogFiles(path) for path in sorted(self._log.glob("*.log"))]
        found = [_decode(line) for line in merged(files, to_the_end=True) if sieve.head(line)]
        for file in files:
            file.close()
        return found[-_LINES:]

    def said(self, about: str, *, letter: str = "") -> list[Moment]:
        """The same as moments, for lines that name an id; not those about other letters than ``letter``, if given."""
        lines = self.lines(Wanted(about=about))
        return [line_moment(line) for line in lines if not letter or letter in (_listed(line) or [letter])]


def line_moment(line: dict[str, Any]) -> Moment:
    """A log line as a moment: what its event means, and what it says more."""
    event = str(line.get("event", ""))
    more = ", ".join(f"{name.replace('_', ' ')} {_short(line[name])}" for name in _TOLD if line.get(name))
    listed = _listed(line)
    more = ", ".join(filter(None, [letters_in_words(len(listed)) if listed else "", more]))
    meaning = EVENTS.get(event, event)
    return Moment(_epoch(line.get("time")), event, f"{meaning[:1].upper()}{meaning[1:]}.", "log", more)


def _listed(line: dict[str, Any]) -> list[Any]:
    """The letters that a line is about; empty for one that does not say."""
    letters = line.get("letters", line.get("deliveries"))
    return letters if isinstance(letters, list) else []


def _epoch(time: object) -> float:
    with suppress(ValueError, TypeError):
        return datetime.fromisoformat(str(time)).timestamp()
    return 0.0


def _short(value: object) -> str:
    return str(value.get("type", "")) if isinstance(value, dict) else str(value)
