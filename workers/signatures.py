"""Signatures that people of the campaign enter: read, held against the ledger, recorded, announced."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from io import StringIO
from pathlib import Path
from zoneinfo import ZoneInfo

from workers.app import App
from workers.campaign.events import CharterSigned, CharterWithdrawn
from workers.campaign.evidence import evidence_url
from workers.campaign.model import Campaign, Candidate
from workers.campaign.signature import Signature, Undoing, entered_by, signing_time, source_word
from workers.campaign.signature_file import Entering, Known, SignatureFile, read_signatures, require_later
from workers.campaign.table import decode
from workers.errors import InputError, NotFoundError
from workers.store import Store
from workers.store.tallies import day_number

#: Bytes: a hundred thousand rows with long evidence.
_LARGEST = 32_000_000
#: Source of what an operator takes back or corrects.
_HAND = "campaign"


def moment(campaign: Campaign, text: str, now: float) -> int:
    """Epoch seconds of a time as people write it, in the campaign's zone unless it says another; "" is now."""
    return signing_time(_read_time(campaign, text) if text else now, now)


def day_of(campaign: Campaign, at: int) -> int:
    """The day on which the campaign counts a signature."""
    return day_number(at, campaign.time_zone)


def enter(app: App, slug: str, signature: Signature, *, is_exact: bool) -> bool:
    """Whether this made a new signatory. One entered without a time (not ``is_exact``) comes after every withdrawal."""
    withdrawn = app.store.signatures.withdrawals(slug)
    if is_exact:
        require_later(signature.candidate, signature.at, withdrawn)
    else:
        later = max(signature.at, withdrawn.get(signature.candidate, 0) + 1)
        signature = replace(signature, at=later)
    return _record(app, slug, signature)


def enter_all(app: App, slug: str, new: Sequence[Signature], *, advance: Callable[[int], None]) -> int:
    """How many became signatories; cut off anywhere, the same again completes it."""
    added = 0
    for signature in new:
        added += _record(app, slug, signature)
        advance(1)
    return added


def take_back(app: App, slug: str, candidate: str, reason: str, by: str) -> bool:
    """Whether there was a signature to take back; an operator's word comes after it, whatever its time."""
    signature = app.store.signatures.all(slug).get(candidate)
    if signature is None:
        return False
    at = max(int(time.time()), signature.at, app.store.signatures.newest(slug, candidate))
    was = app.store.signatures.withdraw(slug, candidate, at, undoing=Undoing(at, reason, _HAND, by))
    if was:
        app.publish(CharterWithdrawn(slug, candidate))
    return was


def corrected(store: Store, campaign: Campaign, candidate: str, *, evidence: str, source: str, at: str) -> Signature:
    """The candidate's signature with what is given in place of what it has; "" keeps it."""
    before = store.signatures.all(campaign.slug).get(candidate)
    if before is None:
        raise NotFoundError("this candidate has not signed: there is nothing to correct")
    signed_at = moment(campaign, at, time.time()) if at else before.at
    after = replace(
        before,
        at=signed_at,
        day=day_of(campaign, signed_at),
        evidence=evidence_url(evidence) if evidence else before.evidence,
        source=source_word(source) if source else before.source,
    )
    if after == before:
        raise InputError("nothing to correct: give another --evidence, --source or --at")
    return after


def mend(store: Store, slug: str, after: Signature, reason: str, by: str) -> None:
    """Puts ``after`` in the place of the candidate's signature."""
    store.signatures.correct(slug, after, Undoing(after.at, reason, _HAND, by))


def plan(store: Store, campaign: Campaign, path: Path, *, by: str, source: str, now: float) -> SignatureFile:
    """What a file would add; changes nothing. InputError if the file cannot be used."""
    known = Known(
        store.candidates.all(campaign.slug).keys(),
        store.signatures.all(campaign.slug).keys(),
        store.signatures.withdrawals(campaign.slug),
    )

    def read_time(text: str) -> float:
        return _read_time(campaign, text)

    def day(at: int) -> int:
        return day_of(campaign, at)

    entering = Entering(entered_by(by), source_word(source), now, read_time, day)
    return read_signatures(StringIO(_text(path), newline=None), known, entering)


def signatories(store: Store, slug: str) -> list[tuple[Candidate, Signature]]:
    """Who signed, in an order that favours nobody: by constituency, then name."""
    candidates = store.candidates.all(slug)
    signed = store.signatures.all(slug)
    pairs = [(candidates.get(key) or Candidate(key, "", "", ""), signature) for key, signature in signed.items()]
    return sorted(pairs, key=lambda pair: (pair[0].constituency_name, pair[0].constituency, pair[0].name, pair[0].id))


def _record(app: App, slug: str, signature: Signature) -> bool:
    if not app.store.signatures.record(slug, signature):
        return False
    app.publish(CharterSigned(slug, signature.candidate))
    return True


def _read_time(campaign: Campaign, text: str) -> float:
    try:
        found = datetime.fromisoformat(text.strip())
        zoned = found if found.tzinfo else found.replace(tzinfo=ZoneInfo(campaign.time_zone))
        return zoned.timestamp()
    except (ValueError, OverflowError):
        raise InputError("must be a time such as 2026-05-01 or 2026-05-01T18:30", field="time") from None


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > _LARGEST:
            raise InputError(f"larger than {_LARGEST // 1_000_000} MB", field="file")
        return decode(path.read_bytes())[0]
    except OSError as error:
        raise InputError(f"{path.name} cannot be read ({error.strerror})", field="file") from error
