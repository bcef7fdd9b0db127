"""The editions that the public may read, as one process knows them: the list anew each second, a text only once."""

from __future__ import annotations

import asyncio
import re
import time
from collections import OrderedDict, defaultdict
from dataclasses import dataclass, replace

from workers.app import App
from workers.campaign.mailings import Content, Kind, Mailing, Stage
from workers.campaign.model import Campaign
from workers.mail.copies import tags_of
from workers.mail.marks import OTHERWISE, word_of
from workers.web.board import FRESH_S
from workers.web.threads import Threads

#: Texts that one process keeps: more than a campaign sends in its life.
_KEPT = 2000
#: Stages at which copies have left, or may have.
_PUBLIC = frozenset({Stage.SENDING, Stage.FINISHED})
_ALIGNED = re.compile(r' style="text-align: ?(left|center|right);?"')


@dataclass(frozen=True, slots=True)
class Edition:
    """One edition as anybody may read it; ``at`` (epoch seconds) is when its copies began to leave."""

    name: str
    edition: str
    at: int
    subject: str
    online: str
    language: str
    listed: bool  # a cancelled one can be read by who got it, and is not recommended to others


class Shelf:
    """The editions of all campaigns."""

    def __init__(self, app: App, threads: Threads) -> None:
        self._store, self._threads = app.store, threads
        self._read: dict[str, tuple[float, list[Edition]]] = {}
        self._contents: OrderedDict[tuple[str, int], Content] = OrderedDict()
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def read(self, campaign: Campaign) -> list[Edition]:
        """Those with a page, the newest first, not older than a second; UnavailableError without the ledger."""
        async with self._locks[campaign.slug]:
            at, known = self._read.get(campaign.slug, (0.0, None))
            if known is None or time.monotonic() - at >= FRESH_S:
                known = await self._threads.run(self._look, campaign.slug)
                self._read[campaign.slug] = time.monotonic(), known
            return known

    def _look(self, slug: str) -> list[Edition]:
        mailings = [one for one in self._store.mailings.of(slug) if one.kind is Kind.BULLETIN and _has_left(one)]
        pairs = [(one, self._content(one)) for one in mailings]
        found = [_edition(one, content) for one, content in pairs if content.online]
        return sorted(found, key=lambda one: (-one.at, one.name, one.edition))

    def _content(self, mailing: Mailing) -> Content:
        """What was frozen: it does not change once copies have left."""
        key = mailing.book, mailing.approved_at
        if key not in self._contents:
            found = self._store.mailings.get(mailing.book).content
            self._contents[key] = replace(found, html="", text="")
            while len(self._contents) > _KEPT:
                self._contents.popitem(last=False)
        self._contents.move_to_end(key)
        return self._contents[key]


def _has_left(mailing: Mailing) -> bool:
    return mailing.stage in _PUBLIC or (mailing.stage is Stage.CANCELLED and mailing.started_at > 0)


def _edition(mailing: Mailing, content: Content) -> Edition:
    at = mailing.started_at or mailing.due_at or mailing.approved_at or mailing.made_at
    subject, listed = for_anybody(content), mailing.stage in _PUBLIC
    return Edition(mailing.name, mailing.edition, at, subject, _styled(content.online), content.language, listed)


def for_anybody(content: Content) -> str:
    """The subject as it is said to nobody in particular."""
    subject = content.subject
    for use, (tag, _) in zip(content.uses, tags_of(content.uses, content.token), strict=True):
        word, said = word_of(use)
        subject = subject.replace(tag, said or OTHERWISE.get(word, ""))
    return subject


def _styled(online: str) -> str:
    """Columns of tables are aligned by the page's own style: it allows no other."""
    return _ALIGNED.sub(r' class="\1"', online)
