"""What an event says in words, as it may be shown: cut to size, without what only other programs want."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

from workers.campaign.contributed import NAME, TEXT, TITLE, one_line, plain_text, web_link
from workers.errors import InputError


def line(component: Any, name: str, most: int) -> str:
    """A property as one line of at most so many characters; what is longer is cut."""
    value = component.get(name, "")
    text = "".join(char if char.isprintable() else " " for char in _first(value))
    return one_line(text[: most * 4], name, most * 4)[:most].strip()


def _first(value: Any) -> str:
    return str(value[0] if isinstance(value, list) and value else value or "")


def description(component: Any) -> str:
    """What is said of it, in plain words."""
    text = _first(component.get("DESCRIPTION", ""))
    if re.search(r"<(?:br|p|a|b|i|ul|li|div|span|html)\b[^>]*>", text, re.IGNORECASE):
        text = _Words.of(text)
    kept = "".join(char for char in text if char.isprintable() or char in "\n\t")
    return plain_text(kept[:TEXT], "description")


def link(component: Any) -> str:
    """Its page on the web, or ""."""
    try:
        return web_link(_first(component.get("URL", "")), "link")
    except InputError:
        return ""  # addresses of somebody's own machine or program are in many files, and no use to readers


def organiser(component: Any) -> str:
    """Their name: the property itself is somebody's address."""
    value = component.get("ORGANIZER")
    name = str(getattr(value, "params", {}).get("CN", ""))
    return "" if "@" in name else shown(name)[:NAME]


def shown(text: str) -> str:
    """A property as it is written, for an error: one line, nothing that moves a cursor."""
    text = text.replace("\\,", ",").replace("\\;", ";").replace("\\n", " ")
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())[:TITLE]


class _Words(HTMLParser):
    """The words of a description that was written in HTML."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts = list[str]()

    @classmethod
    def of(cls, text: str) -> str:
        parser = cls()
        parser.feed(text)
        parser.close()
        return re.sub(r"\n{3,}", "\n\n", "".join(parser.parts))

    def handle_data(self, data: str) -> None:
        self.parts.append(data)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002 -- the library's
        self.parts.append({"br": "\n", "p": "\n\n", "div": "\n", "li": "\n- "}.get(tag, ""))

    def handle_endtag(self, tag: str) -> None:
        self.parts.append("\n" if tag in {"p", "div"} else "")
