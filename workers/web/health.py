"""``/livez``, ``/readyz``, ``/healthz``: whether this process lives, and whether what it leans on does."""

from __future__ import annotations

import time
from collections.abc import Iterator

import msgspec
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from workers.app import App
from workers.errors import UnavailableError
from workers.store.keys import receipts_book
from workers.web.threads import Threads

#: Seconds for which one look is good: nobody can make us ask the ledger more often.
_FRESH_S = 1.0


class Check(Struct, frozen=True, omit_defaults=True):
    """One thing looked at; ``detail`` says what is wrong or worth knowing."""

    name: str
    ok: bool
    detail: str = ""


class Health(Struct, frozen=True):
    """The whole; ``paused`` maps a scope to its reason, ``hold_ms`` is how long no provider call begins."""

    status: str
    checks: list[Check]
    paused: dict[str, str] = {}
    hold_ms: int = 0

    @property
    def code(self) -> int:
        return 200 if all(check.ok for check in self.checks) else 503


class HealthChecks:
    """The endpoints; they have threads of their own, so that they answer while all others wait for the ledger."""

    def __init__(self, app: App) -> None:
        self._app, self._threads = app, Threads(2)
        self._seen: tuple[float, Health] = (0.0, Health("", []))

    async def live(self, _request: Request) -> Response:
        """200 as long as the process answers."""
        return _response(Health("alive", [Check("process", ok=True)]))

    async def ready(self, _request: Request) -> Response:
        """200 when the ledger answers, can write and keeps what it is given; a pause is told, and is no fault."""
        at, health = self._seen
        if not health.status or time.monotonic() - at > _FRESH_S:
            health = await self._threads.run(self._look)
            self._seen = time.monotonic(), health
        return _response(health)

    def _look(self) -> Health:
        try:
            self._app.store.ping()
            checks = [Check("ledger", ok=True), *self._promises(), self._campaigns(), self._unknown()]
            paused = {scope: pause.reason for scope, pause in self._app.store.pauses.all().items()}
            hold_ms = self._app.store.pauses.hold_ms()
        except UnavailableError:
            return Health("not ready", [Check("ledger", ok=False, detail="does not answer or cannot write")])
        health = Health("ready", checks, paused, hold_ms)
        return health if health.code == 200 else msgspec.structs.replace(health, status="not ready")

    def _promises(self) -> Iterator[Check]:
        insist = self._app.settings.redis.require_durable
        for promise in self._app.store.safety():
            yield Check("durable", ok=promise.level != "error" or not insist, detail=promise.what)

    def _campaigns(self) -> Check:
        return Check("campaigns", ok=True, detail=f"{len(self._app.campaigns)} loaded")

    def _unknown(self) -> Check:
        """Letters that a person should decide about are told, and are no fault of this process."""
        books = [book for slug in self._app.campaigns for book in (slug, receipts_book(slug))]
        counts = self._app.store.unknowns.count(books, self._app.settings.upkeep.unknown_s)
        old = [f"{slug}: {doubt.old} of {doubt.letters}" for slug, doubt in counts.items() if doubt.old]
        return Check("unknown", ok=True, detail=f"for too long, {', '.join(old)}" if old else "")


def _response(health: Health) -> Response:
    headers = {"cache-control": "no-store"}
    return Response(msgspec.json.encode(health), health.code, headers, "application/json")
