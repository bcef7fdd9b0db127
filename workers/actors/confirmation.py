"""The journey of confirmation: who wrote without a key is asked by mail whether they meant it, and reminded once."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from workers.broker import SERVICE, actor
from workers.campaign.events import Event, ReceiptsDue
from workers.campaign.intents import Intent, Patience
from workers.campaign.model import Campaign, known
from workers.store import Store
from workers.store.pauses import covering

#: Seconds until an intent is looked at again whose address had all its mails of a day, or that has nobody to write to.
_RECHECK_S = 6 * 3600


@actor(queue_name="letters")
def ask_supporters(
    campaign: str,
    intents: list[str],
    *,
    store: Store = SERVICE,
    campaigns: Mapping[str, Campaign] = SERVICE,
    patience: Patience = SERVICE,
) -> Iterator[Event]:
    """Queues the mails that ask the supporters of these intents to confirm; while sending is paused, none."""
    push = known(campaigns, campaign)
    paused = store.pauses.all()
    if any(scope in paused for scope in covering(campaign)):
        return
    due = []
    for intent_id, intent in zip(intents, store.intents.find_many(intents), strict=True):
        if not isinstance(intent, Intent):
            store.intents.forget(campaign, intent_id)
        elif receipt := _asked(store, push, intent, patience):
            due.append(receipt)
    if due:
        yield ReceiptsDue(campaign, due)


def _asked(store: Store, campaign: Campaign, intent: Intent, patience: Patience) -> str:
    """The id of the receipt that asks; "" if none may go now."""
    now = time.time()
    is_open = intent.is_subscription or campaign.is_open(datetime.now(UTC))
    asked = intent.question(now, patience) if is_open else None
    if asked is None:
        waits = is_open and not intent.reminded and not intent.is_subscription
        store.intents.note(intent, intent.asked_at + patience.remind_s if waits else now + patience.gone_s)
        return ""
    if not intent.is_subscription and not store.parted(campaign, intent.action.candidates).written:
        # All signed, or want no letters; one who takes it back can be asked for again.
        store.intents.note(intent, now + _RECHECK_S)
        return ""
    may = store.intents.may_ask(intent, *asked, patience)
    if may is None:
        store.intents.drop(intent)
        return ""
    if not may:
        store.intents.note(intent, now + _RECHECK_S)
        return ""
    question, number = asked
    receipt = store.receipts.queue(intent.action.campaign, intent.person, question, f"{intent.id} {number}")
    store.intents.note(intent, now + patience.remind_s, question, number)
    return receipt
