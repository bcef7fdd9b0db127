"""A clock with nothing to do asks the ledger one thing; with something to do it overlooks none of it."""

from __future__ import annotations

import pytest

from tests.support.people import CAMPAIGN, person, take
from workers.app import App
from workers.clock import Clock
from workers.store.scripts import Scripts


@pytest.fixture
def asked(app: App, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, list[str]]]:
    """The scripts that are called from now on, and with which keys."""
    called: list[tuple[str, list[str]]] = []
    call = Scripts.call

    def noted(scripts: Scripts, name: str, keys, args):
        called.append((name, list(keys)))
        return call(scripts, name, keys, args)

    monkeypatch.setattr(Scripts, "call", noted)
    return called


def moved(asked: list[tuple[str, list[str]]]) -> set[str]:
    return {key for name, keys in asked for key in keys if name == "move_due"}


def test_an_idle_clock_asks_one_thing(app: App, asked):
    """Five times a second, for as long as the project runs, however many campaigns there are."""
    clock = Clock(app)
    clock.tick()
    asked.clear()
    assert clock.tick(seldom=False) == 0
    assert [name for name, _ in asked] == ["find_due"]


def test_every_agenda_that_is_moved_is_asked_about_first(app: App, asked):
    """A new kind of work that is moved and not asked about would wait until something else is due."""
    take(app.store, person(app.store.ids, 1), ("1",))
    assert Clock(app).tick() == 1
    ((_, looked_at),) = [call for call in asked if call[0] == "find_due"]
    assert set(looked_at) == moved(asked) - {"callbacks", "running"}


@pytest.mark.parametrize("seldom", [True, False])
def test_what_is_due_is_moved_by_the_next_tick(app: App, seldom: bool):
    """Once: then its next nudge is two minutes away."""
    take(app.store, person(app.store.ids, 1), ("1",))
    clock = Clock(app)
    assert [clock.tick(seldom=seldom), clock.tick(seldom=seldom)] == [1, 0]
    assert app.broker.backlog("letters") == 1


def test_only_campaigns_with_something_to_do_are_due(app: App):
    """Whichever of their agendas it is on."""
    agenda = app.store.agenda
    assert agenda.due([]) == agenda.due([CAMPAIGN, "other"]) == set()
    take(app.store, person(app.store.ids, 1), ("1",))
    assert agenda.due(["before", CAMPAIGN, "after"]) == agenda.due([CAMPAIGN], letters_only=True) == {CAMPAIGN}
