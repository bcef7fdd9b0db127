"""Letters shown to their supporter before they are sent: all of them but what is meant for the candidate alone."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple

from workers.campaign.model import Campaign, Candidate
from workers.mail.drafts import Draft, Drafts, Words
from workers.mail.words import one_line

#: Stands for the candidate's personal link: whoever has that can answer for them.
_LINK = "(a personal link, for the candidate alone)"
#: Campaigns kept compiled in one process.
_CAMPAIGNS = 64


class Shown(NamedTuple):
    """One letter as plain text."""

    candidate: Candidate
    subject: str
    text: str


class Usual(NamedTuple):
    """What the campaign would write in the supporter's place; "" where that is not the same to all candidates."""

    subject: str
    message: str


class Previews:
    """The letters of every campaign, as they would be."""

    def __init__(self) -> None:
        self._drafts: dict[int, Drafts] = {}

    def letters(
        self, campaign: Campaign, candidates: Sequence[Candidate], words: Words, thanks: Collection[str] = ()
    ) -> list[Shown]:
        """A letter to each candidate; those of ``thanks`` (ids) are thanked, and not asked."""
        written = self._of(campaign).write(list(candidates), words, thanks)
        return [Shown(draft.to, _subject(campaign, draft), _text(draft)) for draft in written]

    def usual(self, campaign: Campaign, candidates: Sequence[Candidate], name: str, postcode: str) -> Usual:
        """The words that a supporter may take over, or change for all; ``name`` is "" while nobody knows it."""
        names = [name] if name else ["one", "another"]
        each = [self._of(campaign).write(list(candidates), Words(who, postcode, "", "")) for who in names]
        written = [draft for drafts in each for draft in drafts]
        subjects = {_subject(campaign, draft) for draft in written}
        bodies = {draft.parts[1].text.strip() for draft in written}
        return Usual(*(found.pop() if len(found) == 1 else "" for found in (subjects, bodies)))

    def _of(self, campaign: Campaign) -> Drafts:
        """Made once for each campaign object, which is kept with it so that its id stays its own."""
        drafts = self._drafts.get(id(campaign))
        if drafts is None:
            if len(self._drafts) >= _CAMPAIGNS:
                self._drafts.clear()
            drafts = self._drafts[id(campaign)] = Drafts(campaign, lambda _: _LINK)
        return drafts


def _subject(campaign: Campaign, draft: Draft) -> str:
    return one_line(draft.subject) or one_line(campaign.title)


def _text(draft: Draft) -> str:
    return "".join([part.text for part in draft.parts]).lstrip()
