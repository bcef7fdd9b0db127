"""``/metrics``: the ledger's own numbers, so that all processes are added up; for this machine only."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from prometheus_client.core import CollectorRegistry, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import Response

from workers.app import App
from workers.web.problems import NOT_FOUND, Problem
from workers.web.readings import READINGS
from workers.web.threads import Threads


class Metrics:
    """The endpoint; a request that came over a proxy or another machine finds nothing here."""

    def __init__(self, app: App) -> None:
        self._threads = Threads(1)
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(_Ledger(app))

    async def get(self, request: Request) -> Response:
        """The text format that Prometheus reads; UnavailableError when the ledger is away."""
        if not _is_local(request):
            raise Problem(NOT_FOUND, "there is no such page")
        body = await self._threads.run(generate_latest, self._registry)
        return Response(body, media_type=CONTENT_TYPE_LATEST)


class _Ledger(Collector):
    """Reads ledger and queue each time it is asked: a handful of round trips, whatever the number of letters."""

    def __init__(self, app: App) -> None:
        self._app = app

    def describe(self) -> list[Metric]:
        return []

    def collect(self) -> Iterator[Metric]:
        for reading in READINGS:
            yield from reading(self._app)


def _is_local(request: Request) -> bool:
    if any(name in request.headers for name in ("forwarded", "x-forwarded-for", "x-real-ip", "via")):
        return False
    try:
        return request.client is not None and ipaddress.ip_address(request.client.host).is_loopback
    except ValueError:
        return False
