"""Texts as authors write them: wrapped where their editor wraps, read as the paragraphs that they mean."""

from __future__ import annotations

import re

_LIST_ITEM = re.compile(r"\s*([-*•]|\d{1,2}[.)])\s")


def folded(text: str) -> str:
    """``text`` with each paragraph on one line: a single line break is a space, unless the next line is a list item."""
    paragraphs = re.split(r"\n\s*\n", text.strip())
    return "\n\n".join(_joined(paragraph.split("\n")) for paragraph in paragraphs)


def _joined(lines: list[str]) -> str:
    joined = lines[0].strip()
    for line in lines[1:]:
        joined += ("\n" if _LIST_ITEM.match(line) else " ") + line.strip()
    return joined
