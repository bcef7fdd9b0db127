"""A segment's text as words, each with its place, so that an error can point at it."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from workers.errors import InputError

#: Characters of a text: every constituency of the country can be listed in it.
LONGEST = 20_000
#: Characters of a line that an error shows, with the word in the middle.
_SHOWN = 100

_WORD = re.compile(
    r"""(?P<text>'(?:[^']|'')*'|"(?:[^"]|"")*")|(?P<number>[0-9]+)|(?P<name>[^\W\d][\w-]*)"""
    r"""|(?P<sign><=|>=|!=|<>|==|[=<>(),])|(?P<blank>\s+)|(?P<other>.)""",
    re.DOTALL,
)
_CURLY = "\u2018\u2019\u201c\u201d"


class Word(NamedTuple):
    """``kind`` is text, number, name, sign or end; ``value`` a text without quotes, a name in small letters."""

    kind: str
    value: str
    start: int
    end: int


class SegmentError(InputError):
    """Raised for a text that is no segment; says what is wrong with which word, and shows it with a mark below."""

    def __init__(self, what: str, text: str, start: int, end: int) -> None:
        self.line = text.count("\n", 0, start) + 1
        self.column = start - (text.rfind("\n", 0, start) + 1) + 1
        place = f"line {self.line}, column {self.column}" if "\n" in text.strip() else f"column {self.column}"
        super().__init__(f"{what} ({place})\n{_pointed(text, start, end)}")


def words(text: str) -> Iterator[Word]:
    """Every word of ``text``, and its end as the last one; SegmentError at a character that belongs to none."""
    if len(text) > LONGEST:
        raise SegmentError(f"is longer than {LONGEST:,} characters", text, LONGEST, LONGEST + 1)
    for match in _WORD.finditer(text):
        match match.lastgroup:
            case "blank":
                continue
            case "other":
                raise SegmentError(_stray(match[0]), text, match.start(), match.end())
            case kind:
                yield Word(str(kind), _value(str(kind), match[0]), match.start(), match.end())
    end = len(text.rstrip())
    yield Word("end", "", end, end + 1)


def nearest(word: str, known: Iterable[str]) -> str:
    """``: did you mean ...?``, or all that are known when none looks like it."""
    known = list(known)
    close = difflib.get_close_matches(word[:40], known, n=1, cutoff=0.6)
    return f": did you mean {close[0]}?" if close else f": known here are {', '.join(known)}"


def quoted(value: str) -> str:
    """``value`` as a text of a segment."""
    return "'" + value.replace("'", "''") + "'"


def _value(kind: str, found: str) -> str:
    if kind == "text":
        return found[1:-1].replace(found[0] * 2, found[0])
    return found.lower() if kind == "name" else found


def _stray(found: str) -> str:
    if found in _CURLY:
        return "write straight quotes, such as 'Wales'"
    if found in "'\"":
        return "this quote is never closed"
    return "this character means nothing here"


def _pointed(text: str, start: int, end: int) -> str:
    """The line around ``start``, and below it marks under the word."""
    first = text.rfind("\n", 0, start) + 1
    last = text.find("\n", start)
    first, last = max(first, start - _SHOWN // 2), min(len(text) if last < 0 else last, start + _SHOWN // 2)
    line = "".join(char if char.isprintable() else " " for char in text[first:last])
    return f"  {line}\n  {' ' * (start - first)}{'^' * max(1, min(end, last) - start)}"
