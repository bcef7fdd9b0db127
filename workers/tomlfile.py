"""TOML that remembers the line of every key, so that an error can point at it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workers.errors import ConfigError

#: Where a value is inside a file: ("letter", "variants", 0, "subject").
Keys = tuple[str | int, ...]

#: Bytes: a settings or campaign file beyond this is a mistake, not a long letter.
MAX_SIZE = 1_000_000

_NAME = r"""(?:[A-Za-z0-9_-]+|"(?:[^"\\\n]|\\.)*"|'[^'\n]*')"""
_DOTTED = rf"{_NAME}(?:[ \t]*\.[ \t]*{_NAME})*"
_HEADER = re.compile(rf"[ \t]*(\[\[?)[ \t]*({_DOTTED})[ \t]*\]")
_KEY = re.compile(rf"[ \t]*({_DOTTED})[ \t]*=")
_PART = re.compile(_NAME)
#: What a value is made of, as far as finding its end is concerned.
_PIECE = re.compile(
    r'''"""(?:[^\\]|\\.)*?"{3,5}'''
    r"""|'{3}.*?'{3,5}"""
    r'''|"(?:[^"\\\n]|\\.)*"'''
    r"""|'[^'\n]*'|\#[^\n]*|[\[\]{}\n]"""
    r"""|[^\[\]{}\n"'\#]+""",
    re.DOTALL,
)
_POSITION = re.compile(r"^(.*) \(at line (\d+), column \d+\)$", re.DOTALL)


@dataclass(frozen=True)
class TomlFile:
    """A parsed file: its values, and the line of each key."""

    shown: str
    values: dict[str, Any]
    lines: dict[Keys, int]
    blocks: frozenset[Keys] = frozenset()  # keys of texts that begin on the line after their key

    def where(self, keys: Keys) -> str:
        """``file:line`` of ``keys``, or of the nearest table around them."""
        while keys and keys not in self.lines:
            keys = keys[:-1]
        return f"{self.shown}:{self.lines[keys]}" if keys else self.shown

    def line_in(self, keys: Keys, number: int) -> int:
        """The file's line of line ``number`` (from 1) of the text at ``keys``, blank lines at its head not counted."""
        value: Any = self.values
        for key in keys:
            value = value[key]
        text = str(value)
        skipped = text[: len(text) - len(text.lstrip())].count("\n")
        return self.lines[keys] + (keys in self.blocks) + skipped + number - 1


def read(path: Path, root: Path | None = None) -> TomlFile:
    """The file at ``path``, shown relative to ``root``; ConfigError with its line if it cannot be read."""
    shown = shown_of(path, root)
    text = text_of(path, shown)
    try:
        values = tomllib.loads(text)
    except RecursionError:
        raise ConfigError("is nested too deeply", where=shown, mend="write it flat") from None
    except ValueError as error:  # tomllib's own errors are ValueErrors, and so is a number of 5,000 digits
        said, line = _said(error)
        raise ConfigError(f"is not TOML: {said}", where=f"{shown}:{line}" if line else shown) from None
    lines = dict(_lines(text))
    heads = text.split("\n")
    blocks = frozenset(keys for keys, line in lines.items() if heads[line - 1].rstrip(" \t").endswith(('"""', "'''")))
    return TomlFile(shown, values, lines, blocks)


def shown_of(path: Path, root: Path | None) -> str:
    """``path`` as messages tell it: relative to ``root`` where it is below."""
    return str(path.relative_to(root)) if root and path.is_relative_to(root) else str(path)


def text_of(path: Path, shown: str) -> str:
    """What a short text file holds, with unix line ends; ConfigError if it cannot be read, is large or not UTF-8."""
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_SIZE + 1)
    except (OSError, ValueError) as error:
        raise ConfigError(f"cannot be read: {getattr(error, 'strerror', error)}", where=shown) from None
    if len(raw) > MAX_SIZE:
        raise ConfigError(f"is larger than {MAX_SIZE:,} bytes", where=shown, mend="it should be a short text file")
    try:
        return raw.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise ConfigError("is not UTF-8", where=f"{shown}:{line}", mend="save it as UTF-8") from None


def _said(error: ValueError) -> tuple[str, int]:
    found = _POSITION.match(str(error))
    return (found[1], int(found[2])) if found else (str(error), 0)


def _lines(text: str) -> Iterator[tuple[Keys, int]]:
    """Each key and table of a valid TOML ``text`` with its line; the keys inside an inline table share its line."""
    table: Keys = ()
    counts: dict[Keys, int] = {}
    at, line = 0, 1
    while at < len(text):
        if header := _HEADER.match(text, at):
            table = _resolve(_names(header[2]), counts, new=header[1] == "[[")
            yield table, line
            end = _end_of_value(text, header.end())
        elif key := _KEY.match(text, at):
            yield table + _names(key[1]), line
            end = _end_of_value(text, key.end())
        else:
            end = _end_of_value(text, at)
        line += text.count("\n", at, end)
        at = end


def _resolve(names: Keys, counts: dict[Keys, int], *, new: bool) -> Keys:
    """Real keys of a header: each list of tables on the way stands for its latest element."""
    keys: Keys = ()
    for position, name in enumerate(names):
        keys += (name,)
        if new and position == len(names) - 1:
            counts[keys] = counts.get(keys, -1) + 1
        if keys in counts:
            keys += (counts[keys],)
    return keys


def _names(dotted: str) -> Keys:
    return tuple(part[0].strip("\"'") for part in _PART.finditer(dotted))


def _end_of_value(text: str, at: int) -> int:
    """The position after the line end that closes a value (strings and brackets may span lines)."""
    depth = 0
    while piece := _PIECE.match(text, at):
        at = piece.end()
        match piece[0]:
            case "[" | "{":
                depth += 1
            case "]" | "}":
                depth -= 1
            case "\n" if depth <= 0:
                return at
    return max(at, len(text))
