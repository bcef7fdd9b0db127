"""``POST /v3/mail/send``: checks a call as SendGrid does, keeps it, answers."""

from __future__ import annotations

import base64
import hmac
import os
import time
from pathlib import Path

import msgspec
import structlog
from starlette.types import Receive, Scope, Send

from workers.errors import UnavailableError
from workers.outbox.exchange import Exchange, TooLargeError
from workers.outbox.faults import AFTER, BEFORE, pause, refuse
from workers.outbox.ledger import Ledger
from workers.outbox.misbehaviour import Fault, Misbehaviour, Rule
from workers.outbox.payload import Call
from workers.outbox.validation import Problem, check, decode, problem

REFUSED = "refused.jsonl"
#: Bytes of a call: SendGrid's limit, attachments included.
LARGEST = 30 * 1024 * 1024

log = structlog.get_logger()


class Refusals:
    """The calls that were not kept: status, reason and delivery ids, nothing of their content."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / REFUSED
        self.count = self._path.read_bytes().count(b"\n") if self._path.exists() else 0
        self._file = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def note(self, status: int, reason: str, deliveries: list[str]) -> None:
        """``status`` 0 means: the connection was ended with no answer."""
        line = {"at": round(time.time(), 3), "status": status, "reason": reason, "deliveries": deliveries}
        os.write(self._file, msgspec.json.encode(line) + b"\n")
        self.count += 1
        log.info("outbox.refused", status=status, reason=reason, deliveries=len(deliveries))

    def close(self) -> None:
        """Lets go of the file."""
        os.close(self._file)


class SendMail:
    """The endpoint, as a bare ASGI application: it is the outbox's only busy path."""

    def __init__(self, api_key: str, ledger: Ledger, refusals: Refusals, rules: Misbehaviour) -> None:
        self._key = api_key
        self._ledger, self._refusals, self._rules = ledger, refusals, rules
        self.sandboxed = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        exchange = Exchange(scope, receive, send)
        if scope["method"] != "POST":
            await refuse(exchange, 405, [problem("POST method allowed only")], (b"allow", b"POST"))
            return
        try:
            body = await exchange.body(LARGEST)
        except TooLargeError:
            await self._refuse(exchange, 413, [problem("content too large")], (b"connection", b"close"))
            return
        await self._admit(exchange, body)

    def knows(self, authorization: str) -> bool:
        """Whether it is a bearer key that may send."""
        scheme, _, key = authorization.partition(" ")
        given = key.strip()
        if scheme.lower() != "bearer" or not given:
            return False
        return not self._key or hmac.compare_digest(given.encode(), self._key.encode())

    async def _admit(self, exchange: Exchange, body: bytes) -> None:
        authorization = exchange.header(b"authorization")
        if not authorization:
            await self._refuse(exchange, 401, [problem("authorization required")])
        elif not self.knows(authorization):
            text = "The provided authorization grant is invalid, expired, or revoked"
            await self._refuse(exchange, 401, [problem(text)])
        elif not _is_plain_json(exchange):
            await self._refuse(exchange, 415, [problem("Content-Type should be application/json")])
        else:
            await self._judge(exchange, body)

    async def _judge(self, exchange: Exchange, body: bytes) -> None:
        call, problems = decode(body)
        if call is not None:
            problems = check(call)
        if problems or call is None:
            await self._refuse(exchange, 400, problems, deliveries=call.deliveries() if call else [])
        elif rule := self._rules.meet(call):
            await self._misbehave(exchange, body, call, rule)
        else:
            await self._take(exchange, body, call)

    async def _take(self, exchange: Exchange, body: bytes, call: Call) -> None:
        if call.is_sandboxed():
            self.sandboxed += 1
            await exchange.answer(200)
            return
        message_id = await self._keep(exchange, body, call)
        if message_id:
            await exchange.answer(202, b"", ((b"x-message-id", message_id.encode()),))

    async def _misbehave(self, exchange: Exchange, body: bytes, call: Call, rule: Rule) -> None:
        log.info("outbox.fault", fault=rule.fault, deliveries=call.deliveries())
        if rule.fault in BEFORE:
            self._refusals.note(_status_of(rule), f"rule: {rule.fault}", call.deliveries())
            await BEFORE[rule.fault](exchange, rule, call)
        elif rule.fault is Fault.SLOW:
            await pause(rule)
            await self._take(exchange, body, call)
        else:
            await self._keep_and_misbehave(exchange, body, call, rule)

    async def _keep_and_misbehave(self, exchange: Exchange, body: bytes, call: Call, rule: Rule) -> None:
        message_id = await self._keep(exchange, body, call, rule.fault)
        if message_id and rule.fault is Fault.SLOW_AFTER_ACCEPT:
            await pause(rule)
            await exchange.answer(202, b"", ((b"x-message-id", message_id.encode()),))
        elif message_id:
            await AFTER[rule.fault](exchange, rule, call)

    async def _keep(self, exchange: Exchange, body: bytes, call: Call, fault: str = "") -> str:
        """The id of the kept call; "" if the disk refused, which the caller was told."""
        message_id = base64.urlsafe_b64encode(os.urandom(16)).decode()[:22]
        try:
            await self._ledger.keep(message_id, time.time(), body, call, fault)
        except UnavailableError as error:
            log.error("outbox.unwritable")
            await refuse(exchange, 503, [problem(str(error))])
            return ""
        log.info("outbox.accepted", message_id=message_id, deliveries=call.deliveries())
        return message_id

    async def _refuse(
        self,
        exchange: Exchange,
        status: int,
        problems: list[Problem],
        *more: tuple[bytes, bytes],
        deliveries: list[str] | None = None,
    ) -> None:
        fields = [one.field for one in problems if one.field]
        # Never the message itself: it may repeat an address.
        self._refusals.note(status, ", ".join(fields[:10]) or _reason(status), deliveries or [])
        await refuse(exchange, status, problems, *more)


def _is_plain_json(exchange: Exchange) -> bool:
    kind = exchange.header(b"content-type").partition(";")[0].strip().lower()
    return kind == "application/json" and exchange.header(b"content-encoding") in ("", "identity")


def _reason(status: int) -> str:
    return {400: "not JSON", 401: "key", 413: "size", 415: "content type"}.get(status, "")


def _status_of(rule: Rule) -> int:
    fixed = {Fault.CREDITS: 401, Fault.REFUSE_ADDRESS: 400, Fault.REDIRECT: 302, Fault.STATUS: rule.status}
    return fixed.get(rule.fault, 0)
