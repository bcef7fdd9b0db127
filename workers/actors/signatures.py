"""The journey of signatures: a verified callback becomes a signatory, and the asking stops."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

import msgspec

from workers.broker import SERVICE, actor
from workers.campaign.events import CharterSigned, CharterWithdrawn, Event, LettersWithheld
from workers.campaign.model import Campaign
from workers.campaign.signature import Signature, Undoing
from workers.store import Store
from workers.store.tallies import day_number


class _Said(msgspec.Struct, frozen=True):
    candidate_id: str
    source: str = "callback"
    evidence_url: str | None = None


class _Body(msgspec.Struct, frozen=True):
    type: str
    timestamp: datetime
    data: _Said


class _Callback(msgspec.Struct, frozen=True):
    """A signature callback as an ingress keeps it."""

    campaign: str
    webhook: str
    body: _Body


_decode = msgspec.json.Decoder(_Callback).decode


@actor(queue_name="callbacks")
def record_signature(
    campaign: str,  # noqa: ARG001 - the callback itself says which
    callback: str,
    *,
    store: Store = SERVICE,
    campaigns: Mapping[str, Campaign] = SERVICE,
) -> Iterator[Event]:
    """Works one callback; working it again changes nothing."""
    raw = store.callbacks.get(callback)
    if raw is None:
        return
    kept = _decode(raw)
    slug, said, at = kept.campaign, kept.body.data, int(kept.body.timestamp.timestamp())
    if kept.body.type == "charter.withdrawn":
        undoing = Undoing(at, f"reported by callback: {said.source}", said.source)
        if store.signatures.withdraw(slug, said.candidate_id, at, kept.webhook, undoing=undoing):
            yield CharterWithdrawn(slug, said.candidate_id)
    else:
        day = day_number(at, campaigns[slug].time_zone) if slug in campaigns else 0
        signature = Signature(said.candidate_id, at, said.source, said.evidence_url or "", day=day)
        if store.signatures.record(slug, signature, kept.webhook):
            yield CharterSigned(slug, said.candidate_id)
    store.callbacks.done(callback)


@actor(queue_name="callbacks")
def withhold_waiting_letters(campaign: str, candidate: str, *, store: Store = SERVICE) -> Iterator[Event]:
    """Nobody asks for what was given, or gives thanks for what was taken back: such letters do not leave any more."""
    moved = store.waiting.follow(campaign, candidate)
    if moved.withheld:
        reason = "signed" if store.signatures.find(campaign, candidate) else "unsigned"
        yield LettersWithheld(campaign, candidate, moved.withheld, reason)
    store.signatures.done(campaign, "withhold", candidate)
