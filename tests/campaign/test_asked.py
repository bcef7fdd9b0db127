"""Who was asked, reached and signed, and when a party counts as left out."""

from __future__ import annotations

from tests.support.people import candidate
from workers.campaign.asked import Facts, everyone, group, groups_by, left_out


def parties(asked_red: int, asked_blue: int, of: int = 100) -> list:
    """Groups of two parties of this size, of which so many were asked."""
    people = [candidate(n, party="Red" if n < of else "Blue") for n in range(2 * of)]
    asked = {str(n): {"accepted": 1} for n in [*range(asked_red), *range(of, of + asked_blue)]}
    return groups_by("party", people, Facts(asked, set(), set()))


def test_letters_count_as_asked_when_handed_over_and_as_reached_when_they_stayed():
    """A letter that came back asked nobody anything, though it was sent; one that waits was not sent."""
    letters = {
        "1": {"accepted": 2, "delivered": 3, "complained": 1, "withheld": 4},
        "2": {"bounced": 1},
        "3": {"queued": 5, "held": 1, "rejected": 1, "unknown": 1},
    }
    people = [candidate(1), candidate(2), candidate(3), candidate(4, email="")]
    found = group("all", people, Facts(letters, {"1", "2"}, {"1", "2", "3"}))
    assert (found.candidates, found.without_address, found.asked, found.times_asked) == (4, 1, 2, 7)
    assert (found.reached, found.answered, found.signed, found.signed_of_reached) == (1, 3, 2, 1)
    assert (found.share_of_reached, found.share("asked"), found.median_letters) == (1.0, 0.5, 0.0)


def test_groups_are_the_largest_first_and_add_up():
    """By any field; those without it are a group of their own."""
    people = [candidate(n, region=region) for n, region in enumerate(["North", "South", "South", ""])]
    found = groups_by("region", people, Facts({}, {"1"}, {"1"}))
    assert [(one.name, one.candidates, one.signed) for one in found] == [("South", 2, 1), ("", 1, 0), ("North", 1, 0)]


def test_everyone_who_counts_is_there_also_who_is_known_no_more():
    """The signatories of a breakdown add up to the signatories of the campaign."""
    known = {"1": candidate(1), "2": candidate(2, status="withdrawn"), "3": candidate(3, status="withdrawn")}
    facts = Facts({"3": {"accepted": 1}}, {"gone"}, {"gone"})
    assert [one.id for one in everyone(known, facts)] == ["1", "3", "gone"]


def test_a_party_that_is_asked_much_less_is_named():
    """By less than four fifths of the others, which chance does not explain."""
    assert [one.name for one in left_out(parties(50, 90))] == ["Red"]


def test_a_party_that_is_asked_a_little_less_is_not():
    """Where supporters live is not in anyone's hand."""
    assert left_out(parties(80, 90)) == []
    assert left_out(parties(0, 0)) == []
    assert left_out(parties(100, 100)) == []


def test_a_few_candidates_prove_nothing():
    """A party with four candidates, and six of ten against eight of ten, are chance."""
    assert left_out(parties(0, 4, of=4)) == []
    assert left_out(parties(6, 8, of=10)) == []


def test_one_party_alone_cannot_be_left_out():
    """There are no others."""
    assert left_out([group("Red", [candidate(n) for n in range(9)], Facts({}, set(), set()))]) == []
