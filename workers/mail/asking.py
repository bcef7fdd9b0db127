"""A candidate as a campaign's texts see them: with the personal link, which is a link in HTML as well."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from operator import attrgetter

from workers.campaign.model import Candidate
from workers.mail.words import Passage, escaped

#: The line with the link, below the ask; a letter that has the link in the campaign's own words does without.
LINE = "You can sign, or say no, here: {{ candidate.sign_url }}"
#: What a campaign's texts call the link.
NAME = "candidate.sign_url"

#: All that is known of a candidate, in order.
_names = [field.name for field in fields(Candidate)]
_values = attrgetter(*_names)

#: Where a candidate signs or says no.
SignUrl = Callable[[Candidate], str]


@dataclass(frozen=True, slots=True)
class Asked(Candidate):
    """A candidate with the link on which they sign or say no."""

    sign_url: str = ""


def asked(candidate: Candidate, sign_url: SignUrl) -> Asked:
    """``candidate`` with the link made for them."""
    known = dict(zip(_names, _values(candidate), strict=True))
    return Asked(**known, sign_url=sign_url(candidate))


def linked(passage: Passage, url: str) -> Passage:
    """``passage`` with ``url``, wherever its HTML shows it, as a link that shows where it leads."""
    shown = escaped(url)
    if not url or shown not in passage.html:
        return passage
    return Passage(passage.text, passage.html.replace(shown, f'<a href="{shown}">{shown}</a>'))
