"""The plain text part of a mail, made from the same Markdown: 72 columns, links with their addresses beside them."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Iterator, Sequence

from markdown_it.token import Token
from markdown_it.tree import SyntaxTreeNode

#: Columns.
WIDTH = 72
#: Columns that a reader's own words are taken to need.
_OWN = "m" * 14
#: Between the columns of a table.
_GAP = "  "
_UNDERLINES = {"h1": "=", "h2": "-"}

Width = Callable[[str], int]


def text(tokens: Sequence[Token], mark: re.Pattern[str]) -> str:
    """``tokens`` as plain text; what ``mark`` finds stands for words of another length, and is never broken."""
    return _Text(lambda words: len(mark.sub(_OWN, words))).blocks(SyntaxTreeNode(tokens).children, WIDTH)


def wrapped(words: str) -> str:
    """``words`` with line ends where lines are too long; addresses are never broken."""
    return "\n".join(
        textwrap.fill(line, WIDTH, break_long_words=False, break_on_hyphens=False) if len(line) > WIDTH else line
        for line in words.split("\n")
    )


class _Text:
    """Blocks of Markdown, one way or the other, in so many columns."""

    def __init__(self, width_of: Width) -> None:
        self._width_of = width_of

    def blocks(self, nodes: Sequence[SyntaxTreeNode], width: int, gap: str = "\n\n") -> str:
        return gap.join(filter(None, [self._block(node, width) for node in nodes]))

    def _block(self, node: SyntaxTreeNode, width: int) -> str:
        write = _WRITERS.get(node.type)
        return write(self, node, width) if write else self.blocks(node.children, width)

    def paragraph(self, node: SyntaxTreeNode, width: int) -> str:
        return self._wrapped(_inline(node), width)

    def quotation(self, node: SyntaxTreeNode, width: int) -> str:
        return _behind("> ", "> ", self.blocks(node.children, width - 2))

    def code(self, node: SyntaxTreeNode, width: int) -> str:  # noqa: ARG002  # code is not wrapped
        return _behind("    ", "    ", node.content.rstrip("\n"))

    def rule(self, node: SyntaxTreeNode, width: int) -> str:  # noqa: ARG002  # the same everywhere
        return "-" * 24

    def heading(self, node: SyntaxTreeNode, width: int) -> str:
        words = self._wrapped(_inline(node), width)
        line = _UNDERLINES.get(node.tag, "")
        return f"{words}\n{line * max(map(self._width_of, words.splitlines()), default=0)}" if line else words

    def list_(self, node: SyntaxTreeNode, width: int) -> str:
        first = int(str(node.attrs.get("start", 1)))
        points = ["-"] * len(node.children)
        if node.type == "ordered_list":
            points = [f"{first + number}." for number in range(len(node.children))]
        is_tight = all(part.hidden for item in node.children for part in item.children if part.type == "paragraph")
        gap = "\n" if is_tight else "\n\n"
        return gap.join(
            _behind(f"{point} ", " " * (len(point) + 1), self.blocks(item.children, width - len(point) - 1, gap))
            for point, item in zip(points, node.children, strict=True)
        )

    def table(self, node: SyntaxTreeNode, width: int) -> str:
        rows = [[_inline(cell) for cell in row.children] for part in node.children for row in part.children]
        right = ["right" in str(cell.attrs.get("style", "")) for cell in node.children[0].children[0].children]
        widths = [max(map(self._width_of, column)) for column in zip(*rows, strict=True)]
        if sum(widths) + len(_GAP) * (len(widths) - 1) > width:
            return "\n\n".join(self._record(rows[0], row, width) for row in rows[1:])
        rows.insert(1, ["-" * size for size in widths])
        return "\n".join(_GAP.join(self._cells(row, widths, right)).rstrip() for row in rows)

    def _cells(self, row: list[str], widths: list[int], right: list[bool]) -> Iterator[str]:
        for words, size, is_right in zip(row, widths, right, strict=True):
            blank = " " * (size - self._width_of(words))
            yield blank + words if is_right else words + blank

    def _record(self, heads: list[str], row: list[str], width: int) -> str:
        """A row of a table that is too wide: one line for each column."""
        pairs = [f"{head}: {words}" if head else words for head, words in zip(heads, row, strict=True) if words]
        return "\n".join(self._wrapped(pair, width) for pair in pairs)

    def _wrapped(self, words: str, width: int) -> str:
        return "\n".join(line for part in words.split("\n") for line in self._lines(part.split(), width))

    def _lines(self, words: list[str], width: int) -> Iterator[str]:
        line, used = list[str](), 0
        for word in words:
            size = self._width_of(word)
            if line and used + 1 + size > width:
                yield " ".join(line)
                line, used = [], 0
            used += size + bool(line)
            line.append(word)
        yield " ".join(line)


_WRITERS: dict[str, Callable[[_Text, SyntaxTreeNode, int], str]] = {
    "paragraph": _Text.paragraph,
    "inline": _Text.paragraph,
    "heading": _Text.heading,
    "bullet_list": _Text.list_,
    "ordered_list": _Text.list_,
    "blockquote": _Text.quotation,
    "code_block": _Text.code,
    "fence": _Text.code,
    "table": _Text.table,
    "hr": _Text.rule,
}


def _behind(first: str, others: str, words: str) -> str:
    """``words`` with something before each line that is not blank."""
    lines = words.split("\n")
    return "\n".join(f"{others if number else first}{line}".rstrip() for number, line in enumerate(lines))


def _inline(node: SyntaxTreeNode) -> str:
    match node.type:
        case "text" | "code_inline":
            return node.content
        case "softbreak":
            return " "
        case "hardbreak":
            return "\n"
        case "image":
            return f"[{node.content}]"
        case "link":
            return _link(node)
        case _:
            return "".join(map(_inline, node.children))


def _link(node: SyntaxTreeNode) -> str:
    words = "".join(map(_inline, node.children))
    where = str(node.attrs["href"]).removeprefix("mailto:")
    if words in (where, ""):
        return where
    return f"{words}:\n{where}" if node.attrs.get("class") else f"{words} ({where})"
