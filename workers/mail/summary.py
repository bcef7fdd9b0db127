"""Daily summaries as mails: every letter in full, one under the other, each with its own way to be answered."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple
from urllib.parse import quote

from workers.campaign.model import Action, Campaign, Candidate, Person
from workers.campaign.outcomes import Envelope, Recipient
from workers.mail.drafts import Drafts, Words
from workers.mail.envelope import Composer
from workers.mail.templates import Templates
from workers.mail.words import Passage, header_name, one_line

#: The message that carries a summary.
SUMMARY = "letter/summary"


class Part(NamedTuple):
    """Which mail of how many this is, if all that waited is too much for one."""

    number: int = 1
    of: int = 1


WHOLE = Part()


class One(NamedTuple):
    """One letter: who wrote it and what, to whom, and who is thanked for a signature (ids), not asked for one."""

    person: Person
    action: Action
    candidate: Candidate
    thanks: Collection[str] = ()


class SummaryWriter:
    """Writes summaries with the project's templates and the letters as the campaign has them written."""

    def __init__(self, templates: Templates, composer: Composer) -> None:
        self._templates, self._composer = templates, composer

    def compose(self, campaign: Campaign, delivery: str, letters: Sequence[One], part: Part = WHOLE) -> Envelope:
        """One mail with ``letters``, which are to one candidate at one address.

        ConfigError if a template cannot be rendered.
        """
        candidate, drafts = letters[0].candidate, self._composer.drafts(campaign)
        values = {
            "campaign": campaign,
            "candidate": {"name": one_line(candidate.name), "greeted": _greeted(candidate)},
            "letters": [_letter(campaign, drafts, one) for one in letters],
            "part": {"number": part.number, "of": part.of},
            "sign_url": self._composer.sign_url(campaign, candidate),
            "is_asked": any(candidate.id not in one.thanks for one in letters),
        }
        message = self._templates.render(SUMMARY, values)
        sender = header_name(campaign.sender.name)
        # One letter is answered as any other: by a reply.
        only = letters[0].person if len(letters) == 1 else None
        return Envelope(
            campaign=campaign.slug,
            from_name=sender,
            from_address=campaign.sender.address,
            reply_to_name=header_name(only.name, "A supporter") if only else sender,
            reply_to_address=only.email if only else campaign.sender.address,
            subject=one_line(message.subject),
            text=message.text,
            html=message.html,
            recipients=(Recipient(delivery, candidate.email.strip(), header_name(candidate.name, candidate.party)),),
        )


def _letter(campaign: Campaign, drafts: Drafts, one: One) -> dict[str, Any]:
    words = Words(one.person.name, one.person.postcode, one.action.subject, one.action.message)
    (draft,) = drafts.write([one.candidate], words, one.thanks)
    subject, address = one_line(draft.subject) or one_line(campaign.title), one.person.email.strip()
    salutation, body, ask, _, sign_off = draft.parts  # the link stands once, above all letters
    parts = (salutation, body, ask, sign_off)
    text = "".join([part.text for part in parts]).strip()
    html = "".join([part.html for part in parts]).strip()
    return {
        "name": words.name,
        "subject": subject,
        "words": Passage(text, html),
        "address": one_line(address),
        "answer_url": f"mailto:{quote(address, safe='@')}?subject={quote(f'Re: {subject}', safe='')}",
    }


def _greeted(candidate: Candidate) -> str:
    return one_line(f"{candidate.honorific} {candidate.name}")
