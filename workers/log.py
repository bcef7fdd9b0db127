"""The log: one event a line, JSON for machines and columns for people, without names or addresses."""

from __future__ import annotations

import json
import logging
import re
import sys
import time
from collections.abc import Callable, Mapping, MutableMapping
from datetime import UTC, date, datetime
from functools import lru_cache
from pathlib import PurePath
from types import TracebackType
from typing import Any, BinaryIO

import msgspec
import structlog

from workers.errors import MobiliseError

EventDict = MutableMapping[str, Any]
Fields = dict[str, Any]

MASK = "***"

#: A field whose last word is one of these is masked: people stay, ids travel.
_PERSONAL = frozenset(
    {
        *("address", "addresses", "email", "emails", "name", "names", "postcode", "recipient", "subject", "to"),
        *("authorization", "body", "cookie", "key", "keys", "message", "password", "secret", "token", "tokens"),
    }
)
_ADDRESS = re.compile(r"[^\s@<>\"',;:()\[\]]{1,64}@[^\s@<>\"',;:()\[\]]{1,255}")
_QUERY = re.compile(r"\?[^\s\"']*")

#: Frames of a traceback that are told; more are left out in the middle.
_FRAMES = 12
#: Libraries whose quieter lines would show addresses or keys, or drown the rest.
_LIBRARIES = {
    "urllib3": logging.WARNING,
    "sendgrid": logging.WARNING,
    "python_http_client": logging.WARNING,
    "uvicorn.access": logging.CRITICAL,  # paths hold tokens and postcodes
    "asyncio": logging.WARNING,
    "dramatiq": logging.INFO,
}

_encoder = msgspec.json.Encoder(enc_hook=lambda value: f"<{type(value).__name__}>")


def configure(level: str = "info", format: str = "auto", stream: BinaryIO | None = None) -> None:  # noqa: A002 -- the setting's name
    """Sends every event of this process, and its libraries' lines, to ``stream`` (stderr) from ``level`` upwards."""
    out = _Stream(stream or sys.stderr.buffer)
    number = logging.getLevelNamesMapping()[level.upper()]
    for_people = format == "console" or (format == "auto" and out.isatty())
    structlog.configure(
        processors=[*_PROCESSORS, _columns(out.isatty()) if for_people else _line],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.BytesLoggerFactory(out),  # type: ignore[arg-type]  # it writes and flushes
        cache_logger_on_first_use=True,
    )
    _adopt_libraries(number)


