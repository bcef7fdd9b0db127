"""Every refusal, ours and the framework's, as a problem: JSON for programs, a page for people."""

from __future__ import annotations

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from workers.errors import InputError, NotFoundError, UnavailableError
from workers.web.pages import Pages
from workers.web.problems import INVALID, NOT_FOUND, FieldError, Problem, by_status, unavailable

log = structlog.get_logger()

#: What is refused here; anything else is an error of ours and goes on to the guard.
REFUSED = (Problem, InputError, NotFoundError, UnavailableError, HTTPException)

_FOR_PROGRAMS = ("/api/", "/callbacks/", "/livez", "/readyz", "/healthz")


class Refusals:
    """Starlette's handler of exceptions."""

    def __init__(self, pages: Pages) -> None:
        self._pages = pages

    def answer(self, request: Request, error: Exception) -> Response:
        """Logged with the route's pattern, never the path: it may hold a postcode or a token."""
        problem = _problem(error)
        kind, route = problem.kind, getattr(request.scope.get("route"), "path", "")
        log.info("request.refused", status=kind.status, problem=kind.name, route=route, method=request.method)
        return self._pages.problem(problem) if _is_for_people(request) else problem.response()


def _is_for_people(request: Request) -> bool:
    path = request.scope["path"]
    return "text/html" in request.headers.get("accept", "") and not path.startswith(_FOR_PROGRAMS)


def _problem(error: Exception) -> Problem:
    match error:
        case Problem():
            return error
        case InputError():
            return Problem(INVALID, "one field is not right", [FieldError(error.field, error.what)])
        case NotFoundError():
            return Problem(NOT_FOUND, str(error))
        case HTTPException():
            return by_status(error.status_code, error.headers)
        case _:
            return unavailable()
