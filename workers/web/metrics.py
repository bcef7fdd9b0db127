"""``/metrics``: the ledger's own numbers, so that all processes are added up; for this machine only."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from prometheus_client.core import CollectorRegistry, CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import Response

from workers.app import App
from workers.store.keys import receipts_book
from workers.web.problems import NOT_FOUND, Problem
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
        yield from self._books()
        yield from self._unknown()
        yield from self._queues()
        yield from self._stops()

    def _books(self) -> Iterator[Metric]:
        letters = GaugeMetricFamily("mobilise_letters", "Letters by state.", labels=["book", "state"])
        people = GaugeMetricFamily("mobilise_supporters", "People who acted.", labels=["campaign"])
        signed = GaugeMetricFamily("mobilise_signatories", "Candidates who signed.", labels=["campaign"])
        taken = CounterMetricFamily("mobilise_actions", "Actions taken.", labels=["campaign"])
        waiting = GaugeMetricFamily("mobilise_waiting_actions", "Actions with letters to send.", labels=["campaign"])
        store = self._app.store
        for slug in self._app.campaigns:
            for book in (slug, receipts_book(slug)):
                for state, n in store.tallies.totals(book).letters.items():
                    letters.add_metric([book, state], n)
            totals = store.tallies.totals(slug)
            people.add_metric([slug], totals.supporters)
            signed.add_metric([slug], totals.signatories)
            taken.add_metric([slug], store.actions.count(slug))
            waiting.add_metric([slug], store.agenda.waiting(slug))
        yield from (letters, people, signed, taken, waiting)

    def _unknown(self) -> Iterator[Metric]:
        old = GaugeMetricFamily(
            "mobilise_letters_unknown_old", "Unknown longer than upkeep.unknown_s.", labels=["book"]
        )
        books = [book for slug in self._app.campaigns for book in (slug, receipts_book(slug))]
        for book, doubt in self._app.store.unknowns.count(books, self._app.settings.upkeep.unknown_s).items():
            old.add_metric([book], doubt.old)
        yield old

    def _queues(self) -> Iterator[Metric]:
        messages = GaugeMetricFamily("mobilise_queue_messages", "Messages by queue.", labels=["queue", "where"])
        for queue in sorted(self._app.broker.get_declared_queues()):
            for where, n in self._app.broker.sizes(queue).items():
                messages.add_metric([queue, where], n)
        yield messages

    def _stops(self) -> Iterator[Metric]:
        paused = GaugeMetricFamily("mobilise_paused", "1 for each paused scope.", labels=["scope"])
        for scope in self._app.store.pauses.all():
            paused.add_metric([scope], 1)
        seconds = self._app.store.pauses.hold_ms() / 1000
        yield paused
        yield GaugeMetricFamily("mobilise_provider_hold_seconds", "Until the provider may be called.", value=seconds)
        flying = self._app.store.letters.claims_in_flight()
        yield GaugeMetricFamily("mobilise_claims_in_flight", "Actions being posted now.", value=flying)


def _is_local(request: Request) -> bool:
    if any(name in request.headers for name in ("forwarded", "x-forwarded-for", "x-real-ip", "via")):
        return False
    try:
        return request.client is not None and ipaddress.ip_address(request.client.host).is_loopback
    except ValueError:
        return False
