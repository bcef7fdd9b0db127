"""Request bodies: read up to a limit, decoded strictly, every flaw told by its field."""

from __future__ import annotations

import asyncio
import re
from typing import TypeVar

import msgspec
from starlette.requests import ClientDisconnect, Request

from workers.web.problems import MALFORMED, TOO_LARGE, TOO_SLOW, WRONG_TYPE, FieldError, Problem, invalid

T = TypeVar("T")

#: Seconds a body may take to arrive.
_PATIENCE_S = 30.0
#: Bytes of a body that is too large which are still read, so that its sender gets to see the answer.
_DRAIN = 16_000_000

_AT = re.compile(r"^(?P<what>.*?)(?: - at `(?P<path>(?:key in )?\$.*)`)?$", re.DOTALL)
_FIELD = re.compile(r"`([A-Za-z][A-Za-z0-9_-]{0,63})`")
_WORDS = {"str": "text", "array": "a list", "object": "an object"}


async def read_body(request: Request, limit: int) -> bytes:
    """The raw body; 413 beyond ``limit`` bytes (with or without Content-Length), 408 if it does not arrive."""
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared[:12]) > max(limit, _DRAIN):
        raise _too_large(limit)
    patience = _Patience()
    try:
        return await _collect(request, limit)
    except asyncio.CancelledError:
        if not patience.is_over:
            raise
        detail = f"the body did not arrive within {_PATIENCE_S:g} seconds"
        raise Problem(TOO_SLOW, detail, headers={"connection": "close"}) from None
    finally:
        patience.end()


class _Patience:
    """Cancels the task that makes it after a while: what ``asyncio.timeout`` does, at a quarter of the price."""

    __slots__ = ("_task", "_timer", "is_over")

    def __init__(self) -> None:
        self.is_over = False
        self._task = asyncio.current_task()
        self._timer = asyncio.get_running_loop().call_later(_PATIENCE_S, self._give_up)

    def _give_up(self) -> None:
        self.is_over = True
        if self._task:
            self._task.cancel()

    def end(self) -> None:
        """The task goes on, as if nobody had wanted to cancel it."""
        self._timer.cancel()
        if self.is_over and self._task:
            self._task.uncancel()


async def _collect(request: Request, limit: int) -> bytes:
    chunks: list[bytes] = []
    size, more = 0, True
    while more and size <= _DRAIN:
        message = await request.receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        chunk, more = message.get("body", b""), message.get("more_body", False)
        size += len(chunk)
        if size <= limit:
            chunks.append(chunk)
    if size > limit:
        raise _too_large(limit)
    return b"".join(chunks)


def _too_large(limit: int) -> Problem:
    return Problem(TOO_LARGE, f"the body may have {limit:,} bytes", headers={"connection": "close"})


def require_json(request: Request) -> None:
    """415 unless the body says that it is plain JSON in UTF-8."""
    sent = request.headers
    given = sent.get("content-type", "")
    if given == "application/json" and "content-encoding" not in sent:
        return
    media_type, _, parameters = given.casefold().partition(";")
    charset = parameters.replace(" ", "").replace('"', "").partition("charset=")[2]
    if media_type.strip() != "application/json" or charset not in {"", "utf-8", "utf8"}:
        raise Problem(WRONG_TYPE, "send application/json in UTF-8", headers={"accept-post": "application/json"})
    refuse_encoded(request)


def refuse_encoded(request: Request) -> None:
    """415 for a compressed body: it might be a bomb."""
    if request.headers.get("content-encoding", "identity").casefold() != "identity":
        raise Problem(WRONG_TYPE, "send the body as it is, not compressed", headers={"accept-encoding": "identity"})


def decode(raw: bytes, decoder: msgspec.json.Decoder[T]) -> T:
    """``raw`` as the decoder's type; 400 if it is not JSON, 422 with the field if it is not that shape."""
    try:
        return decoder.decode(raw)
    except msgspec.ValidationError as error:
        raise invalid([_field_error(str(error))]) from None
    except UnicodeDecodeError:
        raise Problem(MALFORMED, "the body is not UTF-8") from None
    except RecursionError:
        raise Problem(MALFORMED, "the body is nested too deeply") from None
    except msgspec.DecodeError:
        raise Problem(MALFORMED, "the body is not JSON") from None


def _field_error(said: str) -> FieldError:
    """msgspec's sentence in ours: it is the only one who knows the place."""
    match = _AT.match(said)
    what, path = (match["what"], match["path"] or "") if match else (said, "")
    field = path.rpartition("$")[2].removeprefix(".")
    if "required field" in what or "unknown field" in what:
        named = _FIELD.search(what)
        field = ".".join(filter(None, [field, named[1] if named else ""]))
        return FieldError(field, "is missing" if "required" in what else "is not a field that is known here")
    wanted = re.match(r"Expected `(\w+)", what)
    return FieldError(field, f"must be {_WORDS.get(wanted[1], wanted[1])}" if wanted else "is not right")
