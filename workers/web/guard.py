"""Around every request: a trace id for the log, headers that keep browsers safe, and an answer whatever happens."""

from __future__ import annotations

import re
import secrets

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from workers import tracing
from workers.web.problems import FAILED, Problem

log = structlog.get_logger()

#: What a page may load: nothing from elsewhere, and no script or style that stands in it.
CONTENT_POLICY = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
_HEADERS = {
    "content-security-policy": CONTENT_POLICY,
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
        trace = _trace(scope)
        structlog.contextvars.bind_contextvars(trace=trace)
        started = False

        async def send_safely(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                self._dress(message)
                if scope["method"] == "POST" or message["status"] >= 400:  # what is read may be kept for others
                    MutableHeaders(scope=message)["traceresponse"] = tracing.response(trace)
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


def _failed() -> Problem:
    return Problem(FAILED, "this should not happen: it was logged, please try again")


def _trace(scope: Scope) -> str:
    given = _TRACE.fullmatch(Headers(scope=scope).get("traceparent", ""))
    return given[1] if given else secrets.token_hex(16)


def _route(scope: Scope) -> str:
    return getattr(scope.get("route"), "path", "")
