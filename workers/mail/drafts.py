"""What a campaign would write to a candidate: its own texts, compiled once, kept for each candidate while they fit."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from functools import lru_cache
from typing import NamedTuple, TypeAlias

from workers.campaign.addresses import normal_address
from workers.campaign.model import Campaign, Candidate, Variant
from workers.campaign.texts import folded
from workers.errors import ConfigError
from workers.mail.asking import LINE, NAME, Asked, SignUrl, asked, linked
from workers.mail.stencil import Stencil, hole
from workers.mail.templates import Source, check_source
from workers.mail.words import NOTHING, Passage, escaped, header_name, one_line

#: Candidates kept rendered in one process: a general election's 4,000 with room, about 1 kB each.
_KEPT = 8192

#: What the texts of a campaign file may use.
NAMES = frozenset(
    {f"campaign.{name}" for name in ("title", "charter", "slug", "polling_day", "imprint")}
    | {f"candidate.{name}" for name in ("name", "honorific", "party", "region", "incumbent", "constituency_name")}
    | {NAME, "supporter.name", "supporter.postcode"}
)

_SAMPLE = asked(
    Candidate("1", "Jo Bloggs", "Example Party", "E14000001", constituency_name="Anytown", region="Anywhere"),
    lambda one: f"https://campaign.example/sign/{one.id}",
)


class Supporter(NamedTuple):
    """What a template may know of the person who writes; holes for it stand in what is kept."""

    name: str | Passage
    postcode: str | Passage


HOLES = Supporter(hole("name"), hole("postcode"))


class Words:
    """The supporter's own, made safe for every place they go to."""

    def __init__(self, name: str, postcode: str, subject: str, message: str) -> None:
        self.name, self.postcode = one_line(name) or "A supporter", one_line(postcode, 12)
        self.supporter = Supporter(self.name, self.postcode)
        self.subject = one_line(subject)
        self.message = Passage.after(message)
        self.text = {"name": self.name, "postcode": self.postcode}
        self.html = {name: escaped(word) for name, word in self.text.items()}


class Draft(NamedTuple):
    """One letter: its parts are salutation, body, ask, link and sign-off, any perhaps empty; joined as they are."""

    to: Candidate
    address_key: str
    name: str
    subject: str
    parts: tuple[Passage, ...]

    @property
    def texts(self) -> list[str]:
        return [part.text for part in self.parts]


#: A candidate's address as compared, their name in a header, who they are, and the texts: subject, then letter.
_Prepared: TypeAlias = "tuple[str, str, Asked, tuple[Passage | _Open, ...]]"


class Drafts:
    """The texts of one campaign."""

    def __init__(self, campaign: Campaign, sign_url: SignUrl) -> None:
        self.campaign, self._sign_url = campaign, sign_url
        once = lru_cache(maxsize=None)(lambda source, where: _Text(campaign, source, where))
        self._texts = {
            id(one): tuple(once(*source) for source in _sources(campaign, one)) for one in _variants(campaign)
        }
        self._places_link = any("sign_url" in text for one in _variants(campaign) for text in _own_texts(campaign, one))
        self._prepare = lru_cache(maxsize=_KEPT)(self._asking)
        self._prepare_thanks = lru_cache(maxsize=_KEPT)(self._thanking)

    def write(self, candidates: list[Candidate], words: Words, thanks: Collection[str] = ()) -> list[Draft]:
        """A draft for each of ``candidates``; those of ``thanks`` (ids) are thanked, and not asked."""
        shared: dict[_Text, Passage] = {}
        return [
            self._draft(one, (self._prepare_thanks if one.id in thanks else self._prepare)(one), words, shared)
            for one in candidates
        ]

    def _draft(self, candidate: Candidate, ready: _Prepared, words: Words, shared: dict[_Text, Passage]) -> Draft:
        address_key, name, who, prepared = ready
        subject, salutation, body, ask, link, sign_off = [
            text if isinstance(text, Passage) else text.complete(who, words, shared) for text in prepared
        ]
        if words.message.text:
            body = words.message
        ours = (salutation, ask, sign_off) if words.message.text else (salutation, body, ask, sign_off)
        if self._places_link and any(who.sign_url in part.text for part in ours):
            link = NOTHING
        parts = (salutation, body, ask, link, sign_off)
        return Draft(candidate, address_key, name, words.subject or subject.text, parts)

    def _asking(self, candidate: Candidate) -> _Prepared:
        return self._prepared(candidate, self.campaign.variant(candidate))

    def _thanking(self, candidate: Candidate) -> _Prepared:
        if self.campaign.thanks is None:
            mend = "write it again: letters of thanks were promised"
            raise ConfigError("is not there any more", where=f"campaign {self.campaign.slug}, letter.thanks", mend=mend)
        return self._prepared(candidate, self.campaign.thanks)

    def _prepared(self, candidate: Candidate, variant: Variant) -> _Prepared:
        """All that can be known of a letter before there is a supporter."""
        who = asked(candidate, self._sign_url)
        prepared = tuple(text.prepared(who) for text in self._texts[id(variant)])
        return normal_address(candidate.email), header_name(candidate.name, candidate.party), who, prepared


