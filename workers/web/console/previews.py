"""``/console/previews``: every call and bulletin as a reader would get it, HTML beside text; nothing is sent."""

from __future__ import annotations

from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from workers.app import App
from workers.bulletinfile import read_bulletins, read_calls
from workers.campaign.bulletin import Bulletin, Call
from workers.campaign.mailings import Kind, Mailing
from workers.errors import ConfigError, InputError, NotFoundError
from workers.mail.editions import kind_of
from workers.mail.templates import Templates
from workers.previewing import CUT_OFF, Preview, Previewing
from workers.web.console.door import HEADERS, Visitor
from workers.web.pages import Pages
from workers.web.problems import NOT_FOUND, Problem
from workers.web.threads import Threads

PATH = "/console/previews"
#: A mail brings its styles and pictures along; it is shown in a frame without scripts, forms and links.
_CONTENT_POLICY = (
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: https: http:; object-src 'none'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)


class _Row(NamedTuple):
    kind: Kind
    name: str
    title: str
    campaign: str
    schedule: str


class Previews:
    """The endpoints."""

    def __init__(self, app: App, threads: Threads, pages: Pages) -> None:
        self._app, self._threads, self._pages = app, threads, pages
        settings = app.settings
        templates = Templates(settings.path(settings.templates.folder))
        secret = settings.secrets.require("MOBILISE_SECRET")
        self._previewing = Previewing(app.store, templates, pages.public_url, secret)

    async def all(self, _request: Request, visitor: Visitor) -> Response:
        """Every call and bulletin, and what is wrong with the folders that cannot be used."""
        made, problems = await self._threads.run(self._folders)
        rows = [_row(one) for one in made.values()]
        return self._page("previews", visitor, {"rows": rows, "problems": problems})

    async def invented(self, request: Request, visitor: Visitor) -> Response:
        """One of them for somebody who does not exist."""
        return await self._threads.run(self._shown, request, visitor, "")

    async def chosen(self, request: Request, visitor: Visitor, form: dict[str, str]) -> Response:
        """The same for the person in the form: by POST, so that no address is in an address; the log knows of it."""
        return await self._threads.run(self._shown, request, visitor, form.get("person", "").strip())

    def _shown(self, request: Request, visitor: Visitor, person: str) -> Response:
        made_of = self._made_of(request.path_params["kind"], request.path_params["name"])
        reminds = isinstance(made_of, Call) and bool(made_of.remind_after_days)
        reminder = reminds and "reminder" in request.query_params
        unknown = "unknown" in request.query_params
        values: dict[str, object] = {"row": _row(made_of), "reminds": reminds, "reminder": reminder, "preview": None}
        values["unknown"] = unknown
        try:
            mailing = self._previewing.draft(made_of, self._app.campaigns[made_of.campaign], reminder=reminder)
        except ConfigError as problem:
            return self._page("preview", visitor, {**values, "problems": [problem]}, 422)
        flaw = ""
        try:
            preview = self._preview(mailing, person, visitor, unknown=unknown)
        except (InputError, NotFoundError) as error:
            flaw, preview = str(error), self._previewing.invented(mailing)
        # Counting reads everybody once, which takes seconds where there are a million.
        count = self._previewing.expected(mailing) if "count" in request.query_params else None
        values |= {"preview": preview, "flaw": flaw, "recipients": count}
        return self._page("preview", visitor, {**values, "cut_off": CUT_OFF}, 422 if flaw else 200)

    def _preview(self, mailing: Mailing, person: str, visitor: Visitor, *, unknown: bool) -> Preview:
        if person:
            return self._previewing.of(mailing, person, visitor.by)
        return self._previewing.unknown(mailing) if unknown else self._previewing.invented(mailing)

    def _made_of(self, kind: str, name: str) -> Bulletin | Call:
        made, problems = self._folders()
        if (kind, name) not in made:
            wrong = [problem for problem in problems if f"/{name}/" in problem.where]
            what = f"{wrong[0]}" if wrong else "there is no such call or bulletin, or its folder cannot be used"
            raise Problem(NOT_FOUND, f"{what}: see {PATH}")
        return made[kind, name]

    def _folders(self) -> tuple[dict[tuple[str, str], Bulletin | Call], list[ConfigError]]:
        """As they stand now: an author looks here after each change."""
        settings, campaigns = self._app.settings, self._app.campaigns
        folders = [settings.beside_campaigns(one) for one in (settings.mailings.bulletins, settings.mailings.calls)]
        bulletins, wrong = read_bulletins(folders[0], campaigns, settings.root)
        calls, wrong_too = read_calls(folders[1], campaigns, settings.root)
        made: list[Bulletin | Call] = [*bulletins.values(), *calls.values()]
        return {(kind_of(one), one.name): one for one in made}, [*wrong, *wrong_too]

    def _page(self, name: str, visitor: Visitor, values: dict[str, object], status: int = 200) -> Response:
        html = self._pages.html(f"console/{name}", {"visitor": visitor, "here": PATH, "problems": [], **values})
        return HTMLResponse(html, status, headers={**HEADERS, "content-security-policy": _CONTENT_POLICY})


def _row(made_of: Bulletin | Call) -> _Row:
    schedule = made_of.schedule if isinstance(made_of, Bulletin) else ""
    return _Row(kind_of(made_of), made_of.name, made_of.title or made_of.name, made_of.campaign, schedule)
