"""Who writes to whom in the demo: however many letters are asked for, exactly so many can leave."""

from __future__ import annotations

from itertools import islice

import pytest

from workers.demo.options import POSTCODES
from workers.demo.plan import Ballot, plan, postcodes_of
from workers.demo.supporters import supporters
from workers.errors import InputError

BALLOTS = {
    "A1": Ballot("one", ("a", "b", "c", "d"), ("x",)),
    "B2": Ballot("two", ("e",)),
    "C3": Ballot("three", (), ("y", "z")),
    "D4": Ballot("four", ("f", "g", "h")),
}


@pytest.mark.parametrize("contacts", [*range(1, 30), 1565])
def test_the_letters_that_can_leave_are_exactly_as_many_as_asked_for(contacts):
    """The last supporter chooses fewer candidates, so that the count comes out even."""
    planned = plan(list(BALLOTS), contacts, BALLOTS.__getitem__)
    assert planned.contacts == contacts
    for wish in planned.wishes:
        ballot = BALLOTS[wish.supporter.postcode]
        assert set(wish.candidates or ballot.reachable) <= set(ballot.reachable)
        assert wish.reachable == len(wish.candidates or ballot.reachable)


def test_the_first_who_sign_are_of_different_places():
    """Else a newcomer finds that all have signed where they look first; everybody is still named once."""
    candidates = plan(list(BALLOTS), 50, BALLOTS.__getitem__).candidates
    assert candidates == ["a", "e", "f", "b", "g", "c", "h", "d"]


def test_nobody_writes_where_no_candidate_can_be_reached():
    """Letters that only wait would make the demo no longer, but duller."""
    planned = plan(list(BALLOTS), 50, BALLOTS.__getitem__)
    assert "C3" not in {wish.supporter.postcode for wish in planned.wishes}


def test_files_of_different_places_are_told_instead_of_looked_through_for_ever():
    """A newcomer gave only one of the two files."""
    with pytest.raises(InputError, match="different places"):
        plan(["A1", "B2"], 5, lambda _: Ballot(""))


def test_supporters_are_the_same_each_time_and_all_different():
    """Invented, repeatable, and as people are: some share an address, some ask twice."""
    postcodes = postcodes_of(POSTCODES)
    crowd = list(islice(supporters(postcodes), 3000))
    assert crowd == list(islice(supporters(postcodes), 3000))
    assert len({(one.name.casefold(), one.email) for one in crowd}) == len(crowd)
    assert len({one.email for one in crowd}) < len(crowd)
    assert all(one.email.endswith(".example") for one in crowd)
    assert any(one.asks_twice and one.again().email != one.email for one in crowd)
    assert any(one.message for one in crowd)
