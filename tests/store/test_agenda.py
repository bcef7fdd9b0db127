"""What waits comes back by itself, and at once when what held it back is over."""

from __future__ import annotations

from tests.support.people import CAMPAIGN, candidate, person, take
from workers.store import Store


def test_what_was_taken_comes_back_only_at_its_next_nudge(store: Store):
    """A message that is lost on the way costs one nudge; two clocks never take the same work."""
    store.candidates.apply(CAMPAIGN, [candidate(1)])
    action = take(store, person(store.ids, 1), ("1",))
    assert store.agenda.due_unwritten(CAMPAIGN, 10, 60_000) == [action.id]
    assert store.agenda.due_unwritten(CAMPAIGN, 10, 60_000) == []


def test_what_was_not_come_to_is_due_at_once(store: Store):
    """A campaign that is resumed does not wait for the next nudge."""
    store.candidates.apply(CAMPAIGN, [candidate(1)])
    action = take(store, person(store.ids, 1), ("1",))
    store.letters.write(CAMPAIGN, [action.id], 60_000)
    assert store.agenda.due_actions(CAMPAIGN, 10, 60_000) == []
    store.agenda.due_again(CAMPAIGN, [action.id, "a-that-is-done"])
    assert store.agenda.due_actions(CAMPAIGN, 10, 60_000) == [action.id]
    assert store.agenda.waiting(CAMPAIGN) == 1
