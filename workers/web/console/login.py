"""``/console/login`` and ``/console/logout``: a name for the log, and the password."""

from __future__ import annotations

import re

import structlog
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from workers.app import App
from workers.campaign.operators import operator_name
from workers.web.console.door import HEADERS, LOGIN, Door, Visitor
from workers.web.forms import read_form, require_own_page
from workers.web.limits import Limits
from workers.web.pages import Pages
from workers.web.threads import Threads

log = structlog.get_logger()

_MEND = "open /console/login, and use the form there"
#: Where a login may lead: a page of the console, nowhere else.
_PAGE = re.compile(r"/console(/[A-Za-z0-9:_-]+(\.[A-Za-z0-9:_-]+)*)*")


class Login:
    """The endpoints."""

    def __init__(self, app: App, threads: Threads, limits: Limits, pages: Pages, door: Door) -> None:
        self._app, self._threads, self._limits, self._pages, self._door = app, threads, limits, pages, door

    async def get(self, request: Request) -> Response:
        """The form; the console itself for who is in already."""
        page = _page(request.query_params.get("next", ""))
        if await self._door.visitor(request):
            return RedirectResponse(page, 303, HEADERS)
        return self._form(page)

    async def post(self, request: Request) -> Response:
        """303 to the page that was asked for; the form again if name or password will not do."""
        self._door.require_open()
        require_own_page(request, self._pages.public_url, _MEND)
        form = await read_form(request, self._app.settings.web.max_body)
        await self._limits.require_login(request)
        page, by = _page(form.get("next", "")), operator_name(form.get("by", ""))
        if not self._door.knows(form.get("password", "")):
            log.warning("console.refused", how="password")
            return self._form(page, by, {"password": "is not right"}, 403)
        if not by:
            return self._form(page, by, {"by": "is needed: it stands in the log beside what you do"}, 422)
        token = await self._threads.run(self._door.visits.begin, by)
        log.info("console.entered", by=by)
        response = RedirectResponse(page, 303, HEADERS)
        self._door.visits.give(response, token)
        return response

    async def leave(self, _request: Request, visitor: Visitor, _form: dict[str, str]) -> Response:
        """303 to the login; the session is over, for everyone who may have a copy of the cookie."""
        if visitor.token:
            await self._threads.run(self._door.visits.end, visitor.token)
        log.info("console.left", by=visitor.by)
        response = RedirectResponse(LOGIN, 303, HEADERS)
        self._door.visits.take_back(response)
        return response

    def _form(self, page: str, by: str = "", flaws: dict[str, str] | None = None, status: int = 200) -> Response:
        values = {"next": page, "by": by, "flaws": flaws or {}, "visitor": None, "here": ""}
        return HTMLResponse(self._pages.html("console/login", values), status, HEADERS)


def _page(asked: str) -> str:
    return asked if _PAGE.fullmatch(asked) else "/console"
