"""What an import would change, told before it changes it."""

from __future__ import annotations

import pytest

from tests.campaign.reading import GOOD, OLD, known, read
from workers.campaign.difference import difference
from workers.campaign.model import Candidate


def test_the_difference_tells_each_candidate_once():
    """New, changed, gone, back: what is written is what was shown."""
    rows = [GOOD.replace("1,Ada", f"{number},Ada") for number in range(1, 5)]
    before = known(read(OLD + "".join(rows)))
    before["4"] = Candidate(
        **{**{name: getattr(before["4"], name) for name in Candidate.__slots__}, "status": "withdrawn"}
    )
    after = read(OLD + rows[0] + rows[1].replace("Lilac", "Green") + rows[3] + rows[0].replace("1,Ada", "5,Ada"))
    found = difference(before, after)
    assert [candidate.id for candidate in found.new] == ["5"]
    assert [(change.after.id, change.fields) for change in found.changed] == [("2", ("party",))]
    assert [(candidate.id, candidate.status) for candidate in found.gone] == [("3", "withdrawn")]
    assert [(candidate.id, candidate.status) for candidate in found.back] == [("4", "standing")]
    assert (found.same, found.standing, len(found.put)) == (1, 3, 4)


def test_importing_the_same_file_again_changes_nothing():
    """Import is what a nightly job does."""
    file = read(OLD + GOOD)
    assert difference(known(file), file).put == ()


def test_a_refused_row_changes_nothing_of_a_known_candidate():
    """A typing error in an address must not withdraw anybody."""
    before = known(read(OLD + GOOD))
    assert difference(before, read(OLD + GOOD.replace("@", " at "))).put == ()


@pytest.mark.parametrize("column", ["email", "incumbent", "region", "honorific_prefix"])
def test_a_column_that_is_not_there_changes_nothing(column: str):
    """Today's core file has no addresses: they must not vanish."""
    value = {"email": "ada@ash.example", "incumbent": "yes"}.get(column, "North")
    before = known(read(OLD.replace("email", column) + GOOD.replace("ada@ash.example", value)))
    without = read(OLD.replace(",email", "") + GOOD.replace(",ada@ash.example", ""))
    assert difference(before, without).put == ()


def test_an_emptied_address_is_a_change():
    """A column that is there means what it says."""
    found = difference(known(read(OLD + GOOD)), read(OLD + GOOD.replace("ada@ash.example", "")))
    assert [change.fields for change in found.changed] == [("email",)]
    assert found.losing_address == 1
