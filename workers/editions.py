"""Editions of bulletins that have a schedule: each made once when it is due, or left to an operator."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from workers.campaign.bulletin import Bulletin
from workers.campaign.events import Event
from workers.campaign.mailing_events import EditionDue, EditionOverdue, MailingDue, MailingSkipped
from workers.campaign.mailings import Kind, Stage, book
from workers.campaign.model import Campaign
from workers.errors import ConfigError, NotFoundError
from workers.newsroom import Newsroom, day_named
from workers.schedule import missed, read_schedule
from workers.store import Store

#: Seconds after which an edition that is due is not simply sent: its moment may be gone.
LATE_S = 2 * 3600
#: What an approval of every edition is about.
_APPROVED = frozenset({".toml", ".md"})


def due(store: Store, bulletins: Iterable[Bulletin], campaigns: Mapping[str, Campaign]) -> Iterator[EditionDue]:
    """The newest edition of each schedule that is due and was not seen to."""
    now = time.time()
    for bulletin in bulletins:
        if not bulletin.schedule or bulletin.campaign not in campaigns:
            continue
        last = store.standings.last(bulletin.name)
        if last is None:
            store.standings.come_to(bulletin.name, int(now))
            continue
        times = missed(read_schedule(bulletin.schedule, campaigns[bulletin.campaign].time_zone), last, now)
        if times:
            yield EditionDue(bulletin.campaign, bulletin.name, times[-1])


def make(newsroom: Newsroom, bulletin: Bulletin, campaign: Campaign, due_at: int) -> Iterator[Event]:
    """Makes the edition that is due; calling it again changes nothing."""
    edition = day_named(campaign, due_at)
    found = book(campaign.slug, Kind.BULLETIN, bulletin.name, edition)
    try:
        newsroom.store.mailings.get(found)  # approved before, or made by another clock's message
    except NotFoundError:
        yield from _made(newsroom, bulletin, campaign, edition, due_at)
    newsroom.store.standings.come_to(bulletin.name, due_at)


def _made(newsroom: Newsroom, bulletin: Bulletin, campaign: Campaign, edition: str, due_at: int) -> Iterator[Event]:
    store, standing = newsroom.store, newsroom.store.standings.find(bulletin.name)
    try:
        mailing = replace(newsroom.draft(bulletin, campaign, edition), due_at=due_at)
    except ConfigError as error:
        yield EditionOverdue(book(campaign.slug, Kind.BULLETIN, bulletin.name, edition), f"cannot be made: {error}")
        return
    expected = newsroom.expected(mailing)
    empty = "nothing has happened since the last" if not mailing.content.news else "nobody is in its audience"
    if not mailing.content.news or not expected:
        store.mailings.approve(replace(mailing, stage=Stage.SKIPPED), 0)
        yield MailingSkipped(mailing.book, empty)
    elif why := _why_not(standing.fingerprint if standing else "", bulletin.folder, due_at):
        newsroom.freeze(replace(mailing, stage=Stage.OVERDUE), expected)
        yield EditionOverdue(mailing.book, why)
    else:
        newsroom.approve(mailing, standing.by if standing else "", due_at=due_at, expected=expected)
        yield MailingDue(mailing.book)


def _why_not(approved: str, folder: Path, due_at: int) -> str:
    """Why an edition waits for an operator; "" if it may go."""
    if not approved:
        return "nobody approved it"
    if approved != fingerprint(folder):
        return "its folder has changed since it was approved"
    return "its time passed while nobody was there" if is_late(due_at) else ""


def is_late(due_at: int) -> bool:
    """Whether an edition's moment may be gone."""
    return time.time() - due_at > LATE_S


def fingerprint(folder: Path) -> str:
    """Equal for folders with the same texts and settings; events and the like may change from edition to edition."""
    digest = hashlib.blake2b(digest_size=16)
    for path in sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix in _APPROVED):
        digest.update(f"{path.relative_to(folder)}\0{path.stat().st_size}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()
