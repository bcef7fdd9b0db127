"""What the bench works on: invented candidates, supporters and the letters between them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import islice

from workers.app import App
from workers.campaign.model import Action, Candidate, Person

CAMPAIGN = "bench"
#: Candidates in a seat, as in 2015: 3,971 in 650.
SEAT = 6
SEATS = 650
WORDS = (
    "I have walked along our river for thirty years, and last summer was the first in which nobody swam. The water "
    "company says that it may release what it likes when it rains; it rains here on two days in five. I would like to "
    "know what you will do about it in your first hundred days, and whether you will publish what you were told by the "
    "companies. My neighbours ask me the same, and most of them have not decided how to vote."
)


def candidates() -> Iterator[Candidate]:
    """All of them, reachable, each at an address of its own."""
    for number in range(SEATS * SEAT):
        seat = number // SEAT
        yield Candidate(
            str(number),
            f"Candidate {number}",
            f"Party {number % SEAT}",
            f"E14{seat:06}",
            f"Constituency {seat}",
            f"c{number}@candidates.example",
            incumbent=number % SEAT == 0,
        )


def actions(app: App, count: int, first: int = 0) -> Iterator[tuple[Person, Action]]:
    """``count`` supporters, each writing to every candidate of one seat in their own words."""
    for number in range(first, first + count):
        name, email = f"Supporter Number {number}", f"supporter{number}@supporters.example"
        person = Person(app.ids.person(email, name), name, email, "ZZ1 1AA")
        ids = tuple(str(number % SEATS * SEAT + i) for i in range(SEAT))
        group = app.ids.group(CAMPAIGN, "letter", "", person.id)
        action_id = app.ids.action(CAMPAIGN, person.id, ids)
        yield person, Action(action_id, CAMPAIGN, person.id, group, ids, int(time.time()), WORDS)


def load(app: App, letters: int, first: int = 0) -> int:
    """Letters written and due now, as after a campaign opens; how many actions that took."""
    taken = []
    for person, action in actions(app, letters // SEAT, first):
        app.store.actions.take(person, action, nudge_at_ms=0)
        taken.append(action.id)
    left = iter(taken)
    while chunk := list(islice(left, 200)):
        app.store.letters.write(CAMPAIGN, chunk, 0)
    return len(taken)
