"""A frozen content and its readers as provider calls: a handful of strings for each reader, and nothing is rendered."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import lru_cache
from operator import attrgetter
from urllib.parse import quote

import msgspec

from workers.campaign.mailings import Content, Mailing, Reader
from workers.campaign.model import Campaign, Candidate
from workers.campaign.outcomes import Envelope, Recipient
from workers.mail.marks import BLOCKS, OTHERWISE, URLS, names_of, word_of
from workers.mail.words import NAME_LENGTH, NOTHING, Passage, escaped, header_name, one_line

#: SendGrid's limits for one call: personalizations, and bytes of substitutions in each.
RECIPIENTS = 1000
SUBSTITUTIONS = 10_000
#: Characters of values that take less than that, whatever they are: one may need six bytes in JSON, and tags need some.
_SURELY_FITS = 1400
#: Constituencies whose blocks are kept.
_SEATS = 2000
#: Contents whose blocks one process keeps.
_CONTENTS = 8
_LIST = '<ul style="margin: 0 0 16px; padding-left: 24px;">'
_HEADING = '<h2 style="font-size: 21px; line-height: 1.3; margin: 28px 0 8px;">'
#: Names as most are: the same in text, in HTML and in a header.
_PLAIN_NAME = re.compile(r"[A-Za-z0-9\u00c0-\u024f][A-Za-z0-9\u00c0-\u024f.\-]*(?: [A-Za-z0-9\u00c0-\u024f.\-]+)*")
_SAFE = "/:?#[]@!$&'()*+,;=%~-._"
_ONE_CLICK = "List-Unsubscribe=One-Click"

_encode = msgspec.json.Encoder().encode

Tags = tuple[str, str]
Fill = Callable[[Reader, dict[str, str]], None]


def tags_of(uses: tuple[str, ...], token: str) -> list[Tags]:
    """(tag in text, tag in HTML) of each use: two, for only one is escaped; an address is the same in both."""
    return [
        (f"-url-{name}-{token}-",) * 2
        if word_of(use)[0] in URLS
        else (f"-text-{name}-{token}-", f"-html-{name}-{token}-")
        for use, name in zip(uses, names_of(uses), strict=True)
    ]


def copies(campaign: Campaign, mailing: Mailing, readers: Iterable[tuple[str, Reader]]) -> list[Envelope]:
    """The fewest calls that carry a copy to each of ``readers`` (delivery id, reader), in their order.

    No address is twice in one call; who needs more words of their own than a call may substitute gets one alone.
    """
    fills = _fills(mailing.content.token, mailing.content.uses)
    calls, alone = _Calls(), []
    for delivery, reader in readers:
        own: dict[str, str] = {}
        for fill in fills:
            fill(reader, own)
        recipient = _recipient(delivery, reader, own)
        if sum(map(len, own.values())) > _SURELY_FITS and len(_encode(own)) > SUBSTITUTIONS:
            alone.append(
                _envelope(campaign, mailing, _filled(mailing.content, own), (replace(recipient, substitutions=None),))
            )
        else:
            calls.add(recipient)
    return [*(_envelope(campaign, mailing, mailing.content, tuple(call.values())) for call in calls.calls), *alone]


def filled(content: Content, reader: Reader) -> Content:
    """``content`` as one reader gets it."""
    own: dict[str, str] = {}
    for fill in _fills(content.token, content.uses):
        fill(reader, own)
    return _filled(content, own)


class _Calls:
    """As few lists as possible in which no address is twice and none is longer than SendGrid takes."""

    def __init__(self) -> None:
        self.calls: list[dict[str, Recipient]] = []
        self._first = 0  # calls before it are full

    def add(self, recipient: Recipient) -> None:
        key = recipient.email.casefold()
        for call in self.calls[self._first :]:
            if key not in call:
                call[key] = recipient
                break
        else:
            self.calls.append({key: recipient})
        while self._first < len(self.calls) and len(self.calls[self._first]) >= RECIPIENTS:
            self._first += 1


@lru_cache(maxsize=_CONTENTS)
def _fills(token: str, uses: tuple[str, ...]) -> tuple[Fill, ...]:
    """What puts one word of a reader behind its tags, for each use."""
    return tuple(_fill(use, *tags) for use, tags in zip(uses, tags_of(uses, token), strict=True))


def _fill(use: str, in_text: str, in_html: str) -> Fill:
    word, said = word_of(use)
    if word in URLS:
        return _fill_url(attrgetter(word), in_text)
    if word in BLOCKS:
        return _fill_candidates(said, in_text, in_html)
    return _fill_words(word, said, in_text, in_html)


def _fill_url(get: Callable[[Reader], str], tag: str) -> Fill:
    def fill(reader: Reader, own: dict[str, str]) -> None:
        url = get(reader)
        own[tag] = quote(url, safe=_SAFE) if '"' in url or "<" in url or ">" in url else url

    return fill


def _fill_words(word: str, otherwise: str, in_text: str, in_html: str) -> Fill:
    get: Callable[[Reader], str] = attrgetter("person.name" if word == "name" else word)
    default = otherwise or OTHERWISE[word]

    def passage(words: str) -> Passage:
        if _is_plain(words):
            return Passage(words, words)
        words = one_line(words, NAME_LENGTH) or default
        return Passage(words, escaped(words))

    # Names hardly ever come twice, constituencies again and again.
    said = passage if word == "name" else lru_cache(maxsize=_SEATS)(passage)

    def fill(reader: Reader, own: dict[str, str]) -> None:
        own[in_text], own[in_html] = said(get(reader))

    return fill


def _is_plain(name: str) -> bool:
    return len(name) <= NAME_LENGTH and _PLAIN_NAME.fullmatch(name) is not None


def _fill_candidates(heading: str, in_text: str, in_html: str) -> Fill:
    kept: dict[str, tuple[tuple[Candidate, ...], frozenset[str], Passage]] = {}

    def fill(reader: Reader, own: dict[str, str]) -> None:
        found = kept.get(reader.constituency)
        if found is None or found[0] != reader.candidates or found[1] != reader.signed:
            if len(kept) >= _SEATS:
                kept.clear()
            passage = _candidates(heading, reader)
            found = kept[reader.constituency] = (reader.candidates, reader.signed, passage)
        own[in_text], own[in_html] = found[2]

    return fill


def _candidates(heading: str, reader: Reader) -> Passage:
    """Who stands in the reader's constituency, and who of them signed; nothing where nobody is known."""
    if not reader.candidates:
        return NOTHING
    rows = [_described(one, has_signed=one.id in reader.signed) for one in reader.candidates]
    title = one_line(heading)
    text = "".join(f"\n- {row}" for row in rows)
    html = "\n".join(f"<li>{escaped(row)}</li>" for row in rows)
    head = (f"\n\n{title}\n{'-' * len(title)}\n", f"{_HEADING}{escaped(title)}</h2>\n") if title else ("\n", "")
    return Passage(head[0] + text, f"{head[1]}{_LIST}\n{html}\n</ul>\n")


