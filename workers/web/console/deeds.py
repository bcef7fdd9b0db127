"""``/console/pause`` and ``/console/resume``: each asks once, is a POST, and the log has who did it."""

from __future__ import annotations

from collections.abc import Callable

import structlog
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from workers import domains, freezing
from workers.app import App
from workers.campaign.states import WAITING
from workers.errors import InputError, UnsafeError
from workers.store.keys import WORK_SCOPE, mailing_scope, pause_scope, queue_scope
from workers.web.console.door import HEADERS, Visitor
from workers.web.console.look import scope_in_words
from workers.web.pages import Pages
from workers.web.problems import CONFLICT, INVALID, NOT_FOUND, Problem
from workers.web.threads import Threads

log = structlog.get_logger()

#: Characters of a reason.
_REASON = 200
_BY_HAND = "paused by hand"


class Deeds:
    """The endpoints."""

    def __init__(self, app: App, threads: Threads, pages: Pages, done: Callable[[], None]) -> None:
        """``done`` is told after each deed."""
        self._app, self._threads, self._pages, self._done = app, threads, pages, done

    async def ask_pause(self, request: Request, visitor: Visitor) -> Response:
        """What a pause would stop, and the form; without a scope, what can be paused."""
        scope = request.query_params.get("scope", "")
        values = await self._threads.run(self._pausing, scope)
        return self._page("pause", visitor, values)

    async def pause(self, _request: Request, visitor: Visitor, form: dict[str, str]) -> Response:
        """303 to the console once nothing of the scope is claimed any more; 422 for a scope that there is not."""
        await self._threads.run(self._pause, visitor, form)
        self._done()
        return RedirectResponse("/console", 303, HEADERS)

    async def ask_resume(self, request: Request, visitor: Visitor) -> Response:
        """What would go on, why it was paused, and the form; 404 if it is not paused."""
        scope = request.query_params.get("scope", "")
        paused = await self._threads.run(self._app.store.pauses.all)
        if scope not in paused:
            raise Problem(NOT_FOUND, "that is not paused: somebody may have resumed it meanwhile")
        says = scope_in_words(scope, paused[scope].domain)
        return self._page("resume", visitor, {"scope": scope, "says": says, "pause": paused[scope]})

    async def resume(self, _request: Request, visitor: Visitor, form: dict[str, str]) -> Response:
        """303 to the console; 409 for what only the command line can let go on."""
        await self._threads.run(self._resume, visitor, form.get("scope", ""))
        self._done()
        return RedirectResponse("/console", 303, HEADERS)

    def _page(self, name: str, visitor: Visitor, values: dict[str, object]) -> Response:
        html = self._pages.html(f"console/{name}", {"visitor": visitor, "here": "", **values})
        return HTMLResponse(html, headers=HEADERS)

    def _pausing(self, scope: str) -> dict[str, object]:
        scope = self._known(scope) if scope else ""
        tallies = self._app.store.tallies.totals_of(list(self._app.campaigns))
        slugs = [slug for slug in tallies if scope in ("all", pause_scope(slug))]
        waiting = sum(tallies[slug].letters.get(state, 0) for slug in slugs for state in WAITING)
        scopes = {one: scope_in_words(one) for one in self._scopes()}
        return {"scope": scope, "says": scope_in_words(scope), "waiting": waiting, "scopes": scopes, "most": _REASON}

    def _scopes(self) -> list[str]:
        queues = map(queue_scope, sorted(self._app.broker.get_declared_queues()))
        running = map(mailing_scope, self._app.store.mailings.running())
        return ["all", *map(pause_scope, sorted(self._app.campaigns)), *queues, *running]

    def _known(self, scope: str) -> str:
        if scope not in self._scopes():
            raise Problem(INVALID, "the scope is nothing that can be paused here")
        return scope

    def _pause(self, visitor: Visitor, form: dict[str, str]) -> None:
        reason, domain = _reason(form.get("reason", "")), ""
        if form.get("scope") == "domain":
            domain = _domain(form.get("domain", ""))
            scope = domains.scope_of(self._app.ids, domain)
        else:
            scope = self._known(form.get("scope", ""))
        if self._app.store.pauses.pause(scope, reason, visitor.by, domain):
            self._tell("paused", scope, visitor)

    def _resume(self, visitor: Visitor, scope: str) -> None:
        if scope == WORK_SCOPE:
            freezing.thaw(self._app.store, visitor.by)
            return
        try:
            was = domains.resume(self._app.store, self._app.campaigns, scope, visitor.by)
        except UnsafeError as error:
            raise Problem(CONFLICT, str(error)) from None
        if was and scope == queue_scope("callbacks"):
            self._app.store.agenda.hasten_callbacks()
        if was:
            self._tell("resumed", scope, visitor)

    def _tell(self, what: str, scope: str, visitor: Visitor) -> None:
        kind, _, name = scope.partition(":")
        about = {"campaign": name} if kind == "campaign" else {}
        event = f"{'queue' if kind == 'queue' else 'sending'}.{what}"
        log.warning(event, **about, scope=scope, by=visitor.by)


def _domain(typed: str) -> str:
    try:
        return domains.normal_domain(typed)
    except InputError as error:
        raise Problem(INVALID, f"what stands there {error.what}") from None


def _reason(typed: str) -> str:
    """One line that others read wherever the pause is shown."""
    text = " ".join(typed.split())
    if len(text) > _REASON or not text.isprintable():
        raise Problem(INVALID, f"the reason must be one line of at most {_REASON} characters")
    return text or _BY_HAND
