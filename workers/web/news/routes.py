"""The addresses of the calendar, of contributions, and of the bulletins' archive."""

from __future__ import annotations

from starlette.routing import Route

from workers.app import App
from workers.web.limits import Limits
from workers.web.news.almanac import Almanacs
from workers.web.news.archive import ArchivePages
from workers.web.news.calendar import CalendarPages
from workers.web.news.contribute import ContributePage
from workers.web.news.shelf import Shelf
from workers.web.pages import Pages
from workers.web.threads import Threads


def news(app: App, threads: Threads, pages: Pages, limits: Limits) -> list[Route]:
    """Every route of this package."""
    calendar = CalendarPages(app, threads, pages, Almanacs(app, threads))
    contribute = ContributePage(app, threads, pages, limits)
    archive = ArchivePages(app, threads, pages, Shelf(app, threads))
    path = "/campaigns/{campaign}"
    return [
        Route(f"{path}/events", calendar.page),
        Route(f"{path}/events.ics", calendar.feed),
        Route(f"{path}/events/{{event}}.ics", calendar.one),
        Route(f"{path}/bulletins", archive.all),
        Route(f"{path}/bulletins.atom", archive.feed),
        Route(f"{path}/bulletins/{{name}}/{{edition}}", archive.one),
        Route(f"{path}/contribute", contribute.get),
        Route(f"{path}/contribute", contribute.post, methods=["POST"]),
        Route(f"{path}/contribute/sent", contribute.sent),
    ]
