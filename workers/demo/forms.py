"""A form on a page, as a browser would send it when nothing in it was changed."""

from __future__ import annotations

from html.parser import HTMLParser
from urllib.parse import urlencode

#: What a browser sends only if it was chosen, or not at all.
_CHOSEN, _LEFT_OUT = frozenset({"checkbox", "radio"}), frozenset({"submit", "button", "reset"})


def filled(page: str) -> bytes:
    """The fields of the page's form, with what stands in them."""
    reader = _Fields()
    reader.feed(page)
    return urlencode(reader.fields).encode()


class _Fields(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.fields: list[tuple[str, str]] = []
        self._area: tuple[str, list[str]] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        has = {name: value or "" for name, value in attrs}
        if not has.get("name"):
            return
        kind = has.get("type", "text")
        if tag == "textarea":
            self._area = has["name"], []
        elif tag == "input" and kind not in _LEFT_OUT and (kind not in _CHOSEN or "checked" in has):
            self.fields.append((has["name"], has.get("value", "")))

    def handle_data(self, data: str) -> None:
        if self._area:
            self._area[1].append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea" and self._area:
            name, words = self._area
            self.fields.append((name, "".join(words).removeprefix("\n")))
            self._area = None
