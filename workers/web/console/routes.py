"""Every route of the console, each behind its door."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from workers.app import App
from workers.web.console.door import LOGIN, Door, Visitor
from workers.web.console.home import Home
from workers.web.console.login import Login
from workers.web.console.tail import LogPage, Tail
from workers.web.limits import Limits
from workers.web.pages import Pages
from workers.web.problems import by_status
from workers.web.threads import Threads


class Console(NamedTuple):
    """The routes, and what lets everybody go who watches."""

    routes: list[Route]
    stop: Callable[[], None]


def console(app: App, threads: Threads, pages: Pages, limits: Limits) -> Console:
    """All of it; 404 with what to do, each, while the console is switched off."""
    door, tail = Door(app, threads, limits), Tail(app)
    login = Login(app, threads, limits, pages, door)
    home = Home(app, threads, pages, door, tail)
    routes = [
        Route(LOGIN, login.get),
        Route(LOGIN, login.post, methods=["POST"]),
        Route("/console/logout", door.does(login.leave), methods=["POST"]),
        Route("/console", door.shows(home.get)),
        Route("/console/look.json", door.shows(home.json)),
        Route("/console/live", door.shows(home.stream)),
        Route("/console/log", door.shows(LogPage(app, threads, pages, tail).get)),
        Route("/console/{rest:path}", door.shows(_nowhere)),
    ]
    return Console(routes, home.stop)


async def _nowhere(_request: Request, _visitor: Visitor) -> Response:
    raise by_status(404)
