"""Profiles as lines of the ledger."""

from __future__ import annotations

import pytest

from workers.campaign.ids import Ids
from workers.campaign.profile import BUCKETS, Profile, bucket, bucket_number, is_tag, mailed_for, parse_profile

FULL = Profile("e" * 17, "mabcde", ("E14000001", "E14001001"), "cy", ("a-b", "c"), ("bulletins",), (20000, 20007))


@pytest.mark.parametrize("profile", [FULL, Profile("e1", "m1")], ids=["full", "empty"])
def test_a_profile_comes_back_as_it_was(profile: Profile):
    """Whatever is not known is a dash, so that the words keep their places."""
    assert parse_profile(profile.pack()) == profile
    assert len(profile.pack().split(" ")) == 7


def test_every_person_is_in_one_of_the_buckets(ids: Ids):
    """Whoever walks all of them meets everybody once; the number is the name in base 32."""
    person = ids.person("robin@supporter.example", "Robin")
    assert bucket(person) == person[1:4]
    assert 0 <= bucket_number(person) < BUCKETS
    assert [bucket_number(f"p{name}{'a' * 13}") for name in ("aaa", "aab", "aba", "777")] == [0, 1, 32, BUCKETS - 1]


@pytest.mark.parametrize("text", ["", "-", "-a", "a-", "A", "a b", "a,b", "é", "a" * 41])
def test_a_tag_cannot_break_its_line(text: str):
    """Blanks and commas have a meaning there."""
    assert not is_tag(text)
    assert is_tag("door-to-door-2")


def test_only_some_purposes_let_somebody_mail_a_person():
    """A consent to hear of one's letters is none to bulletins."""
    assert mailed_for(["updates", "calls", "bulletins", "phone"]) == ("bulletins", "calls")
