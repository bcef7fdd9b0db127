"""Waiting for a condition, in place of sleeping for luck."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def wait_until(
    predicate: Callable[[], T], timeout_s: float = 20.0, message: str | Callable[[], str] = "", every_s: float = 0.02
) -> T:
    """The first true answer of ``predicate``; AssertionError with ``message`` (or its answer) after ``timeout_s``."""
    deadline = time.monotonic() + timeout_s
    while True:
        answer = predicate()
        if answer:
            return answer
        if time.monotonic() > deadline:
            text = message() if callable(message) else message
            raise AssertionError(f"not within {timeout_s:g} s: {text or predicate}; the last answer was {answer!r}")
        time.sleep(every_s)
