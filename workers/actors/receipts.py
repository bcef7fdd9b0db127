"""The journey of receipts: mails that answer someone, through the same ledger and the same sender as letters."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime

from workers.broker import SERVICE, actor
from workers.campaign.choices import WORDINGS
from workers.campaign.events import Event, ReceiptsDue
from workers.campaign.intents import Intent, Question
from workers.campaign.model import Campaign, Candidate, known
from workers.campaign.outcomes import Envelope
from workers.campaign.states import UNDELIVERED
from workers.campaign.supporter_links import SupporterLinks
from workers.errors import NotFoundError
from workers.mail.receipts import RETURNED, THANKS, TOLD, answer, question, subscription, thanks, told, undelivered
from workers.mail.templates import Templates
from workers.sending import Sending
from workers.store import Store
from workers.store.letters import Claim

#: Stands for a candidate who signed and of whom nothing is known.
_UNKNOWN = Candidate("", "", "", "")


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
    return store.receipts.queue(campaign, person, RETURNED, about) if person.hears_updates else ""


@actor(queue_name="letters")
def send_receipts(
    campaign: str,
    receipts: list[str],
    *,
    store: Store = SERVICE,
    sending: Sending = SERVICE,
    templates: Templates = SERVICE,
    campaigns: Mapping[str, Campaign] = SERVICE,
    public_url: str = SERVICE,
    supporter_links: SupporterLinks = SERVICE,
) -> Iterator[Event]:
    """Sends receipts that are queued."""
    push = known(campaigns, campaign)

    def write(claim: Claim) -> list[Envelope]:
        to = claim.candidates[0] if claim.candidates else claim.person
        if claim.action.subject in set(Question):
            values, to = _question(push, store, claim, supporter_links), replace(claim.person, name="")
        else:
            values = _values(push, store, claim, public_url)
        return [answer(push, to, claim.action, templates.render(claim.action.subject, values))]

    yield from sending.send(push, store.receipts.book(campaign), receipts, write)


def _values(campaign: Campaign, store: Store, claim: Claim, public_url: str) -> dict[str, object]:
    """What the receipt's template may know."""
    if claim.action.subject == THANKS:
        return thanks(campaign, claim.candidates[0], public_url)
    if claim.action.subject == TOLD:
        candidate = next(iter(store.candidates.some(campaign.slug, [claim.action.source])), _UNKNOWN)
        return told(campaign, claim.person, candidate, public_url)
    return _undelivered(campaign, store, claim)


def _question(campaign: Campaign, store: Store, claim: Claim, links: SupporterLinks) -> dict[str, object]:
    """NotFoundError if the supporter decided meanwhile: then there is nothing to ask."""
    intent = store.intents.find(claim.person.id)
    if not isinstance(intent, Intent):
        raise NotFoundError(f"there is no intent {claim.person.id}")
    gone_at = datetime.fromtimestamp(time.time() + store.intents.seconds_left(intent.id), UTC)
    url = links.confirm_url(campaign.slug, intent.id)
    if intent.is_subscription:
        wordings = [WORDINGS[one.purpose] for one in intent.person.consents if one.purpose in WORDINGS]
        return subscription(campaign, wordings, url, gone_at)
    return question(campaign, store.parted(campaign, intent.action.candidates).written, url, gone_at)


def _undelivered(campaign: Campaign, store: Store, claim: Claim) -> dict[str, object]:
    about = store.actions.get(claim.action.source)
    failed = [letter.candidate for letter in store.letters.of_action(about) if letter.state in UNDELIVERED]
    return undelivered(campaign, claim.person, about, store.candidates.some(campaign.slug, failed))
