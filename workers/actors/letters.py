"""The journey of letters: written when a supporter acted, claimed, posted and settled when they are due."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from workers.broker import SERVICE, actor
from workers.campaign.events import Event, LettersDue
from workers.campaign.ids import delivery_id
from workers.campaign.model import Campaign, known
from workers.campaign.outcomes import Envelope
from workers.mail.envelope import Composer
from workers.sending import Sending
from workers.store import Store
from workers.store.claims import Claim, gathering
from workers.summaries import Summaries


@actor(queue_name="letters", priority=10)
def write_letters(
    campaign: str,
    actions: list[str],
    *,
    store: Store = SERVICE,
    campaigns: Mapping[str, Campaign] = SERVICE,
    nudge_ms: int = SERVICE,
) -> Iterator[Event]:
    """Writes a letter to each candidate that these actions name and that has none from the same supporter yet."""
    push = known(campaigns, campaign)
    gathered = gathering(push, time.time())
    due = store.letters.write(campaign, actions, nudge_ms, gathered, thanks=push.thanks is not None)
    if due:
        yield LettersDue(campaign, list(due))


@actor(queue_name="letters")
def send_letters(
    campaign: str,
    actions: list[str],
    *,
    sending: Sending = SERVICE,
    composer: Composer = SERVICE,
    campaigns: Mapping[str, Campaign] = SERVICE,
) -> Iterator[Event]:
    """Sends the queued letters of these actions while the campaign is open."""
    push = known(campaigns, campaign)

    def write(claim: Claim) -> list[Envelope]:
        letters = [(delivery_id(claim.action.group, candidate.id), candidate) for candidate in claim.candidates]
        return composer.compose(push, claim.person, claim.action, letters, claim.thanks)

    if push.is_open(datetime.now(UTC)):
        yield from sending.send(push, push.slug, actions, write)


@actor(queue_name="letters")
def send_summaries(
    campaign: str,
    candidates: list[str],
    *,
    summaries: Summaries = SERVICE,
    campaigns: Mapping[str, Campaign] = SERVICE,
) -> Iterator[Event]:
    """Sends each of these candidates one mail with all that waits for them, while the campaign is open."""
    push = known(campaigns, campaign)
    for candidate in candidates:
        if push.is_open(datetime.now(UTC)):
            yield from summaries.send(push, candidate)
