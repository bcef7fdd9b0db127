"""A worker is killed with a summary in its hands: every letter in it is in doubt, and none leaves twice."""

from __future__ import annotations

import pytest

from tests.faults.test_killed_sender import kill_worker
from tests.faults.town import Campaign
from tests.support.wait import wait_until

pytestmark = pytest.mark.faults

_LETTERS = 6


def gathered(daily: Campaign) -> None:
    """Six letters wait for Ada's morning."""
    daily.candidates("ada")
    daily.mobilise("campaigns", "pause")
    for number in range(_LETTERS):
        daily.write(f"Wilma{number}")
    daily.comes_to(queued=_LETTERS)
    daily.mobilise("campaigns", "resume")


def test_killed_before_the_mail_left(daily: Campaign):
    """Nobody can know that it did not: no machine posts them again."""
    gathered(daily)
    daily.town.relay.keep_calls()
    daily.has_its_morning("ada")
    wait_until(lambda: daily.town.relay.held >= 1, message="the call")
    daily.may_be_unknown(1)
    kill_worker(daily)
    daily.comes_to(unknown=_LETTERS)
    assert daily.mails() == []


def test_killed_after_the_202_was_given_and_before_it_was_read(daily: Campaign):
    """The provider has it: one report settles all its letters."""
    gathered(daily)
    daily.town.relay.keep_answers()
    daily.has_its_morning("ada")
    wait_until(daily.mails, message="the provider to accept it")
    kill_worker(daily)
    daily.comes_to(delivered=_LETTERS)
    assert len(daily.mails()) == 1


def test_paused_with_a_mail_on_its_way(daily: Campaign):
    """``pause`` answers when that call has ended; the next part does not begin."""
    gathered(daily)
    daily.meets("slow", times=1, ms=700)
    daily.has_its_morning("ada")
    wait_until(lambda: daily.states() == {"sending": _LETTERS})
    daily.mobilise("campaigns", "pause")
    assert daily.states().get("sending", 0) == 0
    daily.write("Otto")
    daily.mobilise("campaigns", "resume")
    daily.comes_to(delivered=_LETTERS + 1)
