"""The journey of receipts: mails that answer a supporter, through the same ledger and the same sender as letters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial

from workers.broker import SERVICE, actor
from workers.campaign.events import Event, ReceiptsDue
from workers.campaign.model import Campaign, known
from workers.campaign.outcomes import Envelope
from workers.campaign.states import UNDELIVERED
from workers.errors import NotFoundError
from workers.mail.receipts import answer, undelivered
from workers.mail.templates import Templates
from workers.sending import Sending
from workers.store import Store
from workers.store.letters import Claim

#: The purpose a supporter must have agreed to before they hear what became of their letters.
UPDATES = "updates"
#: The message that brings a supporter their own words back.
RETURNED = "receipt/undelivered"


@actor(queue_name="letters")
def return_words(campaign: str, actions: list[str], *, store: Store = SERVICE) -> Iterator[Event]:
    """Gives supporters who agreed to hear from us their words back, once an action, when letters could not arrive."""
    due = []
    for action in store.actions.get_many(actions):
        failed = any(letter.state in UNDELIVERED for letter in store.letters.of_action(action))
        if failed and (receipt := _queued(store, campaign, action.person, action.id)):
            due.append(receipt)
        store.receipts.told(campaign, action.id)
    if due:
        yield ReceiptsDue(campaign, due)


def _queued(store: Store, campaign: str, person_id: str, about: str) -> str:
    """The receipt's id; "" for somebody who did not agree, or is not known any more."""
    try:
        person = store.people.get(person_id)
    except NotFoundError:
        return ""
    agreed = any(consent.purpose == UPDATES for consent in person.consents)
    return store.receipts.queue(campaign, person, RETURNED, about) if agreed else ""


@actor(queue_name="letters")
def send_receipts(
    campaign: str,
    receipts: list[str],
    *,
    store: Store = SERVICE,
    sending: Sending = SERVICE,
    templates: Templates = SERVICE,
    campaigns: Mapping[str, Campaign] = SERVICE,
) -> Iterator[Event]:
    """Sends receipts that are queued."""
    push = known(campaigns, campaign)
    yield from sending.send(push, store.receipts.book(campaign), receipts, partial(_write, push, store, templates))


def _write(campaign: Campaign, store: Store, templates: Templates, claim: Claim) -> list[Envelope]:
    """What the receipt's template says of the action it is about."""
    about = store.actions.get(claim.action.source)
    candidates = store.candidates.all(campaign.slug)
    failed = [letter for letter in store.letters.of_action(about) if letter.state in UNDELIVERED]
    named = [candidates[letter.candidate] for letter in failed if letter.candidate in candidates]
    values = undelivered(campaign, claim.person, about, named)
    return [answer(campaign, claim.person, claim.action, templates.render(claim.action.subject, values))]
