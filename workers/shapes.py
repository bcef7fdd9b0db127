"""How a table is held against the shape it should have: every problem, with its place and how to mend it."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable
from datetime import date, datetime, time
from functools import cache
from types import UnionType
from typing import Annotated, Any, TypeVar, get_args, get_origin

import msgspec
from msgspec import inspect

from workers.errors import ConfigError
from workers.tomlfile import Keys

S = TypeVar("S", bound=msgspec.Struct)

_KINDS: dict[type, str] = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "text in quotes",
    datetime: "a date and time",
    date: "a date",
    time: "a time",
    list: "a list",
    dict: "a table",
}
_EXAMPLES: dict[type[inspect.Type], str] = {
    inspect.BoolType: "true or false",
    inspect.DateTimeType: "a date and time without quotes, such as 2026-03-30T09:00:00",
    inspect.DateType: "a date without quotes, such as 2026-05-07",
    inspect.ListType: "a list with at least one entry",
}
_BAD = object()


def nearest(word: str, known: Iterable[str], *, otherwise: str = "") -> str:
    """How to mend an unknown ``word``: the known one that looks like it, else ``otherwise`` or all of them."""
    by_case = {name.casefold(): name for name in sorted(known)}
    asked = word[:80].casefold()
    close = [name for name in by_case if len(asked) > 2 and name.startswith(asked)]
    close = close or difflib.get_close_matches(asked, by_case, n=1)
    if close:
        return f"did you mean {by_case[close[0]]}?"
    return otherwise or f"known here: {', '.join(by_case.values())}"


def printable(text: str, most: int = 60) -> str:
    """What a stranger typed, short and without control characters, so that it can stand in a message."""
    return "".join(char if char.isprintable() else "?" for char in text[:most])


class Fitting:
    """Collects what is wrong while tables are held against shapes; ``where`` tells the place of keys."""

    def __init__(self, where: Callable[[Keys], str], problems: list[ConfigError]) -> None:
        self._where, self.problems = where, problems

    def fit(self, shape: type[S], table: object, keys: Keys = ()) -> S | None:
        """``table`` as a ``shape``, defaults in place of what is wrong; None if a required part is wrong or missing."""
        if not isinstance(table, dict):
            self.problem(keys, f"expected a table, got {_kind(table)}", f"write [{dotted(keys)}] above its keys")
            return None
        fields = _fields(shape)
        for key in [key for key in table if key not in fields]:
            self.problem((*keys, key), "is not known", nearest(key, fields))
        values = {}
        for key, field in fields.items():
            if key in table:
                values[field.name] = self._value(field.type, table[key], (*keys, key))
            elif field.required:
                self.problem((*keys, key), "is missing", f"add it: {expected(field.type)}")
                values[field.name] = _BAD
        good = {name: value for name, value in values.items() if value is not _BAD}
        missing = any(field.required and field.name not in good for field in fields.values())
        return None if missing else shape(**good)

    def value(self, kind: Any, raw: object, keys: Keys, *, strict: bool = True) -> Any:
        """``raw`` as a ``kind``, or None and a problem; text is read as a number or flag if not ``strict``."""
        try:
            return msgspec.convert(raw, kind, strict=strict)
        except (msgspec.ValidationError, OverflowError):
            self.problem(keys, f"expected {expected(kind)}, got {_shown(raw)}")
            return None

    def problem(self, keys: Keys, what: str, mend: str = "") -> None:
        """Remembers one problem at ``keys``."""
        name = dotted(keys)
        self.problems.append(ConfigError(f"{name} {what}" if name else what, where=self._where(keys), mend=mend))

    def _value(self, kind: Any, raw: object, keys: Keys) -> Any:
        # A table that may be left out is written ``Table | None``: None is no value of a file.
        plain = get_args(kind)[0] if get_origin(kind) in (Annotated, UnionType) else kind
        if isinstance(plain, type) and issubclass(plain, msgspec.Struct):
            found: Any = self.fit(plain, raw, keys)
        elif isinstance(raw, list) and raw and (row := _row(plain)):
            rows = [self.fit(row, part, (*keys, number)) for number, part in enumerate(raw)]
            found = None if None in rows else rows
        else:
            found = self.value(kind, raw, keys)
        return _BAD if found is None else found


@cache
def _fields(shape: type[msgspec.Struct]) -> dict[str, msgspec.structs.FieldInfo]:
    """A shape's fields by the name that they have in a file: its annotations are evaluated anew at each look."""
    return {field.encode_name: field for field in msgspec.structs.fields(shape)}


def _row(kind: Any) -> type[msgspec.Struct] | None:
    """The shape of each row, if ``kind`` is a list of tables."""
    inner = get_args(kind)[0] if get_origin(kind) is list else None
    return inner if isinstance(inner, type) and issubclass(inner, msgspec.Struct) else None


def dotted(keys: Keys) -> str:
    """``letter.variants[2].subject``: lists count from 1, as people do."""
    text = "".join(f"[{key + 1}]" if isinstance(key, int) else f".{printable(key)}" for key in keys)
    return text.removeprefix(".")


def expected(kind: Any) -> str:
    """What a value of ``kind`` looks like, in words: "a whole number from 1 to 65535"."""
    return _words(inspect.type_info(kind))


def _words(info: inspect.Type) -> str:
    match info:
        case inspect.Metadata(type=inner, extra_json_schema=schema):
            return str((schema or {}).get("description") or _words(inner))
        case inspect.IntType() | inspect.FloatType():
            return _KINDS[int if isinstance(info, inspect.IntType) else float] + _range(info)
        case inspect.StrType(min_length=least, max_length=most):
            return _KINDS[str] + (", not empty" if least else "") + (f", at most {most:,} characters" if most else "")
        case inspect.LiteralType(values=values):
            return " or ".join(f'"{value}"' for value in values)
        case _:
            return next((words for kind, words in _EXAMPLES.items() if isinstance(info, kind)), _KINDS[dict])


def _range(info: inspect.IntType | inspect.FloatType) -> str:
    if info.ge is not None and info.le is not None:
        return f" from {info.ge} to {info.le}"
    return f" of at least {info.ge}" if info.ge is not None else ""


def _kind(raw: object) -> str:
    return next((words for kind, words in _KINDS.items() if isinstance(raw, kind)), "something else")


def _shown(raw: object) -> str:
    """Numbers are told, texts are not: somebody may have put a secret in the wrong place."""
    if isinstance(raw, int | float) and not isinstance(raw, bool) and (isinstance(raw, float) or abs(raw) < 10**12):
        return f"{raw}"
    return "empty text" if raw == "" else _kind(raw).replace("text in quotes", "other text")
