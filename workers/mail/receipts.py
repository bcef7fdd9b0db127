"""Receipts as provider calls: what a message's template may know, and the envelope it goes in."""

from __future__ import annotations

from collections.abc import Sequence

from workers.campaign.ids import delivery_id
from workers.campaign.model import Action, Campaign, Candidate, Person
from workers.campaign.outcomes import Envelope, Recipient
from workers.mail.templates import Message
from workers.mail.words import header_name, one_line, plain


def undelivered(
    campaign: Campaign, person: Person, action: Action, candidates: Sequence[Candidate]
) -> dict[str, object]:
    """Values of ``receipt/undelivered``: whom the letters did not reach, and the supporter's own words."""
    return {
        "campaign": campaign,
        "supporter": {"name": one_line(person.name)},
        "candidates": [{"name": candidate.name, "party": candidate.party} for candidate in candidates],
        "words": plain(action.message),
    }


def answer(campaign: Campaign, person: Person, order: Action, message: Message) -> Envelope:
    """One mail from the campaign to one person; replies go to the campaign."""
    sender = header_name(campaign.sender.name)
    recipient = Recipient(delivery_id(order.group, person.id), person.email, header_name(person.name, "A supporter"))
    return Envelope(
        campaign=campaign.slug,
        from_name=sender,
        from_address=campaign.sender.address,
        reply_to_name=sender,
        reply_to_address=campaign.sender.address,
        subject=one_line(message.subject),
        text=message.text,
        html=message.html,
        recipients=(recipient,),
    )
