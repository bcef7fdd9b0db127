"""Segments: who is meant, in the same words in a file and on the command line.

``region = 'Wales' and not wrote``, ``tag in ('volunteer', 'donor') or constituency = 'E14000530'``,
``language = 'cy' and not mailed in 14 days``.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NoReturn

from workers.campaign.segment_rules import Every, Flag, Is, Mailed, Rule, Some, Test, joined, negated
from workers.campaign.segment_words import SegmentError, Word, nearest, words

__all__ = ["EVERYBODY", "FIELDS", "Segment", "SegmentError", "parse"]

#: What may be asked, each with an example: the help of the command line is made from it.
FIELDS = {
    "constituency": "constituency in ('E14000530', 'W07000041')",
    "region": "region = 'Wales'",
    "tag": "tag = 'volunteer'",
    "language": "language != 'cy'",
    "wrote": "not wrote",
    "signed": "signed",
    "mailed": "not mailed in 14 days",
}
#: Days for which it is remembered who was mailed.
_REMEMBERED = 31
#: Brackets and nots inside one another.
_DEEPEST = 40

_SHAPES = {
    "constituency": (re.compile(r"([ENSW][0-9]{8})?"), "a GSS code, such as 'E14000530'"),
    "region": (re.compile(r".{0,100}"), "a region's name of at most 100 characters"),
    "tag": (re.compile(r"[a-z0-9-]{1,40}"), "a tag: small letters, digits and hyphens"),
    "language": (re.compile(r"([a-z]{2,3}(-[a-z0-9]{2,8})*)?"), "a language, such as 'cy' or 'en-GB'"),
}
_SAME = {"tags": "tag", "written": "wrote", "mailed_days": "mailed_days", "gss": "constituency", "lang": "language"}
_EQUAL, _UNEQUAL, _ORDER = ("=", "=="), ("!=", "<>"), ("<", "<=", ">", ">=")
_JOINING = ("and", "or", "not", "in", "has")


@dataclass(frozen=True)
class Segment:
    """Whom a mailing is for. Two that are written differently are equal if they say the same word for word."""

    rule: Rule
    matches: Test = field(compare=False, repr=False)
    needs: frozenset[str] = field(compare=False)

    def __str__(self) -> str:
        return str(self.rule)


def parse(text: str) -> Segment:
    """The segment that ``text`` says, "" is everybody; SegmentError points at the first word that is wrong."""
    if not text.strip():
        return EVERYBODY
    return _segment(_Parser(text).all())


def _segment(rule: Rule) -> Segment:
    return Segment(rule, rule.test(), rule.needs)


EVERYBODY = _segment(Every())


class _Parser:
    def __init__(self, text: str) -> None:
        self._text, self._words = text, list(words(text))
        self._at = self._depth = 0

    def all(self) -> Rule:
        rule = self._some()
        if self._next.value == ")":
            self._wrong("this bracket was never opened")
        if self._next.kind != "end":
            self._wrong("expected and, or, or the end here")
        return rule

    @property
    def _next(self) -> Word:
        return self._words[self._at]

    def _some(self) -> Rule:
        parts = [self._every()]
        while self._took("or"):
            parts.append(self._every())
        return joined(Some, parts)

    def _every(self) -> Rule:
        parts = [self._one()]
        while self._took("and"):
            parts.append(self._one())
        return joined(Every, parts)

    def _one(self) -> Rule:
        if self._took("not"):
            return negated(self._deeper(self._one))
        opened = self._next
        if self._took("("):
            rule = self._deeper(self._some)
            if not self._took(")"):
                what = "expected and, or, or a closing bracket here"
                self._wrong("this bracket is never closed" if self._next.kind == "end" else what, opened)
            return rule
        return self._condition()

    def _deeper(self, read: Callable[[], Rule]) -> Rule:
        if self._depth == _DEEPEST:
            self._wrong(f"brackets and nots may be {_DEEPEST} deep at most")
        self._depth += 1
        rule = read()
        self._depth -= 1
        return rule

    def _condition(self) -> Rule:
        asked = self._next
        name = _SAME.get(asked.value, asked.value)
        if asked.kind != "name" or name in _JOINING:
            self._wrong(f"expected a condition here, such as {FIELDS['region']}")
        self._at += 1
        match name:
            case "wrote" | "signed":
                return self._flag(name)
            case "mailed":
                return self._mailed()
            case "mailed_days":
                return self._mailed_days()
            case _ if name in _SHAPES:
                return self._compared(name)
            case _:
                return self._wrong(f"{_short(asked.value)} is not known{nearest(asked.value, FIELDS)}", asked)

    def _flag(self, name: str) -> Rule:
        if self._next.value in (*_EQUAL, *_UNEQUAL, *_ORDER, "in", "has") and self._next.kind != "text":
            self._wrong(f"{name} stands alone: write {name} or not {name}")
        return Flag(name)

    def _compared(self, name: str) -> Rule:
        if self._took(*_EQUAL) or (name == "tag" and self._took("has")):
            return Is(name, (self._value(name),))
        if self._took(*_UNEQUAL):
            return negated(Is(name, (self._value(name),)))
        if self._took("in"):
            return Is(name, self._values(name))
        if self._took("not"):
            self._require("in", f"expected in after not: {name} not in ('a', 'b')")
            return negated(Is(name, self._values(name)))
        return self._wrong(f"expected =, != or in after {name}, such as {FIELDS[name]}")

    def _values(self, name: str) -> tuple[str, ...]:
        self._require("(", f"expected a list in brackets here: {name} in ('a', 'b')")
        values = {self._value(name): None}
        while self._took(","):
            values[self._value(name)] = None
        self._require(")", "expected a comma or a closing bracket here")
        return tuple(values)

    def _value(self, name: str) -> str:
        word = self._next
        if word.kind != "text":
            bare = word.kind in ("name", "number") and word.value not in _JOINING
            shown = self._text[word.start : word.end]
            self._wrong(f"write it in quotes: '{_short(shown)}'" if bare else "expected a text in quotes here")
        self._at += 1
        value = _tidy(name, word.value)
        shape, should_be = _SHAPES[name]
        if not shape.fullmatch(value if name != "language" else value.lower()):
            self._wrong(f"this is not {should_be}", word)
        return value

    def _mailed(self) -> Rule:
        if not self._took("in", "within"):
            self._wrong("expected in and a number of days after mailed: mailed in 14 days")
        _ = self._took("the"), self._took("last")
        number = self._next
        days = self._number()
        if self._took("week", "weeks"):
            return Mailed(self._remembered(days * 7, number))
        if not self._took("day", "days"):
            self._wrong("expected days or weeks here")
        return Mailed(self._remembered(days, number))

    def _mailed_days(self) -> Rule:
        sign = self._next
        if not self._took(*_ORDER):
            self._wrong("expected <, <=, > or >= after mailed_days, such as mailed_days > 14")
        number = self._next
        days = self._remembered(self._number(), number) - (sign.value in ("<", ">="))
        if days < 0:
            self._wrong("nobody can be meant by this, or everybody: write 1 or more", number)
        return Mailed(days) if sign.value in ("<", "<=") else negated(Mailed(days))

    def _number(self) -> int:
        if self._next.kind != "number":
            self._wrong("expected a number of days here, such as 14")
        self._at += 1
        return int(self._words[self._at - 1].value.lstrip("0")[:9] or 0)

    def _remembered(self, days: int, word: Word) -> int:
        if days > _REMEMBERED:
            self._wrong(f"who was mailed is remembered for {_REMEMBERED} days: write that or less", word)
        return days

    def _took(self, *values: str) -> bool:
        if self._next.kind in ("text", "end") or self._next.value not in values:
            return False
        self._at += 1
        return True

    def _require(self, value: str, what: str) -> None:
        if not self._took(value):
            self._wrong(what)

    def _wrong(self, what: str, word: Word | None = None) -> NoReturn:
        word = word or self._next
        raise SegmentError(what, self._text, word.start, word.end)


def _tidy(name: str, value: str) -> str:
    value = " ".join(value.split())
    if name == "tag":
        return value.lower()
    return value.upper() if name == "constituency" else value


def _short(text: str) -> str:
    return text if len(text) <= 40 else text[:39] + "…"
