"""The parts of one outbox, put together over one folder."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import Any

from workers.errors import UnsafeError
from workers.outbox.callbacks import Callbacks
from workers.outbox.history import History
from workers.outbox.ledger import Ledger, Mail
from workers.outbox.misbehaviour import Misbehaviour
from workers.outbox.options import OutboxOptions
from workers.outbox.send import Refusals, SendMail
from workers.outbox.signing import signer

#: Mails a search looks through at most before it says so: keeps a page under a second or two.
MOST_SEARCHED = 200_000


class Box:
    """Everything a request may need."""

    def __init__(self, options: OutboxOptions) -> None:
        self.options = options
        options.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._lock = _lock(options.folder)
        self.ledger = Ledger(options.folder)
        self.history = History(options.folder)
        self.refusals = Refusals(options.folder)
        self.rules = Misbehaviour(options.rules, options.seed)
        self.signer = signer(options.folder)
        self.callbacks = Callbacks(options, self.ledger, self.history, self.signer)
        self.send_mail = SendMail(options.api_key, self.ledger, self.refusals, self.rules)

    def summary(self) -> dict[str, Any]:
        """Counts, for pages and scripts."""
        return {
            "calls": self.ledger.calls,
            "mails": self.ledger.mails,
            "refused": self.refusals.count,
            "sandboxed": self.send_mail.sandboxed,
            "by_event": dict(self.history.by_event),
            "events_waiting": self.callbacks.waiting(),
            "rules": len(self.rules.all()),
        }

    def find(self, words: str, limit: int, offset: int) -> tuple[list[Mail], bool]:
        """``limit`` mails, newest first, after ``offset`` matches, and whether there are more."""
        if not words.strip():
            start = self.ledger.mails - offset
            found = [mail for mail, _ in zip(self.ledger.newest_from(start), range(limit), strict=False)]
            return found, start > limit
        return self._search(words.casefold().split(), limit, offset)

    def _search(self, words: list[str], limit: int, offset: int) -> tuple[list[Mail], bool]:
        found: list[Mail] = []
        looked = zip(range(MOST_SEARCHED), self.ledger.newest_from(self.ledger.mails), strict=False)
        for _, mail in looked:
            text = searchable(mail, self.history.state(mail.number))
            if all(word in text for word in words):
                found.append(mail)
                if len(found) > offset + limit:
                    break
        return found[offset : offset + limit], len(found) > offset + limit

    async def close(self) -> None:
        """Ends in an order that loses nothing."""
        await self.ledger.close()
        self.history.close()
        self.refusals.close()
        os.close(self._lock)


def searchable(mail: Mail, state: str) -> str:
    """What a search looks at: who, subject, ids, state and text."""
    people = [mail.to, mail.sender, *([mail.reply_to] if mail.reply_to else [])]
    parts = [mail.subject, mail.delivery, mail.message_id, state, *mail.categories, mail.text]
    return "\n".join([*(f"{one.name or ''} {one.email}" for one in people), *parts]).casefold()


def _lock(folder: Path) -> int:
    handle = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(handle)
        raise UnsafeError(f"{folder}: another outbox writes here; stop it, or give this one another --folder") from None
    return handle
