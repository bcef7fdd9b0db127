"""The outbox in a browser: a list, each mail, and the rules."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode

import jinja2
import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from workers.errors import NotFoundError
from workers.outbox import api, guard
from workers.outbox.box import Box
from workers.outbox.fate import DETAILS
from workers.outbox.misbehaviour import MEANINGS, Fault, Rule

FOLDER = Path(__file__).parent / "html"
#: Mails on one page.
PAGE = 50
TABS = ("html", "text", "headers", "raw")
#: How a state is shown: its word, and the tone that colours it.
WORDS = {
    "accepted": ("accepted", "plain"),
    "processed": ("processed", "plain"),
    "deferred": ("deferred", "wait"),
    "delivered": ("delivered", "good"),
    "open": ("opened", "good"),
    "click": ("clicked", "good"),
    "dropped": ("dropped", "bad"),
    "blocked": ("blocked", "bad"),
    "bounce": ("bounced", "bad"),
    "unsubscribe": ("unsubscribed", "wait"),
    "spamreport": ("complained", "bad"),
}


def _environment() -> jinja2.Environment:
    found = jinja2.Environment(
        loader=jinja2.FileSystemLoader(FOLDER), autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    found.filters["when"] = when
    found.filters["iso"] = lambda at: _moment(at).isoformat(timespec="seconds")
    return found


def when(at: float) -> str:
    """``14:03:09`` today, with the date before it otherwise; UTC, as in the logs."""
    moment = _moment(at)
    today = moment.date() == datetime.now(UTC).date()
    return moment.strftime("%H:%M:%S" if today else "%d %b %Y, %H:%M:%S")


def _moment(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)


def routes(box: Box) -> list[Route]:
    """What this module answers."""
    pages = Pages(box)
    return [
        Route("/", pages.mails),
        Route("/mails/{number:int}", pages.mail),
        Route("/mails/{number:int}/html", pages.html),
        Route("/mails/{number:int}/events", pages.add_event, methods=["POST"]),
        Route("/rules", pages.rules, methods=["GET"]),
        Route("/rules", pages.change_rules, methods=["POST"]),
        Route("/outbox.css", pages.style),
    ]


class Pages:
    """HTML that works without script."""

    def __init__(self, box: Box) -> None:
        self._box = box
        self._templates = _environment()
        self._style = (FOLDER / "outbox.css").read_bytes()

    async def mails(self, request: Request) -> Response:
        """The list, newest first: ``?q=&page=``."""
        self._require(request)
        words, page = request.query_params.get("q", ""), max(1, api.number(request.query_params, "page", 1, 10**7))
        found, more = await asyncio.to_thread(self._box.find, words, PAGE, (page - 1) * PAGE)
        rows = [(mail, WORDS[self._box.history.state(mail.number)]) for mail in found]
        return self._show(
            "mails.html", rows=rows, words=words, page=page, more=more, link=_link, told=WORDS, now=self._summary()
        )

    async def mail(self, request: Request) -> Response:
        """One mail: ``?show=html|text|headers|raw``."""
        self._require(request)
        number = request.path_params["number"]
        mail = self._box.ledger.mail(number)
        show = request.query_params.get("show") or ("html" if mail.html else "text")
        if show not in TABS:
            raise HTTPException(404, "There is no such view of a mail.")
        return self._show(
            "mail.html", mail=mail, show=show, tabs=TABS, state=WORDS[self._box.history.state(number)], words=WORDS,
            told=self._box.history.of(number), last=self._box.ledger.mails, kinds=list(DETAILS),
            waiting=sum(one.asked == number for one in self._box.history.waiting.values()),
            raw=_pretty(self._box.ledger.payload(number)) if show == "raw" else "",
            events_to=self._box.callbacks.options.events_to,
        )  # fmt: skip

    async def html(self, request: Request) -> Response:
        """The mail's own HTML, which may do nothing but be looked at."""
        self._require(request)
        mail = self._box.ledger.mail(request.path_params["number"])
        return Response(mail.html, headers=guard.headers(guard.MAIL_POLICY), media_type="text/html")

    async def add_event(self, request: Request) -> Response:
        """A button was pressed."""
        form = await self._form(request)
        number = request.path_params["number"]
        api.ask(self._box, number, form.get("event", ""))
        return RedirectResponse(f"/mails/{number}#events", 303)

    async def rules(self, request: Request) -> Response:
        """What is in force, and a form to add to it."""
        self._require(request)
        return self._show_rules({}, "")

    async def change_rules(self, request: Request) -> Response:
        """Adds the form's rule, or clears them all."""
        form = await self._form(request)
        if form.get("clear"):
            self._box.rules.clear()
            return RedirectResponse("/rules", 303)
        try:
            given = {name: value for name, value in form.items() if value}
            self._box.rules.add(msgspec.convert(given, Rule, strict=False))
        except msgspec.ValidationError as error:
            return self._show_rules(form, str(error).replace("`", ""), 400)
        return RedirectResponse("/rules", 303)

    async def style(self, _request: Request) -> Response:
        """The one style sheet."""
        return Response(self._style, headers={"Cache-Control": "no-cache"}, media_type="text/css")

    def _show_rules(self, form: dict[str, str], error: str, status: int = 200) -> Response:
        options = self._box.callbacks.options
        return self._show(
            "rules.html", status, rules=[_told(rule) for rule in self._box.rules.all()], faults=list(Fault),
            meanings=MEANINGS, form=form, error=error, options=options, now=self._summary(),
        )  # fmt: skip

    def _summary(self) -> dict[str, Any]:
        now = self._box.summary()
        return {**now, "by_event": Counter(now["by_event"])}

    def _show(self, template: str, status: int = 200, **values: Any) -> Response:
        text = self._templates.get_template(template).render(**values)
        return Response(text.encode("utf-8", "replace"), status, guard.headers(), "text/html")

    def _require(self, request: Request) -> None:
        guard.require_known_host(request, self._box.options)

    async def _form(self, request: Request) -> dict[str, str]:
        self._require(request)
        guard.require_same_origin(request)
        pairs = parse_qs((await request.body())[:10_000].decode("utf-8", "replace"))
        return {name: values[0].strip() for name, values in pairs.items()}


def _link(words: str, page: int) -> str:
    given = {**({"q": words} if words else {}), **({"page": page} if page > 1 else {})}
    return "/?" + urlencode(given) if given else "/"


def _told(rule: Rule) -> tuple[Rule, str, str]:
    left = "every call" if rule.times is None else f"the next {rule.times}" if rule.times > 1 else "the next one"
    shown = ((name, getattr(rule, name)) for name in ("status", "reset_in", "address", "field"))
    parts = [f"{name} {value:g}" if isinstance(value, float) else f"{name} {value}" for name, value in shown if value]
    parts += [f"{rule.rate:.0%} of calls"] if rule.rate < 1 else []
    parts += [f"{rule.ms} ms"] if "slow" in rule.fault else []
    return rule, left, ", ".join(parts)


def _pretty(payload: bytes) -> str:
    return msgspec.json.format(payload, indent=2).decode("utf-8", "replace")


def failed(request: Request, error: Exception) -> Response:
    """A page for people, problem+json for programs."""
    if not request.url.path.startswith(("/mails", "/rules")) and request.url.path != "/":
        return api.failed(request, error)
    status = error.status_code if isinstance(error, HTTPException) else 404 if isinstance(error, NotFoundError) else 400
    text = error.detail if isinstance(error, HTTPException) else str(error)
    body = _environment().get_template("failed.html").render(text=text, status=status)
    return Response(body, status, guard.headers(), "text/html")
