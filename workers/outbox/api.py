"""The outbox as scripts and tests see it: JSON under ``/outbox``, and SendGrid's small questions."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from workers.errors import ConfigError, InputError, NotFoundError
from workers.outbox.box import Box
from workers.outbox.fate import DETAILS
from workers.outbox.guard import require_known_host, require_same_origin
from workers.outbox.ledger import Mail
from workers.outbox.misbehaviour import Rule, parse_rule
from workers.outbox.options import Chances
from workers.outbox.validation import problem

#: Mails on one page at most.
MOST_LISTED = 500
#: What SendGrid can post events of.
_EVENTS = (
    *("processed", "deferred", "delivered", "bounce", "dropped", "spam_report", "unsubscribe", "open", "click"),
    *("group_unsubscribe", "group_resubscribe"),
)
_CHANCES = {one.name for one in fields(Chances)}


def as_json(value: Any, status: int = 200) -> Response:
    """A JSON answer that is not kept by anybody."""
    headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    return Response(msgspec.json.encode(value), status, headers, "application/json")


def number(given: Mapping[str, str], name: str, default: int, most: int) -> int:
    """A whole number from 0 to ``most`` out of a query; InputError names it."""
    text = given.get(name) or str(default)
    if not text.isascii() or not text.isdigit() or len(text) > 12:
        raise InputError("must be a whole number from 0", field=name, status=400)
    return min(int(text), most)


def routes(box: Box) -> list[Route]:
    """What this module answers."""
    api = Api(box)
    return [
        Route("/livez", api.livez),
        Route("/v3/scopes", api.scopes),
        Route("/v3/verified_senders", api.verified_senders),
        Route("/v3/whitelabel/domains", api.domains),
        Route("/v3/user/webhooks/event/settings/all", api.webhooks),
        Route("/v3/user/webhooks/event/test", api.test_webhook, methods=["POST"]),
        Route("/outbox/summary", api.summary),
        Route("/outbox/mails", api.mails),
        Route("/outbox/mails/{number:int}", api.mail),
        Route("/outbox/mails/{number:int}/events", api.add_event, methods=["POST"]),
        Route("/outbox/rules", api.rules, methods=["GET"]),
        Route("/outbox/rules", api.change_rules, methods=["POST"]),
    ]


class Api:
    """JSON in, JSON out."""

    def __init__(self, box: Box) -> None:
        self._box = box

    async def livez(self, _request: Request) -> Response:
        """200 while the process answers."""
        return Response("ok\n", media_type="text/plain")

    async def scopes(self, request: Request) -> Response:
        """What the key may do: enough for a check that it works."""
        return self._for_key(request, {"scopes": ["mail.send", "mail.batch.create", "sender_verification_eligible"]})

    async def verified_senders(self, request: Request) -> Response:
        """None: this stand-in lets any sender pass."""
        return self._for_key(request, {"results": []})

    async def domains(self, request: Request) -> Response:
        """Every domain that is asked for is authenticated: any sender may pass."""
        domain = request.query_params.get("domain", "")
        records = {
            name: {"valid": True, "type": "cname", "host": f"{host}.{domain}", "data": "outbox.example"}
            for name, host in {"mail_cname": "em1", "dkim1": "s1._domainkey", "dkim2": "s2._domainkey"}.items()
        }
        found = {"id": 1, "domain": domain, "subdomain": "em1", "valid": True, "dns": records}
        return self._for_key(request, [found] if domain else [])

    async def webhooks(self, request: Request) -> Response:
        """Where events go from here, all of them, and the key that they are signed with."""
        to = self._box.callbacks.options.events_to
        webhook = {"id": "outbox", "enabled": bool(to), "url": to, "public_key": self._box.signer.public_key}
        found = [{**webhook, **dict.fromkeys(_EVENTS, True)}] if to else []
        return self._for_key(request, {"max_allowed": 1, "webhooks": found})

    async def test_webhook(self, request: Request) -> Response:
        """Posts an invented event, signed, to where it is asked for; 204 once it was taken."""
        answer = self._for_key(request, {})
        if answer.status_code != 200:
            return answer
        url = str((await _object(request)).get("url") or self._box.callbacks.options.events_to)
        taken = await asyncio.to_thread(self._box.callbacks.test, url)
        return Response(status_code=204) if taken else as_json({"errors": [problem("the event was not taken")]}, 400)

    async def summary(self, request: Request) -> Response:
        """Counts of calls, mails, refusals and events."""
        require_known_host(request, self._box.options)
        return as_json(self._box.summary())

    async def mails(self, request: Request) -> Response:
        """``?q=&limit=&offset=``, newest first."""
        require_known_host(request, self._box.options)
        query = request.query_params
        limit, offset = number(query, "limit", 50, MOST_LISTED), number(query, "offset", 0, 10**9)
        found, more = await asyncio.to_thread(self._box.find, query.get("q", ""), limit, offset)
        listed = [self._short(mail) for mail in found]
        return as_json({"mails": listed, "more": more, "limit": limit, "offset": offset})

    async def mail(self, request: Request) -> Response:
        """One mail, whole, with what was told of it."""
        require_known_host(request, self._box.options)
        mail = self._box.ledger.mail(request.path_params["number"])
        whole = {**msgspec.to_builtins(mail), "state": self._box.history.state(mail.number)}
        return as_json({**whole, "events": self._box.history.of(mail.number)})

    async def add_event(self, request: Request) -> Response:
        """``{"event": "bounce"}``: tells it now; 202 with its id."""
        require_known_host(request, self._box.options)
        require_same_origin(request)
        wanted = await _object(request)
        event_id = ask(self._box, request.path_params["number"], str(wanted.get("event", "")))
        return as_json({"sg_event_id": event_id}, 202)

    async def rules(self, request: Request) -> Response:
        """The rules in force, and the chances of events."""
        require_known_host(request, self._box.options)
        return as_json(self._rules())

    async def change_rules(self, request: Request) -> Response:
        """A rule, ``{"rules": [rule]}``, ``{"clear": true}`` or ``{"events": {"to": url, "bounce": 0.03}}``."""
        require_known_host(request, self._box.options)
        require_same_origin(request)
        wanted = await _object(request)
        rules = _rules(wanted)
        if "events" in wanted:
            self._retarget(wanted["events"])
        if wanted.get("clear"):
            self._box.rules.clear()
        for rule in rules:
            self._box.rules.add(rule)
        return as_json(self._rules())

    def _rules(self) -> dict[str, Any]:
        options = self._box.callbacks.options
        chances = {name: getattr(options.chances, name) for name in sorted(_CHANCES)}
        return {"rules": self._box.rules.all(), "events": {"to": options.events_to, **chances}}

    def _retarget(self, wanted: Any) -> None:
        if not isinstance(wanted, dict) or set(wanted) - _CHANCES - {"to"}:
            raise InputError(f"may hold to and {', '.join(sorted(_CHANCES))}", field="events", status=400)
        chances = {name: value for name, value in wanted.items() if name != "to"}
        if not all(isinstance(value, int | float) for value in chances.values()):
            raise InputError("chances are numbers from 0 to 1", field="events", status=400)
        if not isinstance(wanted.get("to", ""), str):
            raise InputError("must be a URL", field="events.to", status=400)
        try:
            self._box.callbacks.retarget(wanted.get("to"), **chances)
        except ConfigError as error:
            raise InputError(error.what, field=error.where.lstrip("-"), status=400) from None

    def _short(self, mail: Mail) -> dict[str, Any]:
        state = self._box.history.state(mail.number)
        names = ("number", "message_id", "delivery", "to", "subject", "at", "fault")
        return {**{name: getattr(mail, name) for name in names}, "from": mail.sender, "state": state}

    def _for_key(self, request: Request, value: Any) -> Response:
        if self._box.send_mail.knows(request.headers.get("authorization", "")):
            return as_json(value)
        return as_json({"errors": [problem("authorization required")]}, 401)


def ask(box: Box, number: int, what: str) -> str:
    """The id of the event asked for; refuses one that nobody would hear of."""
    if what not in DETAILS:
        raise InputError(f"must be one of {', '.join(DETAILS)}", field="event", status=400)
    if not box.callbacks.options.events_to:
        raise HTTPException(409, "There is nowhere to send events to: start the outbox with --events-to URL.")
    return box.callbacks.ask(number, what)


def _rules(wanted: dict[str, Any]) -> list[Rule]:
    listed = wanted.get("rules", [wanted] if "fault" in wanted else [])
    if not isinstance(listed, list) or not (listed or wanted.get("clear") or "events" in wanted):
        raise InputError("must hold fault, rules, events or clear", field="rule", status=400)
    return [parse_rule(msgspec.json.encode(one).decode()) for one in listed]


async def _object(request: Request) -> dict[str, Any]:
    try:
        return msgspec.json.decode(await request.body(), type=dict[str, Any])
    except (msgspec.MsgspecError, RecursionError):
        raise InputError("must be a JSON object", status=400) from None


def failed(_request: Request, error: Exception) -> Response:
    """What went wrong, as problem+json (RFC 9457)."""
    status, title = 500, "The outbox failed"
    if isinstance(error, HTTPException):
        status, title = error.status_code, error.detail
    elif isinstance(error, InputError):
        status, title = 400, str(error)
    elif isinstance(error, NotFoundError):
        status, title = 404, str(error)
    body = msgspec.json.encode({"type": "about:blank", "title": title, "status": status})
    return Response(body, status, {"X-Content-Type-Options": "nosniff"}, "application/problem+json")
