"""What people type about a signature: times that can be, words, and reasons that everyone may read."""

from __future__ import annotations

import pytest

from workers.campaign.signature import entered_by, public_reason, signing_time, source_word
from workers.errors import InputError

NOW = 1_790_000_000


def test_a_time_may_be_past_or_a_few_minutes_ahead():
    """Clocks differ; charters are signed before they are typed."""
    assert signing_time(NOW + 299.9, NOW) == NOW + 299
    assert signing_time(NOW - 86_400 * 365, NOW) == NOW - 86_400 * 365


@pytest.mark.parametrize("at", [NOW + 301, 0, -1, 1e12])
def test_an_impossible_time_is_refused(at: float):
    """One that lies in the future would win over every later withdrawal."""
    with pytest.raises(InputError, match=r"^time: "):
        signing_time(at, NOW)


@pytest.mark.parametrize("word", ["", "two words", "ünder", "-x", "x" * 65, "paper\n2"])
def test_a_source_is_one_plain_word(word: str):
    """It is a heading of the tally."""
    with pytest.raises(InputError, match=r"^source: "):
        source_word(word)


def test_texts_are_one_line():
    """As many spaces as somebody pasted become one."""
    assert entered_by("  Kim \t Clerk\n") == "Kim Clerk"
    assert public_reason("Said so\non stage") == "Said so on stage"


@pytest.mark.parametrize("text", ["", "  ", "a\x00b", "a\u202eb", "x" * 501, "ask ada@moor.example", "a\x1b[31m"])
def test_a_reason_that_is_private_or_unreadable_is_refused(text: str):
    """The log cannot be changed afterwards."""
    with pytest.raises(InputError, match=r"^reason: "):
        public_reason(text)
