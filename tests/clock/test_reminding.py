"""A week of an unconfirmed action, on a shifted clock: asked at once, reminded after a day, and gone."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from tests.store.test_intents import intent
from tests.support.people import CAMPAIGN
from workers.actors.confirmation import ask_supporters
from workers.app import App, patience
from workers.campaign.intents import Intent, Patience, Question
from workers.clock import Clock
from workers.store.keys import pause_scope

_HOUR = 3600


@pytest.fixture
def shift(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Sets this process's wall clock forward by so many hours, counted from now."""
    real, off = time.time, [0.0]
    monkeypatch.setattr(time, "time", lambda: real() + off[0])

    def to(hours: float) -> None:
        off[0] = hours * _HOUR

    return to


def kept(app: App) -> Intent:
    one = intent(app.store.ids)
    app.store.intents.keep(one, patience(app.settings), nudge_at_ms=int(time.time() * 1000))
    return one


def asked(app: App, one: Intent) -> list[str]:
    """What the clock moves now, and the mails that come of it: their templates."""
    if not Clock(app).tick():
        return []
    told = list(ask_supporters.fn(CAMPAIGN, [one.id], store=app.store, campaigns=app.campaigns, patience=Patience()))
    receipts = [receipt for event in told for receipt in getattr(event, "receipts", [])]
    return [app.store.actions.get(receipt).subject for receipt in receipts]


def test_a_week_of_an_action_that_nobody_confirms(app: App, shift: Callable[[float], None], raw):
    """One question, one reminder, and then nothing is left."""
    one = kept(app)
    week: list[tuple[int, str]] = []
    for hour in range(0, 8 * 24, 3):
        shift(hour)
        if hour > 7 * 24:
            raw.delete(f"intent:{one.id}", f"person:{one.id}")  # what the server does by its own clock
        week += [(hour, question) for question in asked(app, one)]
    assert week == [(0, Question.FIRST), (24, Question.REMINDER)]
    assert app.store.intents.count(CAMPAIGN) == 0


def test_a_reminder_waits_while_sending_is_paused(app: App, shift: Callable[[float], None]):
    """And goes when it goes on."""
    one = kept(app)
    assert asked(app, one) == [Question.FIRST]
    app.store.pauses.pause(pause_scope(CAMPAIGN), "a test")
    shift(30)
    assert asked(app, one) == []
    app.store.pauses.resume(pause_scope(CAMPAIGN))
    assert asked(app, one) == [Question.REMINDER]
