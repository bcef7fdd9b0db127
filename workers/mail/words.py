"""Words that strangers wrote, made safe to carry: one line for a header, plain text for a letter, escaped HTML."""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

from markupsafe import escape

#: Characters that show nothing or turn the reading direction: controls, zero widths, bidi marks, tags, private use.
_UNSEEN = (
    "\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\uffff\ud800-\udfff\ue000-\uf8ff\U000e0000-\U0010ffff"
)
_NOT_IN_HEADERS = re.compile(f"[{_UNSEEN}]+")
#: Joiners, marks and variation selectors stay in a letter: Persian, Hindi and emoji are spelled with them.
_NOT_IN_LETTERS = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u202a-\u202e\u2066-\u2069\ufeff\ufff0-\uffff\ud800-\udfff]+"
)
_LINE_ENDS = re.compile("\r\n?|[\x0b\x0c\x1c-\x1f\x85\u2028\u2029]")
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
#: The start of an encoded word (RFC 2047): readers would decode what a stranger encoded, line ends and all.
_ENCODED = re.compile(r"=\?(?=\S)")
_GAPS = re.compile(r"[^\S\n]*\n(?:[^\S\n]*\n)+")
#: What would end, group or route an address if a client forgot to quote a name; SendGrid refuses "," and ";".
_SPECIAL = re.compile(r'[,;:<>"@\\()\[\]`{}|]+')
_ADDRESS = re.compile(r'<?(?:"[^"\n]{0,256}"|[^\s<>"\',;:=()\[\]]{1,256})@[^\s<>"\',;:()\[\]]{1,255}>?')

#: Characters in a name and in a subject: longer ones are cut by clients anyway.
NAME_LENGTH = 70
SUBJECT_LENGTH = 150


class Passage(NamedTuple):
    """The same words twice: ``text`` as they stand, and ``html`` escaped."""

    text: str
    html: str

    def __str__(self) -> str:
        return self.text

    def __html__(self) -> str:
        """Jinja's protocol for values that are safe in HTML as they are."""
        return self.html

    @classmethod
    def of(cls, words: str) -> Passage:
        """A passage of plain words: a blank line parts paragraphs, a line end breaks the line; "" if there are none."""
        clean = plain(words)
        return cls(clean, paragraphs(clean)) if clean else NOTHING

    @classmethod
    def after(cls, words: str) -> Passage:
        """A passage that can be appended to another as it is: what parts it from the one before is in it."""
        passage = cls.of(words)
        return cls(f"\n\n{passage.text}", f"\n{passage.html}") if passage.text else NOTHING


NOTHING = Passage("", "")


def plain(words: str) -> str:
    """``words`` with unix line ends, no characters that control a terminal or the reading direction, no wide gaps."""
    if not (words.isascii() and words.isprintable()):
        words = _NOT_IN_LETTERS.sub("", _LINE_ENDS.sub("\n", words))
    return _GAPS.sub("\n\n", words).strip() if "\n" in words else words.strip()


def escaped(words: str) -> str:
    """``words`` as HTML that shows them."""
    return str(escape(words))


def paragraphs(words: str) -> str:
    """``words`` as HTML: escaped whole, then ``<p>`` and ``<br>``; nothing in them becomes markup or a link."""
    blocks = escaped(words).split("\n\n")
    return "\n".join("<p>" + block.replace("\n", "<br>\n") + "</p>" for block in blocks)


def one_line(words: str, limit: int = SUBJECT_LENGTH) -> str:
    """``words`` as one header-safe line of at most ``limit`` characters; may be ""."""
    if not (words.isascii() and words.isprintable()):
        words = unicodedata.normalize("NFC", _NOT_IN_HEADERS.sub("", _CONTROLS.sub(" ", words)))
    line = " ".join(words[: limit * 8].split())[:limit].rstrip()
    return _ENCODED.sub("= ?", line)[:limit] if "=?" in line else line


def header_name(*choices: str) -> str:
    """The first of ``choices`` that still says something once it is safe as the name of an address."""
    for words in choices:
        name = one_line(_SPECIAL.sub(" ", words), NAME_LENGTH)
        if any(map(str.isalnum, name)):
            return name
    return "Someone"


def without_addresses(words: str, *known: str, limit: int = 200) -> str:
    """``words`` as one short line in which e-mail addresses, and the local parts of ``known`` ones, are masked."""
    line = _ADDRESS.sub("[address]", one_line(words, limit * 4))
    for address in known:
        local = address.partition("@")[0]
        if len(local) > 2:
            line = re.sub(rf"(?i)(?<!\w){re.escape(local)}(?!\w)", "[address]", line)
    return line[:limit]
