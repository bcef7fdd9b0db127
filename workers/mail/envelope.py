"""Letters into provider calls: what all recipients share once, and the rest as substitutions for each."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import msgspec

from workers.campaign.model import Action, Campaign, Candidate, Person
from workers.campaign.outcomes import Envelope, Recipient
from workers.mail.drafts import Draft, Drafts, Words, words_of
from workers.mail.templates import Templates
from workers.mail.words import Passage, header_name, one_line

#: The message that carries a supporter's letter.
LETTER = "letter/candidate"
#: SendGrid's limits for one call: personalizations, and bytes of substitutions in each.
RECIPIENTS = 1000
SUBSTITUTIONS = 10_000
#: Campaigns kept compiled in one process.
_CAMPAIGNS = 64

_PARTS = ("salutation", "body", "ask", "sign-off")

Addressed = tuple[str, Draft]


class Sheet(NamedTuple):
    """What every envelope of one action has in common."""

    campaign: Campaign
    person: Person
    words: Words


class Composer:
    """Writes an action's letters with the project's templates and the campaign's own texts."""

    def __init__(self, templates: Templates) -> None:
        self._templates = templates
        self._drafts: dict[int, Drafts] = {}

    def compose(
        self, campaign: Campaign, person: Person, action: Action, letters: Sequence[tuple[str, Candidate]]
    ) -> list[Envelope]:
        """The fewest calls that carry ``letters`` (delivery id, candidate): no address is twice in a call."""
        words = words_of(person.name, person.postcode, action.subject, action.message)
        sheet = Sheet(campaign, person, words)
        drafts = self._drafts_of(campaign).write([candidate for _, candidate in letters], words)
        addressed = list(zip((delivery for delivery, _ in letters), drafts, strict=True))
        return [envelope for call in _calls(addressed) for envelope in self._fold(sheet, call)]

    def _drafts_of(self, campaign: Campaign) -> Drafts:
        """Compiled once for each campaign object; the object is kept too, so that its id stays its own."""
        kept = self._drafts.get(id(campaign))
        if kept is None:
            if len(self._drafts) >= _CAMPAIGNS:
                self._drafts.clear()
            kept = self._drafts[id(campaign)] = Drafts(campaign)
        return kept

    def _fold(self, sheet: Sheet, call: list[Addressed]) -> Iterator[Envelope]:
        """One envelope, and one more for each letter whose own part is too long to be a substitution."""
        differing = _differing([draft for _, draft in call])
        if not differing:
            yield self._envelope(sheet, call, _joined(call[0][1].parts), [None] * len(call))
            return
        token = _unused_token(sheet, call)
        own = [_substitutions(draft, differing, token) for _, draft in call]
        fits = [len(msgspec.json.encode(substitutions)) <= SUBSTITUTIONS for substitutions in own]
        folded = [addressed for addressed, fit in zip(call, fits, strict=True) if fit]
        if folded:
            letter = _joined(_tagged(folded[0][1].parts, differing, token))
            kept = [substitutions for substitutions, fit in zip(own, fits, strict=True) if fit]
            yield self._envelope(sheet, folded, letter, kept)
        for addressed, fit in zip(call, fits, strict=True):
            if not fit:
                yield from self._fold(sheet, [addressed])

    def _envelope(
        self, sheet: Sheet, call: list[Addressed], letter: Passage, own: Sequence[dict[str, str] | None]
    ) -> Envelope:
        campaign, supporter = sheet.campaign, sheet.words.supporter
        values = {"campaign": campaign, "supporter": supporter, "letter": letter}
        subjects = {draft.subject: "" for _, draft in call}
        for subject in subjects:
            subjects[subject] = one_line(self._templates.part(f"{LETTER}/subject.txt", {**values, "subject": subject}))
        first = subjects[call[0][1].subject]
        return Envelope(
            campaign=campaign.slug,
            from_name=f"{header_name(supporter.name, 'A supporter')} via {header_name(campaign.sender.name)}",
            from_address=campaign.sender.address,
            reply_to_name=header_name(supporter.name, "A supporter"),
            reply_to_address=sheet.person.email,
            subject=first,
            text=self._templates.part(f"{LETTER}/body.txt", values),
            html=self._templates.part(f"{LETTER}/body.html", values),
            recipients=tuple(
                _recipient(addressed, subjects[addressed[1].subject], first, substitutions)
                for addressed, substitutions in zip(call, own, strict=True)
            ),
        )


def _recipient(addressed: Addressed, subject: str, first: str, substitutions: dict[str, str] | None) -> Recipient:
    delivery, draft = addressed
    own_subject = "" if subject == first else subject
    return Recipient(delivery, draft.to.email.strip(), draft.name, own_subject, substitutions)


def _calls(addressed: list[Addressed]) -> Iterator[list[Addressed]]:
    """As few lists as possible in which no address is twice and none is longer than SendGrid takes."""
    calls: list[dict[str, Addressed]] = []
    for one in addressed:
        key = one[1].address_key
        call = next((call for call in calls if key not in call and len(call) < RECIPIENTS), None)
        if call is None:
            calls.append(call := {})
        call[key] = one
    return (list(call.values()) for call in calls)


def _differing(drafts: list[Draft]) -> frozenset[int]:
    """Which parts are not the same for all."""
    first = drafts[0].parts
    return frozenset(i for i in range(len(first)) if any(draft.parts[i] != first[i] for draft in drafts))


def _joined(parts: Sequence[Passage]) -> Passage:
    return Passage("".join([part.text for part in parts]).lstrip(), "".join([part.html for part in parts]).lstrip())


def _tagged(parts: Sequence[Passage], differing: frozenset[int], token: str) -> list[Passage]:
    """``parts`` with a tag where letters differ; the text's and the HTML's tags are two, for only one is escaped."""
    return [Passage(*_tags(i, token)) if i in differing else part for i, part in enumerate(parts)]


def _substitutions(draft: Draft, differing: frozenset[int], token: str) -> dict[str, str]:
    own: dict[str, str] = {}
    for i in differing:
        text, html = _tags(i, token)
        own[text], own[html] = draft.parts[i]
    return own


def _tags(part: int, token: str) -> tuple[str, str]:
    return f"-text-{_PARTS[part]}-{token}-", f"-html-{_PARTS[part]}-{token}-"


def _unused_token(sheet: Sheet, call: list[Addressed]) -> str:
    """What no supporter can guess, and what stands in none of the words of this call."""
    while True:
        token = secrets.token_hex(8)
        said = (*sheet.words.supporter, *(word for _, draft in call for word in (draft.subject, *_texts(draft))))
        if not any(token in words for words in said):
            return token


def _texts(draft: Draft) -> list[str]:
    return [part.text for part in draft.parts]
