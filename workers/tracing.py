"""The trace of a request (W3C Trace Context): it travels with the queue's messages to every line they lead to."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from typing import Any

import structlog

#: Action → trace, of the message that is worked or announced; "" stands for all that it leads to.
_carried: ContextVar[Mapping[str, str]] = ContextVar("carried", default={})  # noqa: B039 - nobody changes it
#: The option of a message that holds them.
OPTION = "traces"


def current() -> str:
    """The trace of the request or the message that is at hand; "" if there is none, or several."""
    return str(structlog.contextvars.get_contextvars().get("trace", ""))


@contextlib.contextmanager
def carrying(traces: Mapping[str, str]) -> Iterator[None]:
    """What is published meanwhile belongs to these."""
    token = _carried.set(traces)
    try:
        yield
    finally:
        _carried.reset(token)


def take_up(message: Any) -> None:
    """From now on this thread works for the requests that led to ``message``."""
    traces = message.options.get(OPTION)
    traces = traces if isinstance(traces, dict) else {}
    _carried.set(traces)
    if trace := _only(traces):
        structlog.contextvars.bind_contextvars(trace=trace)


def of_event(fields: Mapping[str, Any]) -> dict[str, str]:
    """The traces that an event with these fields belongs to, as a message carries them on."""
    known = _carried.get()
    ids = fields.get("actions") or [fields.get("action")]
    found = {one: known[one] for one in ids if known.get(one)}
    if found or not (trace := current() or known.get("", "")):
        return found
    return {"": trace}


def named(traces: Mapping[str, str]) -> dict[str, str]:
    """The field of a log line about an event that belongs to one request."""
    trace = _only(traces)
    return {"trace": trace} if trace else {}


def response(trace: str) -> str:
    """The ``traceresponse`` header that tells a caller under which trace their request is in the log."""
    return f"00-{trace}-{secrets.token_hex(8)}-01"


def _only(traces: Mapping[str, str]) -> str:
    different = set(traces.values())
    return str(different.pop()) if len(different) == 1 else ""
