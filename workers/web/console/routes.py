"""Every route of the console, each behind its door."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from workers.app import App
from workers.web.console.dead import DeadLettersPage
from workers.web.console.deeds import Deeds
from workers.web.console.door import LOGIN, Door, Visitor
from workers.web.console.explain import ExplainPage
from workers.web.console.home import Home
from workers.web.console.login import Login
from workers.web.console.previews import PATH as PREVIEWS
from workers.web.console.previews import Previews
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
    deeds = Deeds(app, threads, pages, home.look_anew)
    routes = [
        Route(LOGIN, login.get),
        Route(LOGIN, login.post, methods=["POST"]),
        Route("/console/logout", door.does(login.leave), methods=["POST"]),
        Route("/console", door.shows(home.get)),
        Route("/console/look.json", door.shows(home.json)),
        Route("/console/live", door.shows(home.stream)),
        Route("/console/log", door.shows(LogPage(app, threads, pages, tail).get)),
        Route("/console/pause", door.shows(deeds.ask_pause)),
        Route("/console/pause", door.does(deeds.pause), methods=["POST"]),
        Route("/console/resume", door.shows(deeds.ask_resume)),
        Route("/console/resume", door.does(deeds.resume), methods=["POST"]),
        *_dead_letters(door, DeadLettersPage(app, threads, pages, home.look_anew)),
        *_explain(door, ExplainPage(app, threads, pages)),
        *_previews(door, Previews(app, threads, pages)),
        Route("/console/{rest:path}", door.shows(_nowhere)),
    ]
    return Console(routes, home.stop)


def _dead_letters(door: Door, dead: DeadLettersPage) -> list[Route]:
    path = "/console/dead-letters"
    return [
        Route(path, door.shows(dead.all)),
        Route(f"{path}/all/{{deed}}", door.shows(dead.ask)),
        Route(f"{path}/all/{{deed}}", door.does(dead.do_all), methods=["POST"]),
        Route(f"{path}/{{id}}", door.shows(dead.one)),
        Route(f"{path}/{{id}}/{{deed}}", door.does(dead.do), methods=["POST"]),
    ]


def _explain(door: Door, explain: ExplainPage) -> list[Route]:
    path = "/console/explain"
    return [
        Route(path, door.shows(explain.ask)),
        Route(f"{path}/{{id}}", door.shows(explain.get)),
        Route(f"{path}/{{id}}/person", door.does(explain.show_person), methods=["POST"]),
    ]


def _previews(door: Door, previews: Previews) -> list[Route]:
    path = f"{PREVIEWS}/{{kind}}/{{name}}"
    return [
        Route(PREVIEWS, door.shows(previews.all)),
        Route(path, door.shows(previews.invented)),
        Route(path, door.does(previews.chosen), methods=["POST"]),
    ]


async def _nowhere(_request: Request, _visitor: Visitor) -> Response:
    raise by_status(404)
