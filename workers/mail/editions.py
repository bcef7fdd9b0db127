"""Bulletins and calls made ready: one content for all readers, with tags where what they are told differs."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from types import SimpleNamespace
from zoneinfo import ZoneInfo

from css_inline import CSSInliner

from workers.campaign.bulletin import Bulletin, Call, Shared
from workers.campaign.mailings import Content, Kind
from workers.campaign.model import Campaign
from workers.errors import ConfigError
from workers.mail import authored, blocks, markdown, plaintext
from workers.mail.authored import Address, List, Own
from workers.mail.blocks import Url
from workers.mail.copies import copies, tags_of
from workers.mail.marks import BLOCKS, OTHERWISE, URLS, Marks, word_of
from workers.mail.templates import Templates
from workers.mail.words import SUBJECT_LENGTH, Passage, escaped

__all__ = ["copies", "freeze", "kind_of"]

_INLINER = CSSInliner(keep_at_rules=True, load_remote_stylesheets=False)
_WIDE = re.compile(r"\n{3,}")
#: Blocks without which an edition that has them is empty.
_NEWS = frozenset({"news", "events", "signed_since"})


def freeze(
    made_of: Bulletin | Call, campaign: Campaign, shared: Shared, templates: Templates, *, reminder: bool = False
) -> Content:
    """What all readers of one edition get; ConfigError names file and line of whatever cannot be sent."""
    return _Edition(made_of, campaign, shared, templates, reminder=reminder).content()


def kind_of(made_of: Bulletin | Call) -> Kind:
    """Which of the two it is."""
    return Kind.CALL if isinstance(made_of, Call) else Kind.BULLETIN


@dataclass(frozen=True, slots=True)
class _Links:
    """Addresses that stand around every body."""

    unsubscribe: str
    preferences: str
    online: str


class _Edition:
    """One edition while it is made."""

    def __init__(
        self, made_of: Bulletin | Call, campaign: Campaign, shared: Shared, templates: Templates, *, reminder: bool
    ) -> None:
        self._of, self._campaign, self._shared, self._templates = made_of, campaign, shared, templates
        self._kind, self._reminder = kind_of(made_of), reminder
        self._where = f"{made_of.folder.parent.name}/{made_of.folder.name}"
        self._marks, self._token = Marks(), secrets.token_hex(8)

    def content(self) -> Content:
        if wrong := authored.flaws(self._of.body, f"{self._where}/body.md"):
            raise wrong[0]
        values = self._values()
        subject = self._subject(values)
        body = self._body(values)
        links = self._links()
        text, html = self._framed("body.txt", body, links, subject), self._framed("body.html", body, links, subject)
        own = self._tag
        return Content(
            subject=self._marks.fill(subject, 0, own(0)),
            text=self._marks.fill(text, 0, own(0)),
            html=_INLINER.inline(self._marks.fill(html, 1, own(1))),
            token=self._token,
            uses=tuple(self._marks.uses),
            language=self._of.language,
            online=self._marks.fill(body.html, 1, self._for_everybody) if self._kind is Kind.BULLETIN else "",
            news=self._news(),
        )

    def _subject(self, values: dict[str, object]) -> str:
        where = f"{self._where}/{self._kind}.toml, subject"
        source = self._of.subject
        if self._reminder and isinstance(self._of, Call) and self._of.remind_subject:
            source = self._of.remind_subject
        subject = authored.subject(source, values, self._kind, where)
        if not 0 < len(self._marks.fill(subject, 0, self._plainly)) <= SUBJECT_LENGTH:
            raise ConfigError(f"is empty or longer than {SUBJECT_LENGTH} characters", where=where, mend="shorten it")
        return subject

    def _body(self, values: dict[str, object]) -> Passage:
        """The author's text in both forms, marks and all."""
        where = f"{self._where}/body.md"
        source = authored.body(self._of.body, values, self._kind, where)
        for flaw in markdown.flaws(source, self._marks.urls):
            raise ConfigError(flaw.what, where=where, mend=flaw.mend)
        tokens = markdown.parse(source, self._marks.urls)
        body = Passage(plaintext.text(tokens, self._marks.any), markdown.html(tokens))
        if self._marks.is_misplaced(body.html):
            mend = "write it on a line of its own"
            raise ConfigError("has a block, such as candidates, in a table or in code", where=where, mend=mend)
        if not body.text.strip():
            raise ConfigError("comes to nothing", where=where, mend="write something that always stands there")
        return body

    def _framed(self, part: str, body: Passage, links: _Links, subject: str) -> str:
        values = {
            "campaign": {
                "title": self._campaign.title,
                "language": self._of.language,
                "imprint": self._campaign.imprint,
            },
            "title": self._of.title or self._campaign.title,
            "subject": self._marks.fill(subject, 0, self._plainly),
            "preheader": self._of.preheader,
            "content": body if part.endswith(".html") else Passage(self._token, ""),
            "links": links,
        }
        framed = self._templates.part(f"{self._kind}/{self._of.frame}/{part}", values)
        if part.endswith(".html"):
            return framed
        return _WIDE.sub("\n\n", plaintext.wrapped(framed)).replace(self._token, body.text)

    def _links(self) -> _Links:
        is_online = self._kind is Kind.BULLETIN
        unsubscribe, preferences = self._marks.reader("unsubscribe_url"), self._marks.reader("preferences_url")
        online = (self._shared.online_url or self._marks.reader("online_url")) if is_online else ""
        return _Links(unsubscribe, preferences, online)

    def _tag(self, form: int) -> Callable[[int], str]:
        return lambda number: tags_of(tuple(self._marks.uses), self._token)[number][form]

    def _plainly(self, number: int) -> str:
        """For the page's title: what is said when nothing is known of a reader."""
        word, said = word_of(self._marks.uses[number])
        return said or OTHERWISE.get(word, "")

    def _for_everybody(self, number: int) -> str:
        """What stands in the page for everybody in place of a reader's word."""
        word = word_of(self._marks.uses[number])[0]
        if word in BLOCKS:
            return ""
        return escaped(self._shared.campaign_url if word in URLS else self._plainly(number))

    def _news(self) -> int:
        """How much there is to tell; 1 for a text that tells by itself."""
        used = _NEWS & authored.names(self._of.body)
        return sum(len(getattr(self._shared, name)) for name in used) if used else 1

    def _values(self) -> dict[str, object]:
        campaign, shared, marks = self._campaign, self._shared, self._marks
        return {
            "campaign": SimpleNamespace(
                title=campaign.title,
                charter=campaign.charter,
                url=Url(shared.campaign_url),
                polling_day=_day(datetime.combine(campaign.polling_day, datetime.min.time())),
            ),
            "tally": shared,
            "signed_since": blocks.signed(shared.signed_since),
            "news": blocks.news(shared.news, marks),
            "events": blocks.events(shared.events, shared.campaign_url),
            "date": _day(datetime.fromtimestamp(shared.at, ZoneInfo(campaign.time_zone))),
            "title": self._of.title,
            "reminder": self._reminder,
            "person": SimpleNamespace(**{word: Own(marks, word, said) for word, said in OTHERWISE.items()}),
            **{word: List(marks, word) for word in BLOCKS},
            **{word: Address(marks, word) for word in URLS},
            **({"online_url": Url(shared.online_url)} if shared.online_url else {}),
        }


def _day(moment: datetime) -> str:
    return f"{moment.day} {moment:%B %Y}"
