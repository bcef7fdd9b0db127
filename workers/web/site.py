"""The web application: every route in one table, around the services of one process."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Route

from workers.app import App
from workers.web import openapi
from workers.web.acting import ActPage
from workers.web.actions import Actions
from workers.web.announcing import Announcer
from workers.web.board import Board
from workers.web.callbacks import Callbacks
from workers.web.candidates import Candidates
from workers.web.card import Card
from workers.web.choosing import PreferencesPage
from workers.web.confirm import ConfirmPage
from workers.web.console.routes import console
from workers.web.folders import Folders
from workers.web.guard import Guard
from workers.web.health import HealthChecks
from workers.web.leaving import LeavingPage
from workers.web.letters import LettersPage
from workers.web.limits import Limits
from workers.web.metrics import Metrics
from workers.web.news.routes import news
from workers.web.pages import Pages
from workers.web.refusals import REFUSED, Refusals
from workers.web.roll import Rolls
from workers.web.sheets import Sheets
from workers.web.sign import SignPage
from workers.web.signatories import Signatories
from workers.web.signed import SignedPage
from workers.web.statics import Statics
from workers.web.subscribing import SubscribePage
from workers.web.tally import Tally
from workers.web.threads import Threads

#: Blocking calls of one process at a time; each holds one connection to Redis.
_THREADS = 32


def site(app: App) -> Starlette:
    """The ASGI application; it connects to nothing before the first request."""
    threads = Threads(_THREADS)
    board, statics = Board(app.store, threads), Statics()
    rolls = Rolls(app.store, threads)
    announcer, limits = Announcer(app), Limits(app)
    actions = Actions(app, threads, announcer, limits)
    folders = Folders(app)
    pages = Pages(app, board, rolls, statics, folders)
    operators = console(app, threads, pages, limits)
    answer = Refusals(pages).answer
    application = Starlette(
        routes=[
            *_api(app, board, threads, actions, limits),
            *_signatories(app, rolls, pages),
            *_sign(app, threads, pages, limits),
            *_letters(app, threads, pages, actions, limits, folders),
            *_readers(app, threads, pages, actions, limits, folders),
            *_callbacks(app, threads),
            *operators.routes,
            *news(app, threads, pages, limits),
            *_health(app),
            *_pages(pages, statics),
        ],
        middleware=[Middleware(Guard, https=app.settings.web.public_url.startswith("https:"))],
        exception_handlers=dict.fromkeys(REFUSED, answer),
    )
    application.router.redirect_slashes = False  # a redirect would be made from whatever Host a stranger sent

    def stop() -> None:
        board.stop()
        operators.stop()

    application.state.stop = stop

    async def finish() -> None:
        await announcer.finish()
        await app.store.together.close()

    application.state.finish = finish
    return application


def _api(app: App, board: Board, threads: Threads, actions: Actions, limits: Limits) -> list[Route]:
    tally = Tally(app, board)
    campaign = "/api/campaigns/{campaign}"
    return [
        Route(f"{campaign}/actions", actions, methods=["POST"]),
        Route(f"{campaign}/candidates", Candidates(app, threads, limits).get),
        Route(f"{campaign}/tally", tally.get),
        Route(f"{campaign}/tally/stream", tally.stream),
    ]


def _signatories(app: App, rolls: Rolls, pages: Pages) -> list[Route]:
    signatories, card = Signatories(app, rolls), Card(app, rolls, pages)
    path = "/campaigns/{campaign}/signatories"
    return [
        Route(path, SignedPage(app, rolls, pages).get),
        Route(f"{path}/{{candidate}}", card.page),
        Route(f"{path}/{{candidate}}/card.svg", card.svg),
        Route(f"{path}/{{candidate}}/card.png", card.png),
        Route(f"/api{path}", signatories.get),
        Route(f"/api{path}.{{format}}", signatories.get),
    ]


def _sign(app: App, threads: Threads, pages: Pages, limits: Limits) -> list[Route]:
    sign = SignPage(app, threads, pages, limits)
    return [
        Route("/sign/{token}", sign.get),
        Route("/sign/{token}", sign.post, methods=["POST"]),
    ]


def _letters(
    app: App, threads: Threads, pages: Pages, actions: Actions, limits: Limits, folders: Folders
) -> list[Route]:
    sheets = Sheets(app)
    letters = LettersPage(app, threads, pages, sheets, actions, folders)
    confirm = ConfirmPage(app, threads, pages, sheets, limits)
    path = "/campaigns/{campaign}/letters"
    return [
        Route(path, letters.get),
        Route(path, letters.post, methods=["POST"]),
        Route(f"{path}/{{state}}", letters.sent),
        Route("/confirm/{token}", confirm.get),
        Route("/confirm/{token}", confirm.post, methods=["POST"]),
    ]


def _readers(
    app: App, threads: Threads, pages: Pages, actions: Actions, limits: Limits, folders: Folders
) -> list[Route]:
    leaving = LeavingPage(app, threads, pages, limits)
    choosing = PreferencesPage(app, threads, pages, limits, folders)
    act = ActPage(app, threads, pages, actions, limits, folders)
    subscribe, path = SubscribePage(app, threads, pages, limits, folders), "/campaigns/{campaign}/subscribe"
    return [
        Route(path, subscribe.get),
        Route(path, subscribe.post, methods=["POST"]),
        Route(f"{path}/sent", subscribe.sent),
        Route("/unsubscribe/{token}", leaving.get),
        Route("/unsubscribe/{token}", leaving.post, methods=["POST"]),
        Route("/preferences/{token}", choosing.get),
        Route("/preferences/{token}", choosing.post, methods=["POST"]),
        Route("/act/{token}", act.get),
        Route("/act/{token}", act.post, methods=["POST"]),
        Route("/act/{token}/seen", act.seen, methods=["POST"]),
    ]


def _callbacks(app: App, threads: Threads) -> list[Route]:
    callbacks = Callbacks(app, threads)
    return [
        Route("/callbacks/sendgrid/events", callbacks.reports, methods=["POST"]),
        Route("/callbacks/signatures/{campaign}", callbacks.signatures, methods=["POST"]),
    ]


def _health(app: App) -> list[Route]:
    checks = HealthChecks(app)
    return [
        Route("/livez", checks.live),
        Route("/readyz", checks.ready),
        Route("/healthz", checks.ready),
        Route("/metrics", Metrics(app).get),
    ]


def _pages(pages: Pages, statics: Statics) -> list[Route]:
    return [
        Route("/", pages.index),
        Route("/campaigns/{campaign}", pages.campaign),
        Route("/docs", pages.docs),
        Route("/openapi.json", openapi.get),
        Route("/static/{name}", statics.get),
    ]
