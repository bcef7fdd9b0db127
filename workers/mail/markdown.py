"""Markdown as bulletins and calls are written in: CommonMark with tables, no raw HTML, and only what mail can carry."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple
from urllib.parse import quote

from markdown_it import MarkdownIt
from markdown_it.token import Token

from workers.mail.words import plain

_READ = MarkdownIt("commonmark", {"html": False}).enable("table")
#: Sees raw HTML, in order to say where it is.
_LOOK = MarkdownIt("commonmark", {"html": True}).enable("table")
_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")
_ABSOLUTE = re.compile(r"https?://[^\s/]|mailto:[^\s@]+@[^\s@]", re.IGNORECASE)
_PICTURE = re.compile(r"https?://[^\s/]", re.IGNORECASE)
#: The title of a link that is shown as a button.
BUTTON = "button"


class Flaw(NamedTuple):
    """What mail cannot carry, at a line of the source."""

    line: int
    what: str
    mend: str


def escaped(words: str) -> str:
    """``words`` as Markdown that shows them: nothing in them is markup; line ends stay."""
    lines = [_PUNCTUATION.sub(r"\\\1", " ".join(line.split())) for line in plain(words).split("\n")]
    return "\n".join(lines).replace("\n", "\\\n").replace("\\\n\\\n", "\n\n")


def address(url: str) -> str:
    """``url`` so that Markdown sees nothing in it, in a link and outside."""
    return quote(url, safe="/:?#@!$&'+,;=%~-._")


def parse(source: str, mark: re.Pattern[str]) -> list[Token]:
    """Tokens of ``source``; what ``mark`` finds in running text is a link."""
    tokens = _READ.parse(source)
    for token in tokens:
        if token.type == "inline":
            token.children = list(_linked(token.children or [], mark))
    return tokens


def html(tokens: Sequence[Token]) -> str:
    """``tokens`` as HTML."""
    rendered: str = _READ.renderer.render(tokens, _READ.options, {})
    return rendered


def flaws(source: str, ours: re.Pattern[str]) -> Iterator[Flaw]:
    """Everything in ``source`` that a mail cannot carry; addresses that match ``ours`` are filled in later."""
    for token in _LOOK.parse(source):
        line = (token.map or [0])[0] + 1
        if token.type == "html_block":
            yield Flaw(line, *_RAW)
        for child in token.children or ():
            line += child.type in ("softbreak", "hardbreak")
            if wrong := _wrong(child, ours):
                yield Flaw(line, *wrong)


_RAW = ("holds raw HTML", r"write it in Markdown; \< shows a <")


def _wrong(token: Token, ours: re.Pattern[str]) -> tuple[str, str] | None:
    """What is wrong with one part of a paragraph, and how to mend it."""
    href, src = str(token.attrGet("href") or ""), str(token.attrGet("src") or "")
    if token.type == "html_inline":
        return _RAW
    if token.type == "image" and not token.content.strip():
        return "has an image without alt text", "say between its brackets what it shows: ![what it shows](address)"
    if token.type == "image" and not _PICTURE.match(src):
        return "has an image whose address is not absolute", "write it with https://"
    if token.type == "link_open" and not _ABSOLUTE.match(href) and not ours.match(href):
        return "has a link whose address is not absolute", "write it with https:// or mailto:"
    if token.type == "text" and "](" in token.content:
        return "has a link that is none, or that mail may not hold", "write [words](https://address)"
    return None


def _linked(children: Sequence[Token], mark: re.Pattern[str]) -> Iterator[Token]:
    """The same, with links around addresses that stand outside of links, and buttons as such."""
    depth = 0
    for token in children:
        depth += token.nesting if token.type.startswith("link_") else 0
        if token.type == "link_open" and token.attrGet("title") == BUTTON:
            del token.attrs["title"]
            token.attrSet("class", BUTTON)
        if token.type == "text" and not depth:
            yield from _split(token.content, mark)
        else:
            yield token


def _split(text: str, mark: re.Pattern[str]) -> Iterator[Token]:
    at = 0
    for found in mark.finditer(text):
        yield Token("text", "", 0, content=text[at : found.start()])
        yield Token("link_open", "a", 1, attrs={"href": found[0]})
        yield Token("text", "", 0, content=found[0])
        yield Token("link_close", "a", -1)
        at = found.end()
    yield Token("text", "", 0, content=text[at:])
