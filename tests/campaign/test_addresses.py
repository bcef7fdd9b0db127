"""One mailbox, however its address is written."""

from __future__ import annotations

import pytest

from workers.campaign.addresses import mailbox


@pytest.mark.parametrize(
    "written",
    [
        "sam.sample@gmail.com",
        "SamSample@GMail.com",
        "s.a.m.sample+river@googlemail.com",
        " samsample+a+b@gmail.com. ",
    ],
)
def test_the_same_mailbox_is_one(written: str):
    """Else whoever adds a dot would be mailed again and again."""
    assert mailbox(written) == "samsample@gmail.com"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("sam.sample@supporters.example", "samsample@supporters.example"),
        ("sam@supporters.example", "kim@supporters.example"),
        ("sam@supporters.example", "sam@candidates.example"),
    ],
)
def test_different_mailboxes_are_two(one: str, other: str):
    """Dots mean something at most providers."""
    assert mailbox(one) != mailbox(other)


def test_a_domain_is_the_same_in_either_spelling():
    """Beyond ASCII, and as mail servers take it."""
    assert mailbox("sam@bücher.example") == mailbox("SAM+x@XN--BCHER-KVA.example") == "sam@xn--bcher-kva.example"


@pytest.mark.parametrize("odd", ["", "@", "+@x.example", "a@" + "ü" * 80 + ".example", "no-at", "a@..example"])
def test_whatever_is_typed_has_an_answer(odd: str):
    """It was checked before, but nothing here may fail for it."""
    assert isinstance(mailbox(odd), str)
