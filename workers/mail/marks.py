"""Marks in a text while it is made: for words that each reader has of their own, and for finished passages."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable

from workers.mail.words import Passage

#: Words of a reader that are addresses, and those that are blocks of their own.
URLS = ("act_url", "unsubscribe_url", "preferences_url", "online_url")
BLOCKS = ("candidates",)
#: What stands for words that are not known of a reader, unless the text says otherwise.
OTHERWISE = {"name": "friend", "constituency": "your constituency"}


class Marks:
    """Drawn for each text, so that nothing in it can be taken for one; letters and figures, which Markdown lets be."""

    def __init__(self) -> None:
        edge = f"x{secrets.token_hex(12)}x"
        self._edge = edge
        self.any = re.compile(f"{edge}([a-z]+)([0-9]+){edge}")
        self.urls = re.compile(f"{edge}url[0-9]+{edge}")
        self.uses: list[str] = []
        self._passages: list[Passage] = []

    def reader(self, use: str) -> str:
        """For a reader's word, with what is said of it behind a colon: see ``word_of``."""
        if use not in self.uses:
            self.uses.append(use)
        word = word_of(use)[0]
        kind = "url" if word in URLS else "block" if word in BLOCKS else "own"
        return self._mark(kind, self.uses.index(use))

    def passage(self, passage: Passage) -> str:
        """For words that are finished in both forms."""
        self._passages.append(passage)
        return self._mark("passage", len(self._passages) - 1)

    def is_misplaced(self, html: str) -> bool:
        """Whether a block stands where it has no paragraph to itself: in code, or in a table."""
        edge = self._edge
        return f"{edge}block" in re.sub(f"<p>{edge}block[0-9]+{edge}</p>", "", html)

    def fill(self, words: str, form: int, own: Callable[[int], str]) -> str:
        """``words`` with all marks replaced: passages by their ``form`` (0: text, 1: HTML), readers' by ``own``.

        A block has a paragraph to itself: its mark takes that paragraph's place, with what parts it from the last.
        """
        edge = self._edge
        block = (f"(?:\n\n)?{edge}block([0-9]+){edge}", f"<p>{edge}block([0-9]+){edge}</p>\n?")[form]
        passage = (f"{edge}passage([0-9]+){edge}", f"<p>{edge}passage([0-9]+){edge}</p>\n?")[form]
        words = re.sub(passage, lambda found: self._passages[int(found[1])][form], words)
        words = re.sub(block, lambda found: own(int(found[1])), words)
        return self.any.sub(lambda found: self._rest(found, form, own), words)

    def _rest(self, found: re.Match[str], form: int, own: Callable[[int], str]) -> str:
        number = int(found[2])
        return self._passages[number][form] if found[1] == "passage" else own(number)

    def _mark(self, kind: str, number: int) -> str:
        return f"{self._edge}{kind}{number}{self._edge}"


def word_of(use: str) -> tuple[str, str]:
    """(word, what is said of it): "name:friend" is what stands for no name, "candidates:Who stands" a heading."""
    word, _, said = use.partition(":")
    return word, said


def names_of(uses: tuple[str, ...]) -> list[str]:
    """A name for each use's tag: its word, with a number if the word is used in more ways than one."""
    words = [word_of(use)[0] for use in uses]
    return [f"{word}{words[:at].count(word) + 1 if word in words[:at] else ''}" for at, word in enumerate(words)]