def _described(one: Candidate, *, has_signed: bool) -> str:
    words = [one_line(word) for word in (one.name, one.party) if word]
    return ", ".join(words) + (" (has signed)" if has_signed else "")


def _filled(content: Content, own: dict[str, str]) -> Content:
    """``content`` for one reader alone."""
    parts = [content.subject, content.text, content.html]
    for tag, words in own.items():
        parts = [part.replace(tag, words) for part in parts]
    subject, text, html = parts
    return replace(content, subject=subject, text=text, html=html)


def _recipient(delivery: str, reader: Reader, own: dict[str, str] | None) -> Recipient:
    person = reader.person
    headers = {}
    if reader.unsubscribe_url:
        headers = {"List-Unsubscribe": f"<{reader.unsubscribe_url}>", "List-Unsubscribe-Post": _ONE_CLICK}
    name = person.name if _is_plain(person.name) else header_name(person.name)
    return Recipient(delivery, person.email.strip(), name if person.name.strip() else "", "", own, headers)


def _envelope(campaign: Campaign, mailing: Mailing, content: Content, recipients: tuple[Recipient, ...]) -> Envelope:
    name = header_name(mailing.sender.name)
    return Envelope(
        campaign=campaign.slug,
        from_name=name,
        from_address=mailing.sender.address,
        reply_to_name=name,
        reply_to_address=mailing.sender.address,
        subject=content.subject,
        text=content.text,
        html=content.html,
        recipients=recipients,
        category=f"{mailing.kind}.{mailing.name}",
    )
