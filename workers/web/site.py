"""The web application: every route in one table, around the services of one process."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.routing import Route

from workers.app import App
from workers.errors import MobiliseError
from workers.web.actions import Actions
from workers.web.board import Board
from workers.web.candidates import Candidates
from workers.web.guard import Guard, refused
from workers.web.health import HealthChecks
from workers.web.problems import Problem
from workers.web.tally import Tally
from workers.web.threads import Threads

#: Blocking calls of one process at a time; each holds one connection to Redis.
_THREADS = 32


def site(app: App) -> Starlette:
    """The ASGI application; it connects to nothing before the first request."""
    threads = Threads(_THREADS)
    board = Board(app.store, threads)
    application = Starlette(
        routes=[*_api(app, board, threads), *_health(app)],
        middleware=[Middleware(Guard, https=app.settings.web.public_url.startswith("https:"))],
        exception_handlers={Problem: refused, MobiliseError: refused, HTTPException: refused},
    )
    application.router.redirect_slashes = False  # a redirect would be made from whatever Host a stranger sent
    return application


def _api(app: App, board: Board, threads: Threads) -> list[Route]:
    tally = Tally(app, board)
    campaign = "/api/campaigns/{campaign}"
    return [
        Route(f"{campaign}/actions", Actions(app, threads).post, methods=["POST"]),
        Route(f"{campaign}/candidates", Candidates(app, threads).get),
        Route(f"{campaign}/tally", tally.get),
        Route(f"{campaign}/tally/stream", tally.stream),
    ]


def _health(app: App) -> list[Route]:
    checks = HealthChecks(app)
    return [Route("/livez", checks.live), Route("/readyz", checks.ready), Route("/healthz", checks.ready)]
