"""Sessions of the console: a cookie that says nothing by itself, and what stands behind it in the ledger."""

from __future__ import annotations

import re
import secrets
import time

from starlette.requests import Request
from starlette.responses import Response

from workers.app import App

COOKIE = "mobilise-console"
#: Bytes of chance in a cookie.
_CHANCE = 32
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")


class Visits:
    """Begins, finds and ends them. All end when password or secret are changed."""

    def __init__(self, app: App, password: str) -> None:
        self._ids, self._sessions, self._password = app.ids, app.store.sessions, password
        self._idle_s, self._longest_s = app.settings.console.idle_minutes * 60, app.settings.console.hours * 3600
        self._is_https = app.settings.web.public_url.startswith("https:")

    def token(self, request: Request) -> str:
        """What the browser shows; "" for none, or one that cannot be ours."""
        found = request.cookies.get(COOKIE, "")
        return found if _TOKEN.fullmatch(found) else ""

    def begin(self, by: str) -> str:
        """A new session; its token."""
        token = secrets.token_urlsafe(_CHANCE)
        self._sessions.begin(self._session(token), by, self._idle_s)
        return token

    def who(self, token: str, *, renew: bool = True) -> str:
        """Who logged in with it; "" if nobody is logged in any more."""
        session = self._session(token)
        found = self._sessions.find(session, self._longest_s)
        if found is None:
            return ""
        if renew:
            self._sessions.renew(session, min(self._idle_s, self._longest_s - (time.time() - found.at) + 1))
        return found.by

    def end(self, token: str) -> None:
        """Nobody is logged in with it any more."""
        self._sessions.end(self._session(token))

    def form(self, token: str) -> str:
        """What a form of this session carries, so that no other site can send it."""
        return self._ids.proof("console form", token)

    def give(self, response: Response, token: str) -> None:
        """The browser keeps it until it is closed; no script reads it, and no other site's link brings it along."""
        response.set_cookie(COOKIE, token, path="/console", secure=self._is_https, httponly=True, samesite="strict")

    def take_back(self, response: Response) -> None:
        """The browser forgets it."""
        response.delete_cookie(COOKIE, path="/console", secure=self._is_https, httponly=True, samesite="strict")

    def _session(self, token: str) -> str:
        """What it is kept under: who reads the ledger cannot log in with it."""
        return self._ids.proof("console session", token, self._password)
