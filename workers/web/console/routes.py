"""Every route of the console, each behind its door."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from workers.app import App
from workers.web.console.door import LOGIN, Door, Visitor
from workers.web.console.login import Login
from workers.web.limits import Limits
from workers.web.pages import Pages
from workers.web.problems import by_status
from workers.web.threads import Threads


def console(app: App, threads: Threads, pages: Pages, limits: Limits) -> list[Route]:
    """All of them; 404 with what to do, each, while the console is switched off."""
    door = Door(app, threads, limits)
    login = Login(app, threads, limits, pages, door)
    return [
        Route(LOGIN, login.get),
        Route(LOGIN, login.post, methods=["POST"]),
        Route("/console/logout", door.does(login.leave), methods=["POST"]),
        Route("/console", door.shows(login.home)),
        Route("/console/{rest:path}", door.shows(_nowhere)),
    ]


async def _nowhere(_request: Request, _visitor: Visitor) -> Response:
    raise by_status(404)
