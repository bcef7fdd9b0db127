"""What each fault does to the exchange it meets."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Awaitable, Callable

import msgspec

from workers.outbox.exchange import Exchange
from workers.outbox.misbehaviour import Fault, Rule
from workers.outbox.payload import Call
from workers.outbox.validation import Problem, problem

JSON = (b"content-type", b"application/json")

#: The words that come with a status when the rule brings none.
_MESSAGES = {
    400: "Bad Request",
    401: "The provided authorization grant is invalid, expired, or revoked",
    403: "The from address does not match a verified Sender Identity.",
    413: "content too large",
    429: "too many requests",
    500: "internal server error",
    503: "service unavailable",
}


async def refuse(exchange: Exchange, status: int, problems: list[Problem], *more: tuple[bytes, bytes]) -> None:
    """Answers in SendGrid's error form."""
    body = msgspec.json.encode({"errors": problems})
    await exchange.answer(status, body, (JSON, *more))


async def _status(exchange: Exchange, rule: Rule, _call: Call) -> None:
    more = []
    if rule.reset_in is not None:
        # Whole seconds since 1970, as SendGrid has it; rounded up, so that waiting for it is waiting long enough.
        more = [
            (b"x-ratelimit-limit", b"600"),
            (b"x-ratelimit-remaining", b"0"),
            (b"x-ratelimit-reset", str(math.ceil(time.time() + rule.reset_in)).encode()),
        ]
    text = rule.message or _MESSAGES.get(rule.status, "error")
    await refuse(exchange, rule.status, [problem(text, rule.field)], *more)


async def _credits(exchange: Exchange, _rule: Rule, _call: Call) -> None:
    await refuse(exchange, 401, [problem("Maximum credits exceeded")])


async def _refuse_address(exchange: Exchange, rule: Rule, call: Call) -> None:
    wanted, found = rule.address.casefold(), []
    for index, one in enumerate(call.personalizations):
        for kind, people in (("to", one.to), ("cc", one.cc), ("bcc", one.bcc)):
            found += [
                problem(
                    rule.message or "Does not contain a valid address.",
                    f"personalizations.{index}.{kind}.{position}.email",
                    "message.recipient-errors",
                )
                for position, person in enumerate(people)
                if person.email.casefold() == wanted
            ]
    await refuse(exchange, 400, found)


async def _redirect(exchange: Exchange, _rule: Rule, _call: Call) -> None:
    # A client that follows it turns its POST into a GET, which answers 200 and looks like success.
    await exchange.answer(302, b"", ((b"location", b"/livez"),))


async def _close(exchange: Exchange, _rule: Rule, _call: Call) -> None:
    await exchange.close()


async def _reset(exchange: Exchange, _rule: Rule, _call: Call) -> None:
    await exchange.reset()


async def _fail(exchange: Exchange, rule: Rule, _call: Call) -> None:
    status = rule.status or 500
    await refuse(exchange, status, [problem(rule.message or _MESSAGES.get(status, "error"))])


async def _accepted(exchange: Exchange, _rule: Rule, _call: Call) -> None:
    await exchange.answer(202)


async def pause(rule: Rule) -> None:
    """Waits as long as the rule says."""
    await asyncio.sleep(rule.ms / 1000)


Act = Callable[[Exchange, Rule, Call], Awaitable[None]]

#: These keep nothing.
BEFORE: dict[Fault, Act] = {
    Fault.STATUS: _status,
    Fault.CREDITS: _credits,
    Fault.REFUSE_ADDRESS: _refuse_address,
    Fault.REDIRECT: _redirect,
    Fault.HALF_CLOSE: _close,
    Fault.RESET: _reset,
}

#: These act once the mail is kept.
AFTER: dict[Fault, Act] = {
    Fault.ACCEPT_THEN_FAIL: _fail,
    Fault.CLOSE_AFTER_ACCEPT: _close,
    Fault.RESET_AFTER_ACCEPT: _reset,
    Fault.NO_MESSAGE_ID: _accepted,
}
