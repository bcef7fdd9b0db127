"""Rules that make the outbox behave like a provider on a bad day."""

from __future__ import annotations

import random
from enum import StrEnum

import msgspec

from workers.errors import InputError
from workers.outbox.payload import Call
from workers.outbox.validation import field_of


class Fault(StrEnum):
    """What can go wrong; the first group keeps nothing, the second keeps the mail."""

    STATUS = "status"
    CREDITS = "credits"
    REFUSE_ADDRESS = "refuse_address"
    REDIRECT = "redirect"
    HALF_CLOSE = "half_close"
    RESET = "reset"
    SLOW = "slow"

    SLOW_AFTER_ACCEPT = "slow_after_accept"
    ACCEPT_THEN_FAIL = "accept_then_fail"
    CLOSE_AFTER_ACCEPT = "close_after_accept"
    RESET_AFTER_ACCEPT = "reset_after_accept"
    NO_MESSAGE_ID = "no_message_id"


#: What each fault does, for the page.
MEANINGS = {
    Fault.STATUS: "answers this status (429 with reset_in seconds, or any of 400 to 599)",
    Fault.CREDITS: "answers 401, “Maximum credits exceeded”",
    Fault.REFUSE_ADDRESS: "answers 400 for a call that has this address",
    Fault.REDIRECT: "answers 302 and keeps nothing",
    Fault.HALF_CLOSE: "reads the call, then closes with no answer",
    Fault.RESET: "reads the call, then resets the connection",
    Fault.SLOW: "waits ms, then goes on as usual",
    Fault.SLOW_AFTER_ACCEPT: "keeps the mail, waits ms, then answers 202",
    Fault.ACCEPT_THEN_FAIL: "keeps the mail, then answers 500 (or status)",
    Fault.CLOSE_AFTER_ACCEPT: "keeps the mail, then closes with no answer",
    Fault.RESET_AFTER_ACCEPT: "keeps the mail, then resets the connection",
    Fault.NO_MESSAGE_ID: "keeps the mail, answers 202 without an X-Message-Id",
}


class Rule(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """One fault: for the next ``times`` calls (always, if not given), at a ``rate``, for an ``address`` if given."""

    fault: Fault
    times: int | None = None
    rate: float = 1.0
    address: str = ""
    status: int = 0
    reset_in: float | None = None
    ms: int = 1000
    field: str | None = None
    message: str = ""

    def __post_init__(self) -> None:
        if self.times is not None and self.times < 1:
            raise ValueError("times must be at least 1")
        if not 0 < self.rate <= 1:
            raise ValueError("rate must be above 0 and at most 1")
        if self.ms < 0 or self.ms > 600_000:
            raise ValueError("ms must be from 0 to 600000")
        self._check_parts()

    def _check_parts(self) -> None:
        if self.fault is Fault.STATUS and not 400 <= self.status <= 599:
            raise ValueError("status must be from 400 to 599")
        if self.status and not 400 <= self.status <= 599:
            raise ValueError("status must be from 400 to 599")
        if self.fault is Fault.REFUSE_ADDRESS and not self.address:
            raise ValueError("address is needed")


class Misbehaviour:
    """The rules in force, in order; a call meets the first that fits."""

    def __init__(self, rules: tuple[Rule, ...] = (), seed: int = 0) -> None:
        self._rules = list(rules)
        self._chance = random.Random(f"rules {seed}")  # noqa: S311  repeatable on purpose

    def all(self) -> list[Rule]:
        """The rules still in force; ``times`` is what is left."""
        return list(self._rules)

    def add(self, rule: Rule) -> None:
        """Puts ``rule`` behind the others."""
        self._rules.append(rule)

    def clear(self) -> None:
        """Behave again."""
        self._rules.clear()

    def meet(self, call: Call) -> Rule | None:
        """The rule that ``call`` runs into, which is used up by one."""
        return self._first(call) if self._rules else None

    def _first(self, call: Call) -> Rule | None:
        for rule in self._rules:
            if rule.address and rule.address.casefold() not in call.addresses():
                continue
            if rule.rate < 1 and self._chance.random() >= rule.rate:
                continue
            self._use(rule)
            return rule
        return None

    def _use(self, rule: Rule) -> None:
        if rule.times is None:
            return
        rule.times -= 1
        if not rule.times:
            self._rules.remove(rule)


def parse_rule(text: str) -> Rule:
    """A rule from JSON, or from ``fault:key=value,key=value``; InputError names what does not fit."""
    try:
        if text.lstrip().startswith("{"):
            return msgspec.json.decode(text, type=Rule)
        fault, _, rest = text.partition(":")
        pairs = dict(pair.split("=", 1) for pair in rest.split(",") if pair)
        return msgspec.convert({"fault": fault.strip(), **pairs}, Rule, strict=False)
    except msgspec.ValidationError as error:
        what, _, path = str(error).partition(" - at `")
        raise InputError(what, field=field_of(path.rstrip("`")) or "rule") from None
    except (ValueError, msgspec.DecodeError):
        raise InputError("is neither JSON nor fault:key=value,key=value", field="rule") from None
