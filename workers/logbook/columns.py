"""Log lines in columns for people; what is not ours passes through, dimmed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

_decode = msgspec.json.Decoder(dict[str, Any]).decode

_LEVELS = {"debug": "2", "info": "32", "warning": "33", "error": "31;1"}
_HEAD = ("time", "level", "event", "campaign")
#: Columns of the event's name and the campaign; elements of a list that are shown.
_EVENT, _CAMPAIGN, _SHOWN = 24, 18, 3


class Columns:
    """One for each run: it says the day (UTC) when it changes."""

    def __init__(self, *, colors: bool) -> None:
        self._colors, self._day = colors, ""

    def lines(self, line: bytes) -> str:
        """A line of the log, with the day before it if it is a new one."""
        try:
            fields = _decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return self._paint("2", visible(line.decode("utf-8", "replace")))
        return self._new_day(str(fields.get("time", ""))) + self._event(fields)

    def _new_day(self, time: str) -> str:
        day = time[:10]
        if len(time) < 20 or day == self._day:
            return ""
        self._day = day
        return self._paint("2", f"{visible(day)} (UTC)") + "\n"

    def _event(self, fields: Mapping[str, Any]) -> str:
        time, level, event, campaign = (visible(str(fields.get(name, ""))) for name in _HEAD)
        rest = " ".join(
            f"{self._paint('36', visible(key))}={_value(value)}" for key, value in fields.items() if key not in _HEAD
        )
        color = _LEVELS.get(level, "0")
        words = (
            self._paint("2", time[11:23].ljust(12)),
            self._paint(color, level.ljust(7)),
            self._paint("1", event.ljust(_EVENT)),
            campaign.ljust(_CAMPAIGN),
            rest,
        )
        return " ".join(words).rstrip()

    def _paint(self, color: str, text: str) -> str:
        return f"\x1b[{color}m{text}\x1b[0m" if self._colors else text


def visible(text: str) -> str:
    """``text`` without what would move the cursor: a stranger's words stand in some lines."""
    return text if text.isprintable() else "".join(char if char.isprintable() else " " for char in text)


def _value(value: Any) -> str:
    match value:
        case None | bool() | int() | float():
            return str(value).lower() if isinstance(value, bool) or value is None else str(value)
        case str():
            return visible(value) if value and " " not in value else f'"{visible(value)}"'
        case list():
            more = f",…({len(value)})" if len(value) > _SHOWN else ""
            return ",".join(map(_value, value[:_SHOWN])) + more
        case dict():
            return _error(value) if "type" in value else "{" + _fields(value) + "}"
        case _:
            return visible(str(value))


def _error(error: Mapping[str, Any]) -> str:
    """What was raised, its words if there are any, and the last place of its traceback."""
    frames = error.get("frames")
    at = f" at {frames[-1]}" if isinstance(frames, list) and frames else ""
    said = f": {error['said']}" if "said" in error else ""
    return visible(f'"{error["type"]}{said}{at}"')


def _fields(value: Mapping[str, Any]) -> str:
    return " ".join(f"{visible(key)}={_value(part)}" for key, part in value.items())