def _variants(campaign: Campaign) -> tuple[Variant, ...]:
    return (*campaign.variants, campaign.thanks) if campaign.thanks else campaign.variants


class _Text:
    """One text of a campaign, and which of the two people it names."""

    def __init__(self, campaign: Campaign, source: str, where: str) -> None:
        self._campaign, self._source = campaign, Source(source, where)
        self._passage = Passage.of if where.endswith(("subject", "salutation")) else Passage.after
        self._folds = where.endswith((" body", " ask"))
        self.names_candidate = "candidate" in self._source.uses
        self._names_supporter = "supporter" in self._source.uses
        # A subject is cut to length, and a hole must not be cut in two.
        self._has_holes = self._source.only_prints("supporter") and not where.endswith("subject")
        self._has_link = "sign_url" in source
        self._same: Passage | _Open | None = None
        if not self.names_candidate:
            self._same = self.prepared(_SAMPLE)

    def prepared(self, candidate: Asked) -> Passage | _Open:
        """The passage, or what is still open about it; one and the same object if it does not name the candidate."""
        if self._same is not None:
            return self._same
        if not self._names_supporter:
            return self.render(candidate, None)
        return _Open(self, self.render(candidate, HOLES) if self._has_holes else None)

    def render(self, candidate: Asked, supporter: Supporter | None) -> Passage:
        values = {"campaign": self._campaign, "candidate": candidate, "supporter": supporter}
        text = self._source.render(values)
        passage = self._passage(folded(text) if self._folds else text)
        return linked(passage, candidate.sign_url) if self._has_link else passage


class _Open:
    """A text that waits for its supporter: a stencil if that gives the same, else rendered anew for each."""

    def __init__(self, text: _Text, holed: Passage | None) -> None:
        self._text = text
        self._stencils = (Stencil(holed.text), Stencil(holed.html)) if holed else None

    def complete(self, candidate: Asked, words: Words, shared: dict[_Text, Passage]) -> Passage:
        """``shared`` keeps what is the same for all candidates of one supporter."""
        if self._text in shared:
            return shared[self._text]
        passage = self._filled(words) or self._text.render(candidate, words.supporter)
        if not self._text.names_candidate:
            shared[self._text] = passage
        return passage

    def _filled(self, words: Words) -> Passage | None:
        # A word that is missing can leave an empty line, which only rendering closes.
        if self._stencils is None or not words.postcode:
            return None
        text, html = self._stencils
        return Passage(text.fill(words.text), html.fill(words.html))


def _sources(campaign: Campaign, variant: Variant) -> Iterator[tuple[str, str]]:
    """(source, where) in the order of a letter, the subject first."""
    where = f"campaign {campaign.slug}"
    yield variant.subject, f"{where}, variant {variant.name}, subject"
    yield campaign.salutation, f"{where}, salutation"
    yield variant.body, f"{where}, variant {variant.name}, body"
    yield variant.ask, f"{where}, variant {variant.name}, ask"
    yield "" if variant is campaign.thanks else LINE, f"{where}, link"
    yield campaign.sign_off, f"{where}, sign_off"


def _own_texts(campaign: Campaign, variant: Variant) -> tuple[str, ...]:
    return campaign.salutation, variant.body, variant.ask, campaign.sign_off


def problems(campaign: Campaign) -> list[ConfigError]:
    """What is wrong with the texts of ``campaign``: syntax, unknown names, a subject or body that says nothing."""
    sources = dict.fromkeys(source for variant in _variants(campaign) for source in _sources(campaign, variant))
    return [problem for source, where in sources for problem in _problems(campaign, source, where)]


def _problems(campaign: Campaign, source: str, where: str) -> Iterator[ConfigError]:
    try:
        check_source(source, NAMES - {NAME} if where.endswith(" subject") else NAMES, where)
        passage = _Text(campaign, source, where).render(_SAMPLE, Supporter("Sam Sample", "AB1 2CD"))
    except ConfigError as problem:
        yield problem
        return
    if not passage.text and where.endswith((" subject", " body")):
        yield ConfigError("says nothing", where=where, mend="write it")
