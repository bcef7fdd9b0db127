"""Around every request: a trace id for the log, headers that keep browsers safe, and an answer whatever happens."""

from __future__ import annotations

import re
import secrets

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from workers.errors import InputError, NotFoundError, UnavailableError
from workers.web.problems import FAILED, INVALID, NOT_FOUND, FieldError, Problem, by_status, unavailable

log = structlog.get_logger()

_CONTENT_POLICY = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
_HEADERS = {
    "content-security-policy": _CONTENT_POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}
_HTTPS = {"strict-transport-security": "max-age=31536000"}

#: W3C Trace Context: version, trace id, parent id, flags; all zeros is not a trace.
_TRACE = re.compile(r"00-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")


class Guard:
    """ASGI middleware; nothing that happens inside reaches the server as an exception."""

    def __init__(self, app: ASGIApp, *, https: bool) -> None:
        self._app = app
        self._headers = {**_HEADERS, **(_HTTPS if https else {})}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(trace=_trace(scope))
        started = False

        async def send_safely(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                self._dress(message)
            await send(message)

        try:
            await self._app(scope, receive, send_safely)
        except ClientDisconnect:
            return
        except Exception:
            log.exception("request.failed", route=_route(scope))
            if not started:
                await _failed().response()(scope, receive, send_safely)

    def _dress(self, message: Message) -> None:
        headers = MutableHeaders(scope=message)
        for name, value in self._headers.items():
            headers.setdefault(name, value)


def refused(request: Request, error: Exception) -> Response:
    """Every refusal, ours and the framework's, as a problem; logged with the route's pattern, never the path."""
    problem = _problem(error)
    kind, route = problem.kind, _route(request.scope)
    log.info("request.refused", status=kind.status, problem=kind.name, route=route, method=request.method)
    return problem.response()


def _problem(error: Exception) -> Problem:
    match error:
        case Problem():
            return error
        case InputError():
            return Problem(INVALID, "one field is not right", [FieldError(error.field, error.what)])
        case NotFoundError():
            return Problem(NOT_FOUND, str(error))
        case UnavailableError():
            return unavailable()
        case HTTPException():
            return by_status(error.status_code, error.headers)
        case _:
            return _failed()


def _failed() -> Problem:
    return Problem(FAILED, "this should not happen: it was logged, please try again")


def _trace(scope: Scope) -> str:
    given = _TRACE.fullmatch(Headers(scope=scope).get("traceparent", ""))
    return given[1] if given else secrets.token_hex(16)


def _route(scope: Scope) -> str:
    return getattr(scope.get("route"), "path", "")
