"""Receipts as provider calls: what a message's template may know, and the envelope it goes in."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from urllib.parse import quote
from zoneinfo import ZoneInfo

from workers.campaign.ids import delivery_id
from workers.campaign.model import Action, Campaign, Candidate, Person
from workers.campaign.outcomes import Envelope, Recipient
from workers.mail.templates import Message
from workers.mail.words import header_name, one_line, plain

#: The messages: a supporter's words come back; a candidate is thanked; a supporter hears who signed.
RETURNED, THANKS, TOLD = "receipt/undelivered", "receipt/signed-candidate", "receipt/candidate-signed"


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


def thanks(campaign: Campaign, candidate: Candidate, public_url: str) -> dict[str, object]:
    """Values of ``receipt/signed-candidate``: what was signed, where it can be seen, and what can be shared."""
    return {"campaign": campaign, "candidate": _described(candidate), **_links(campaign, candidate, public_url)}


def told(campaign: Campaign, person: Person, candidate: Candidate, public_url: str) -> dict[str, object]:
    """Values of ``receipt/candidate-signed``: who signed what, and where it can be seen."""
    return {**thanks(campaign, candidate, public_url), "supporter": {"name": one_line(person.name)}}


def question(
    campaign: Campaign, candidates: Sequence[Candidate], confirm_url: str, gone_at: datetime
) -> dict[str, object]:
    """Values of ``receipt/confirm`` and its reminder: to whom letters wait, and where to decide about them.

    Nothing that a stranger could have typed is in it: not the name, and no words.
    """
    known = [{"name": candidate.name, "party": candidate.party} for candidate in candidates]
    return {"campaign": campaign, "candidates": known, "confirm_url": confirm_url, "until": _day(campaign, gone_at)}


def subscription(campaign: Campaign, wordings: Sequence[str], confirm_url: str, gone_at: datetime) -> dict[str, object]:
    """Values of ``receipt/subscribe``: what they would agree to, in our own words; nothing that a stranger typed."""
    known = list(wordings)
    return {"campaign": campaign, "wordings": known, "confirm_url": confirm_url, "until": _day(campaign, gone_at)}


def _day(campaign: Campaign, at: datetime) -> str:
    local = at.astimezone(ZoneInfo(campaign.time_zone))
    return f"{local.day} {local:%B %Y}"


def _described(candidate: Candidate) -> dict[str, str]:
    words = candidate.name or "the candidate", candidate.party, candidate.constituency_name
    name, party, constituency = map(one_line, words)
    greeted = f"{candidate.honorific} {name}" if candidate.honorific and candidate.name else name
    return {"name": name, "greeted": one_line(greeted), "party": party, "constituency": constituency}


def _links(campaign: Campaign, candidate: Candidate, public_url: str) -> dict[str, str]:
    page = f"{public_url}/campaigns/{campaign.slug}/signatories"
    own = f"{page}/{quote(candidate.id, safe='')}"
    return {"page": page, "own": own, "card": f"{own}/card.png"}


def answer(campaign: Campaign, recipient: Person | Candidate, order: Action, message: Message) -> Envelope:
    """One mail from the campaign to one person or candidate; replies go to the campaign."""
    sender = header_name(campaign.sender.name)
    addressed = header_name(recipient.name, "A supporter" if isinstance(recipient, Person) else "A candidate")
    to = Recipient(delivery_id(order.group, recipient.id), recipient.email.strip(), addressed)
    return Envelope(
        campaign=campaign.slug,
        from_name=sender,
        from_address=campaign.sender.address,
        reply_to_name=sender,
        reply_to_address=campaign.sender.address,
        subject=one_line(message.subject),
        text=message.text,
        html=message.html,
        recipients=(to,),
    )
