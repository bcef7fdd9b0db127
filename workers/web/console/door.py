"""Who may come into the console: operators with a session, scripts with a token; nobody while it is switched off."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable
from typing import NamedTuple
from urllib.parse import quote

import structlog
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from workers.app import App
from workers.web.callers import Callers
from workers.web.console.visits import Visits
from workers.web.forms import read_form, require_own_page
from workers.web.limits import Limits
from workers.web.problems import CONSOLE_OFF, NO_KEY, WRONG_FORM, Problem
from workers.web.threads import Threads

log = structlog.get_logger()

LOGIN = "/console/login"
#: Nobody keeps a page of the console, and no search engine lists it.
HEADERS = {"cache-control": "no-store", "x-robots-tag": "noindex, nofollow"}

_OFF = "set MOBILISE_CONSOLE_PASSWORD (or MOBILISE_CONSOLE_PASSWORD_FILE) for the web process, and start it again"
_MEND = "open the console again, and use the form there"


class Visitor(NamedTuple):
    """Who is in; ``form`` is what each form of theirs carries as its field ``form``, "" for a script."""

    by: str
    form: str
    token: str = ""


Shown = Callable[[Request, Visitor], Awaitable[Response]]
Done = Callable[[Request, Visitor, dict[str, str]], Awaitable[Response]]
Endpoint = Callable[[Request], Awaitable[Response]]


class Door:
    """Guards endpoints: ``Route("/console/x", door.shows(x.get))``, and ``door.does(x.post)`` with method POST.

    What is behind it is called with a ``Visitor`` as well, and what is done with the fields of its form, which must
    have come from a page of the same session: ``<input type="hidden" name="form" value="{{ visitor.form }}">``.
    """

    def __init__(self, app: App, threads: Threads, limits: Limits) -> None:
        secrets = app.settings.secrets
        self._app, self._threads, self._limits = app, threads, limits
        self._password = secrets.get("MOBILISE_CONSOLE_PASSWORD")
        self._scripts = Callers(secrets.console_tokens())
        self._is_open = bool(self._password or secrets.console_tokens())
        self.visits = Visits(app, self._password)

    def shows(self, endpoint: Shown) -> Endpoint:
        """An endpoint for GET: people without a session go to the login first, programs get 401."""

        async def guarded(request: Request) -> Response:
            visitor = await self.visitor(request)
            return await endpoint(request, visitor) if visitor else _to_login(request)

        return guarded

    def does(self, endpoint: Done) -> Endpoint:
        """An endpoint for POST: 403 unless the form is from a page of this session."""

        async def guarded(request: Request) -> Response:
            visitor = await self.visitor(request)
            if visitor is None:
                return _to_login(request)
            if visitor.token:
                require_own_page(request, self._app.settings.web.public_url, _MEND)
            form = await read_form(request, self._app.settings.web.max_body)
            if visitor.token and not hmac.compare_digest(form.get("form", "").encode(), visitor.form.encode()):
                raise Problem(WRONG_FORM, _MEND)
            return await endpoint(request, visitor, form)

        return guarded

    async def visitor(self, request: Request, *, renew: bool = True) -> Visitor | None:
        """None for somebody who is to log in; 401 or 403 for a script, 404 while the console is off."""
        self.require_open()
        if "authorization" in request.headers:
            return Visitor(await self._script(request), "")
        token = self.visits.token(request)
        by = await self._threads.run(self.visits.who, token, renew=renew) if token else ""
        return Visitor(by, self.visits.form(token), token) if by else None

    def require_open(self) -> None:
        """404 with what to do while neither password nor token is set: it is never open to everybody."""
        if not self._is_open:
            raise Problem(CONSOLE_OFF, _OFF)

    def knows(self, password: str) -> bool:
        """Whether this is the password; how long the answer takes tells nothing."""
        return bool(self._password) and hmac.compare_digest(password.encode(), self._password.encode())

    async def _script(self, request: Request) -> str:
        try:
            return self._scripts.of(request)
        except Problem:
            await self._limits.require_login(request)
            log.warning("console.refused", how="token")
            raise


def _to_login(request: Request) -> Response:
    """The login, and back from there; a program that shows no token is told so."""
    if "text/html" not in request.headers.get("accept", ""):
        challenge = {"www-authenticate": 'Bearer realm="console"', **HEADERS}
        raise Problem(NO_KEY, "send the header Authorization: Bearer TOKEN, or log in at /console/login", (), challenge)
    path = request.url.path if request.method == "GET" else "/console"
    back = f"?next={quote(path)}" if path != "/console" else ""
    return RedirectResponse(f"{LOGIN}{back}", 303, HEADERS)
