"""What a campaign would write to a candidate: its own texts, compiled once, kept for each candidate while they fit."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from workers.campaign.ids import normal_address
from workers.campaign.model import Campaign, Candidate, Variant
from workers.errors import ConfigError
from workers.mail.templates import Source, check_source
from workers.mail.words import NOTHING, Passage, header_name, one_line

#: Candidates kept rendered in one process: a general election's 4,000 with room, about 1 kB each.
_KEPT = 8192

#: What the texts of a campaign file may use.
NAMES = frozenset(
    {f"campaign.{name}" for name in ("title", "charter", "slug", "polling_day", "imprint")}
    | {f"candidate.{name}" for name in ("name", "honorific", "party", "region", "incumbent", "constituency_name")}
    | {"supporter.name", "supporter.postcode"}
)

_SAMPLE = Candidate("1", "Jo Bloggs", "Example Party", "E14000001", constituency_name="Anytown", region="Anywhere")


class Supporter(NamedTuple):
    """What a template may know of the person who writes."""

    name: str
    postcode: str


class Words(NamedTuple):
    """The supporter's own: "" and nothing where the campaign's text stands."""

    supporter: Supporter
    subject: str
    message: Passage


class Draft(NamedTuple):
    """One letter: salutation, body, ask and sign-off in ``parts``, any of them perhaps empty, to be joined as they are."""

    to: Candidate
    address_key: str
    name: str
    subject: str
    parts: tuple[Passage, ...]


class Drafts:
    """The texts of one campaign."""

    def __init__(self, campaign: Campaign) -> None:
        self.campaign = campaign
        once = lru_cache(maxsize=None)(lambda source, where: _Text(campaign, source, where))
        self._texts = {
            id(variant): tuple(once(*source) for source in _sources(campaign, variant)) for variant in campaign.variants
        }
        self._prepare = lru_cache(maxsize=_KEPT)(self._prepared)

    def write(self, candidates: list[Candidate], words: Words) -> list[Draft]:
        """A draft for each of ``candidates``; a text that names the supporter but no candidate is rendered once."""
        shared: dict[_Text, Passage] = {}
        return [self._draft(candidate, words, shared) for candidate in candidates]

    def _draft(self, candidate: Candidate, words: Words, shared: dict[_Text, Passage]) -> Draft:
        address_key, name, texts = self._prepare(candidate)
        ready = [_ready(text, candidate, words.supporter, shared) for text in texts]
        subject, salutation, body, ask, sign_off = ready
        parts = (salutation, words.message if words.message.text else body, ask, sign_off)
        return Draft(candidate, address_key, name, words.subject or one_line(subject.text), parts)

    def _prepared(self, candidate: Candidate) -> tuple[str, str, tuple[Passage | _Text, ...]]:
        """All that does not need the supporter: what does is left as its text."""
        texts = self._texts[id(self.campaign.variant(candidate))]
        passages = tuple(text if text.uses_supporter else text.passage(candidate, None) for text in texts)
        return normal_address(candidate.email), header_name(candidate.name, candidate.party), passages


class _Text:
    """One text of a campaign, and which of the two people it names."""

    def __init__(self, campaign: Campaign, source: str, where: str) -> None:
        self._source, self._campaign = Source(source, where), campaign
        self._passage = Passage.of if where.endswith(("subject", "salutation")) else Passage.after
        self.uses_supporter = "supporter" in self._source.uses
        self.uses_candidate = "candidate" in self._source.uses
        self._fixed = None if self._source.uses - {"campaign"} else self._render({"campaign": campaign})

    def passage(self, candidate: Candidate, supporter: Supporter | None) -> Passage:
        if self._fixed is not None:
            return self._fixed
        return self._render({"campaign": self._campaign, "candidate": candidate, "supporter": supporter})

    def _render(self, values: dict[str, object]) -> Passage:
        return self._passage(self._source.render(values))


def _ready(text: Passage | _Text, candidate: Candidate, supporter: Supporter, shared: dict[_Text, Passage]) -> Passage:
    if isinstance(text, Passage):
        return text
    if text.uses_candidate:
        return text.passage(candidate, supporter)
    if text not in shared:
        shared[text] = text.passage(candidate, supporter)
    return shared[text]


def _sources(campaign: Campaign, variant: Variant) -> Iterator[tuple[str, str]]:
    """(source, where) in the order of a letter, the subject first."""
    where = f"campaign {campaign.slug}"
    yield variant.subject, f"{where}, variant {variant.name}, subject"
    yield campaign.salutation, f"{where}, salutation"
    yield variant.body, f"{where}, variant {variant.name}, body"
    yield variant.ask, f"{where}, variant {variant.name}, ask"
    yield campaign.sign_off, f"{where}, sign_off"


def problems(campaign: Campaign) -> list[ConfigError]:
    """What is wrong with the texts of ``campaign``: syntax, unknown names, a subject or body that says nothing."""
    sources = dict.fromkeys(source for variant in campaign.variants for source in _sources(campaign, variant))
    return [problem for source, where in sources for problem in _problems(campaign, source, where)]


def _problems(campaign: Campaign, source: str, where: str) -> Iterator[ConfigError]:
    try:
        check_source(source, NAMES, where)
        text = _Text(campaign, source, where).passage(_SAMPLE, Supporter("Sam Sample", "AB1 2CD"))
    except ConfigError as problem:
        yield problem
        return
    if text is NOTHING and not where.endswith((" ask", " salutation", " sign_off")):
        yield ConfigError("says nothing", where=where, mend="write it")


def words_of(name: str, postcode: str, subject: str, message: str) -> Words:
    """A supporter's own words, made safe for every place they go to."""
    supporter = Supporter(one_line(name) or "A supporter", one_line(postcode, 12))
    return Words(supporter, one_line(subject), Passage.after(message))