class _Stream:
    """What the log is written to: a reader that has gone or a disk that is full does not stop the work."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.isatty = stream.isatty

    def write(self, line: bytes) -> None:
        try:
            self._stream.write(line)
        except (OSError, ValueError):
            return

    def flush(self) -> None:
        try:
            self._stream.flush()
        except (OSError, ValueError):
            return


def _add_time(_logger: Any, method: str, event: EventDict) -> EventDict:
    """Puts time (UTC, milliseconds), level and event first, where eyes look for them."""
    seconds, part = divmod(time.time(), 1)
    moment = f"{_second(int(seconds))}.{int(part * 1000):03}Z"
    level = "error" if method in {"exception", "critical"} else "warning" if method == "warn" else method
    return {"time": moment, "level": level, "event": event.pop("event", ""), **event}


@lru_cache(maxsize=4)
def _second(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).isoformat()[:19]


def _add_error(_logger: Any, method: str, event: EventDict) -> EventDict:
    """Turns ``exc_info`` into a field: what was raised, and where if the level is error."""
    raised = event.pop("exc_info", None)
    if raised:
        error = raised if isinstance(raised, BaseException) else sys.exc_info()[1] if raised is True else raised[1]
        if error is not None:
            event["error"] = _described(error, with_frames=method in {"error", "exception", "critical"})
    event.pop("stack_info", None)
    return event


def _described(error: BaseException, *, with_frames: bool) -> Fields:
    """Type, words if they are ours (others' may quote a person's data), and frames without their variables."""
    described: Fields = {"type": type(error).__name__}
    if isinstance(error, MobiliseError):
        described["said"] = str(error)
    elif isinstance(error, OSError) and error.strerror:
        described["said"] = error.strerror
    if with_frames:
        described["frames"] = _frames(error.__traceback__)
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if cause is not None:
        described["cause"] = type(cause).__name__
    return described


def _frames(trace: TracebackType | None) -> list[str]:
    frames = []
    while trace is not None:
        code = trace.tb_frame.f_code
        frames.append(f"{'/'.join(PurePath(code.co_filename).parts[-2:])}:{trace.tb_lineno} {code.co_name}")
        trace = trace.tb_next
    half = _FRAMES // 2
    return frames if len(frames) <= _FRAMES else [*frames[:half], "…", *frames[-half:]]


def _guard(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """The last guard: masks fields named like personal data and addresses inside texts; records become their type."""
    for key, value in event.items():
        if is_personal(key):
            event[key] = MASK
        elif type(value) is str:
            if "@" in value:
                event[key] = _ADDRESS.sub(MASK, value)
        elif type(value) not in _PLAIN and not (type(value) is list and _are_ids(value)):
            event[key] = _safe(value)
    return event


def _are_ids(values: list[Any]) -> bool:
    """Whether a list is of texts without an address: hundreds of ids a second are not searched one by one."""
    try:
        return "@" not in "".join(values)
    except TypeError:
        return False


_PLAIN = frozenset({int, float, bool, type(None)})


@lru_cache(maxsize=1024)
def is_personal(key: str) -> bool:
    """Whether a field of this name may hold what belongs to a person."""
    return key.rpartition("_")[2].lower() in _PERSONAL


def _safe(value: Any, depth: int = 4) -> Any:
    match value:
        case bool() | int() | float() | None | date():
            return value
        case str():
            return _ADDRESS.sub(MASK, value) if "@" in value else value
        case PurePath():
            return str(value)
        case Mapping() if depth:
            return {str(key): MASK if is_personal(str(key)) else _safe(part, depth - 1) for key, part in value.items()}
        case list() | tuple() | set() | frozenset() if depth:
            return [_safe(part, depth - 1) for part in value]
        case _:
            return f"<{type(value).__name__}>"


def _line(_logger: Any, _method: str, event: EventDict) -> bytes:
    try:
        return _encoder.encode(event)
    except (ValueError, TypeError, OverflowError):  # half a surrogate pair, a number of 70 bits
        return json.dumps(event, default=lambda value: f"<{type(value).__name__}>", skipkeys=True).encode()


def _columns(colors: bool) -> Callable[[Any, str, EventDict], bytes]:  # noqa: FBT001 -- one caller
    renderer = structlog.dev.ConsoleRenderer(colors=colors, timestamp_key="time", sort_keys=False, pad_event_to=20)

    def render(logger: Any, method: str, event: EventDict) -> bytes:
        for key, value in event.items():
            if isinstance(value, str) and not value.isprintable():
                event[key] = "".join(char if char.isprintable() else " " for char in value)
        event["time"] = event["time"][11:-1]
        return renderer(logger, method, event).encode("utf-8", "backslashreplace")

    return render


_PROCESSORS: list[Callable[[Any, str, EventDict], EventDict]] = [
    structlog.contextvars.merge_contextvars,
    _add_time,
    _add_error,
    _guard,
]


class _Library(logging.Handler):
    """Brings a library's own log lines into the same form, as the event ``library.said``."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            said = _QUERY.sub("?…", record.getMessage())
            log = getattr(
                structlog.get_logger(), "error" if record.levelno >= logging.ERROR else _method(record.levelno)
            )
            log("library.said", library=record.name, said=said, exc_info=record.exc_info)
        except Exception:  # noqa: BLE001 -- a log line never stops the work it tells about
            self.handleError(record)


def _method(level: int) -> str:
    return "warning" if level >= logging.WARNING else "info" if level >= logging.INFO else "debug"


def _adopt_libraries(level: int) -> None:
    root = logging.getLogger()
    root.handlers[:] = [_Library()]
    root.setLevel(level)
    for name in list(logging.root.manager.loggerDict):
        if name.partition(".")[0] in {"dramatiq", "uvicorn", "urllib3"}:
            logging.getLogger(name).handlers.clear()
            logging.getLogger(name).propagate = True
    for name, least in _LIBRARIES.items():
        logging.getLogger(name).setLevel(max(level, least))
    logging.captureWarnings(capture=True)
    logging.raiseExceptions = False
