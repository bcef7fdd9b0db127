"""How a request is refused: RFC 9457 problems, one kind for each reason, and never what a stranger typed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import msgspec
from starlette.responses import Response

MEDIA_TYPE = "application/problem+json"


class Kind(NamedTuple):
    """One reason to refuse: its name, HTTP status and title."""

    name: str
    status: int
    title: str


MALFORMED = Kind("malformed-request", 400, "The request cannot be read")
NO_KEY = Kind("no-key", 401, "A key is needed")
WRONG_KEY = Kind("wrong-key", 403, "The key is not known")
WRONG_SIGNATURE = Kind("wrong-signature", 403, "The signature is not right")
WRONG_FORM = Kind("wrong-form", 403, "The form is not from this page")
CONSOLE_OFF = Kind("console-off", 404, "The console is switched off")
NOT_FOUND = Kind("not-found", 404, "There is nothing here")
UNKNOWN_CAMPAIGN = Kind("unknown-campaign", 404, "There is no such campaign")
UNKNOWN_POSTCODE = Kind("unknown-postcode", 404, "The postcode is not known")
UNKNOWN_LINK = Kind("unknown-link", 404, "This link does not work")
WRONG_METHOD = Kind("wrong-method", 405, "The method is not allowed here")
NOT_ACCEPTABLE = Kind("not-acceptable", 406, "There is no such format of this")
TOO_SLOW = Kind("too-slow", 408, "The request took too long to arrive")
NOT_OPEN = Kind("campaign-not-open", 409, "The campaign is not open yet")
CONFLICT = Kind("conflict", 409, "That cannot be done now")
CLOSED = Kind("campaign-closed", 409, "The campaign is closed")
EXPIRED_LINK = Kind("expired-link", 410, "This link does not work any more")
TOO_LARGE = Kind("too-large", 413, "The body is too large")
WRONG_TYPE = Kind("wrong-type", 415, "The content type is not taken here")
INVALID = Kind("invalid-fields", 422, "Something in the request is not right")
KEY_REUSED = Kind("key-reused", 422, "The Idempotency-Key was used for another request")
TOO_MANY = Kind("too-many-requests", 429, "Too many requests")
FAILED = Kind("failed", 500, "Something went wrong here")
UNAVAILABLE = Kind("unavailable", 503, "Not possible just now")

KINDS = [value for value in globals().values() if isinstance(value, Kind)]

#: Seconds after which a caller may ask again when the ledger is away.
_RETRY_AFTER_S = 5


class FieldError(msgspec.Struct, frozen=True):
    """What is wrong with one field; ``field`` is its dotted path, "" for the whole body."""

    field: str
    detail: str


class ProblemBody(msgspec.Struct, frozen=True, omit_defaults=True):
    """The body of every refusal (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[FieldError] = []


class Problem(Exception):
    """Raised to refuse a request; what it says goes to the caller as it is."""

    def __init__(
        self, kind: Kind, detail: str, errors: Sequence[FieldError] = (), headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(detail)
        self.kind, self.detail, self.errors = kind, detail, list(errors)
        self.headers = dict(headers or {})

    def response(self) -> Response:
        """The refusal as it is sent."""
        kind = self.kind
        body = ProblemBody(f"/docs#{kind.name}", kind.title, kind.status, self.detail, self.errors)
        headers = {"cache-control": "no-store", **self.headers}
        return Response(msgspec.json.encode(body), kind.status, headers, MEDIA_TYPE)


def invalid(errors: Sequence[FieldError]) -> Problem:
    """422, every wrong field named."""
    count = len(errors)
    return Problem(INVALID, "one field is not right" if count == 1 else f"{count} fields are not right", errors)


def unavailable(detail: str = "nothing was done: ask again in a moment") -> Problem:
    """503 with Retry-After."""
    return Problem(UNAVAILABLE, detail, headers={"retry-after": str(_RETRY_AFTER_S)})


def by_status(status: int, headers: Mapping[str, str] | None = None) -> Problem:
    """What the framework refused by itself: an unknown path, a wrong method."""
    kind = next((kind for kind in (NOT_FOUND, WRONG_METHOD) if kind.status == status), MALFORMED)
    known: dict[Any, str] = {NOT_FOUND: "no page or endpoint has this address", WRONG_METHOD: "see the Allow header"}
    return Problem(kind, known.get(kind, "the request cannot be read"), headers=headers)
