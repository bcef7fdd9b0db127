"""Letters into provider calls: what all recipients share once, and the rest as substitutions for each."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import lru_cache, partial
from itertools import compress
from operator import not_
from typing import NamedTuple

import msgspec

from workers.campaign.links import Links
from workers.campaign.model import Action, Campaign, Candidate, Person
from workers.campaign.outcomes import Envelope, Recipient
from workers.mail.drafts import HOLES, Draft, Drafts, Words
from workers.mail.stencil import Stencil, hole
from workers.mail.templates import Templates
from workers.mail.words import Passage, header_name, one_line

#: The message that carries a supporter's letter.
LETTER = "letter/candidate"
#: SendGrid's limits for one call: personalizations, and bytes of substitutions in each.
RECIPIENTS = 1000
SUBSTITUTIONS = 10_000
#: Campaigns kept compiled in one process, and subjects for each.
_CAMPAIGNS, _SUBJECTS = 64, 1024

_encode = msgspec.json.Encoder().encode

_PARTS = ("salutation", "body", "ask", "link", "sign-off")

Addressed = tuple[str, Draft]


class _Push:
    """What is made once for a campaign: its texts, and the message folder's frame around them."""

    def __init__(self, templates: Templates, links: Links, campaign: Campaign) -> None:
        self.campaign, self.drafts = campaign, Drafts(campaign, partial(links.sign_url, campaign))
        self.sender_name = header_name(campaign.sender.name)
        self.subject = lru_cache(maxsize=_SUBJECTS)(self._subject)
        self._templates = templates
        self._text, self._html = self._stencil("body.txt"), self._stencil("body.html")

    def frame(self, words: Words, letter: Passage) -> tuple[str, str]:
        """``letter`` as text and as HTML, with all that stands around it."""
        if self._text is None or self._html is None:
            values = {"supporter": words.supporter, "letter": letter}
            return self._render("body.txt", values), self._render("body.html", values)
        return self._text.fill({**words.text, "letter": letter.text}), self._html.fill(
            {**words.html, "letter": letter.html}
        )

    def _subject(self, subject: str) -> str:
        return one_line(self._render("subject.txt", {"subject": subject})) or one_line(self.campaign.title)

    def _stencil(self, part: str) -> Stencil | None:
        if not all(self._templates.only_prints(f"{LETTER}/{part}", name) for name in ("supporter", "letter")):
            return None
        return Stencil(self._render(part, {"supporter": HOLES, "letter": hole("letter")}))

    def _render(self, part: str, values: Mapping[str, object]) -> str:
        return self._templates.part(f"{LETTER}/{part}", {"campaign": self.campaign, **values})


class _Sheet(NamedTuple):
    """What every envelope of one action has in common."""

    push: _Push
    person: Person
    words: Words


class Composer:
    """Writes an action's letters with the project's templates and the campaign's own texts."""

    def __init__(self, templates: Templates, links: Links) -> None:
        self._templates, self._links = templates, links
        self._pushes: dict[int, _Push] = {}

    def drafts(self, campaign: Campaign) -> Drafts:
        """What a campaign would write, to be used in mails of another kind."""
        return self._push(campaign).drafts

    def sign_url(self, campaign: Campaign, candidate: Candidate) -> str:
        """Where a candidate answers."""
        return self._links.sign_url(campaign, candidate)

    def compose(
        self,
        campaign: Campaign,
        person: Person,
        action: Action,
        letters: Sequence[tuple[str, Candidate]],
        thanks: Collection[str] = (),
    ) -> list[Envelope]:
        """The fewest calls that carry ``letters`` (delivery id, candidate): no address is twice in one of them.

        ``thanks`` are the candidates (ids) who have signed: their letters thank, and ask for nothing.

        ConfigError if a template cannot be rendered.
        """
        sheet = _Sheet(
            self._push(campaign), person, Words(person.name, person.postcode, action.subject, action.message)
        )
        drafts = sheet.push.drafts.write([candidate for _, candidate in letters], sheet.words, thanks)
        addressed = list(zip([delivery for delivery, _ in letters], drafts, strict=True))
        return [envelope for call in _calls(addressed) for envelope in _fold(sheet, call)]

    def _push(self, campaign: Campaign) -> _Push:
        """Made once for each campaign object, which is kept with it so that its id stays its own."""
        push = self._pushes.get(id(campaign))
        if push is None:
            if len(self._pushes) >= _CAMPAIGNS:
                self._pushes.clear()
            push = self._pushes[id(campaign)] = _Push(self._templates, self._links, campaign)
        return push


def _fold(sheet: _Sheet, call: list[Addressed]) -> Iterator[Envelope]:
    """One envelope, and one more for each letter whose own part is too long to be a substitution."""
    differing = _differing([draft for _, draft in call])
    if not differing:
        yield _envelope(sheet, call, _joined(call[0][1].parts), [None] * len(call))
        return
    token = _unused_token(sheet.words, call)
    own = [_substitutions(draft, differing, token) for _, draft in call]
    fits = [len(_encode(substitutions)) <= SUBSTITUTIONS for substitutions in own]
    if any(fits):
        folded, kept = list(compress(call, fits)), list(compress(own, fits))
        yield _envelope(sheet, folded, _joined(_tagged(folded[0][1].parts, differing, token)), kept)
    for addressed in compress(call, map(not_, fits)):
        yield from _fold(sheet, [addressed])


def _envelope(sheet: _Sheet, call: list[Addressed], letter: Passage, own: Sequence[dict[str, str] | None]) -> Envelope:
    push, words = sheet.push, sheet.words
    subject = push.subject(call[0][1].subject)
    name = header_name(words.name, "A supporter")
    text, html = push.frame(words, letter)
    return Envelope(
        campaign=push.campaign.slug,
        from_name=f"{name} via {push.sender_name}",
        from_address=push.campaign.sender.address,
        reply_to_name=name,
        reply_to_address=sheet.person.email,
        subject=subject,
        text=text,
        html=html,
        recipients=tuple(
            [_recipient(*one, push.subject(one[1].subject), subject, part) for one, part in zip(call, own, strict=True)]
        ),
    )


def _recipient(
    delivery: str, draft: Draft, subject: str, shared_subject: str, substitutions: dict[str, str] | None
) -> Recipient:
    own_subject = "" if subject == shared_subject else subject
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


def _unused_token(words: Words, call: list[Addressed]) -> str:
    """What no supporter can guess, and what stands in none of the words of this call."""
    said = "\n".join([*words.text.values(), *[text for _, draft in call for text in (draft.subject, *draft.texts)]])
    while (token := secrets.token_hex(8)) in said:
        pass
    return token
