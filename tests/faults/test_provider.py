"""The provider has bad days; each of its answers means something else for a letter."""

from __future__ import annotations

import pytest

from tests.faults.town import Campaign
from tests.support.wait import wait_until

pytestmark = pytest.mark.faults


def test_too_many_requests_means_later(campaign: Campaign):
    """429 says when to come back; the letters wait, and none is lost or sent twice."""
    campaign.candidates("ada", "bram")
    campaign.meets("status", status=429, reset_in=1)
    campaign.write("Wilma")
    campaign.comes_to(delivered=2)


def test_too_many_requests_with_no_word_of_when_means_later_too(campaign: Campaign):
    """Without X-RateLimit-Reset we wait as long as is usual, for every letter: the limit is the account's."""
    campaign.candidates("ada", "bram")
    campaign.meets("status", status=429)
    campaign.write("Wilma")
    wait_until(campaign.town.store.pauses.hold_ms, message="sending to be held")
    campaign.write("Otto")
    assert campaign.states().keys() == {"queued"}
    assert campaign.town.store.pauses.hold_ms() > 1000
    campaign.a_minute_later()
    campaign.comes_to(delivered=4)


@pytest.mark.parametrize("status", [400, 413])
def test_a_call_that_is_refused_for_itself_is_never_tried_again(campaign: Campaign, status: int):
    """It is split until each letter was refused alone; each of them is rejected and says so."""
    campaign.candidates("ada", "bram")
    campaign.meets("status", status=status, times=3)
    campaign.write("Wilma")
    campaign.comes_to(rejected=2)
    campaign.write("Otto")
    campaign.comes_to(rejected=2, delivered=2)
    assert {reason for _, state, reason in campaign.letters() if state == "rejected"} != {""}


def test_one_bad_recipient_does_not_take_the_others_along(campaign: Campaign):
    """A call that is refused for one address is split until only that one is left."""
    campaign.candidates("ada", "bram", "cleo", "dora")
    campaign.meets("refuse_address", times=None, address=f"cleo@{campaign.slug}.example")
    campaign.write("Wilma")
    campaign.comes_to(delivered=3, rejected=1)
    assert campaign.recipients() == ["ada", "bram", "dora"]


@pytest.mark.parametrize("fault", [{"fault": "status", "status": 401}, {"fault": "credits"}], ids=["key", "credits"])
def test_a_key_that_is_refused_stops_everything_until_an_operator_looks(campaign: Campaign, fault):
    """Trying on would only be refused again: all is paused, says why, and nothing is lost."""
    campaign.candidates("ada")
    campaign.meets(**fault)
    campaign.write("Wilma")
    wait_until(campaign.town.store.pauses.all)
    campaign.comes_to(queued=1)
    assert "all" in campaign.town.web.get("/healthz")["paused"]
    campaign.town.mobilise("campaigns", "resume", "all")
    campaign.comes_to(delivered=1)


@pytest.mark.parametrize("status", [500, 503])
def test_an_error_of_the_provider_leaves_it_unknown_and_is_not_tried_again(campaign: Campaign, status: int):
    """After a 5xx nobody knows whether it left; twice is worse than a question that is visible."""
    campaign.candidates("ada", "bram")
    campaign.may_be_unknown(1)
    campaign.meets("status", status=status)
    campaign.write("Wilma")
    campaign.comes_to(unknown=2)
    campaign.write("Otto")
    campaign.comes_to(unknown=2, delivered=2)
    assert len(campaign.mails()) == 2


@pytest.mark.parametrize("fault", ["accept_then_fail", "close_after_accept", "reset_after_accept", "slow_after_accept"])
def test_a_report_settles_what_was_unknown(campaign: Campaign, fault):
    """The provider took it and could not say so; its reports carry our id."""
    campaign.candidates("ada", "bram")
    campaign.meets(fault, **({"ms": 2500} if fault.startswith("slow") else {}))
    campaign.write("Wilma")
    campaign.comes_to(delivered=2)
    assert len(campaign.mails()) == 2


@pytest.mark.parametrize("fault", ["half_close", "reset"])
def test_a_connection_that_breaks_after_the_call_leaves_it_unknown(campaign: Campaign, fault):
    """The call had left; whether it was read to its end nobody knows."""
    campaign.candidates("ada")
    campaign.may_be_unknown(1)
    campaign.meets(fault)
    campaign.write("Wilma")
    campaign.comes_to(unknown=1)
    assert campaign.mails() == []


def test_a_slow_answer_is_waited_for(campaign: Campaign):
    """Slow is not lost: within the read timeout it is an answer like another."""
    campaign.candidates("ada")
    campaign.meets("slow", ms=900)
    campaign.write("Wilma")
    campaign.comes_to(delivered=1)


def test_an_answer_that_comes_too_late_for_a_call_that_was_not_taken(campaign: Campaign):
    """Past the read timeout the letter is unknown; that the provider took it after all, its report tells."""
    campaign.candidates("ada")
    campaign.may_be_unknown(1)
    campaign.meets("slow", ms=2500)
    campaign.write("Wilma")
    wait_until(lambda: campaign.states().keys() <= {"unknown", "delivered"} and campaign.states())
    campaign.write("Otto")
    wait_until(lambda: campaign.states().get("delivered", 0) == len(campaign.mails()) >= 1)


def test_a_202_without_an_id_is_a_202(campaign: Campaign):
    """The provider took it; its reports find the letter by our own id."""
    campaign.candidates("ada", "bram")
    campaign.meets("no_message_id")
    campaign.write("Wilma")
    campaign.comes_to(delivered=2)


def test_a_provider_that_is_away_is_asked_again(campaign: Campaign):
    """Nobody answered, so surely nothing left."""
    campaign.candidates("ada")
    campaign.town.relay.leave()
    campaign.write("Wilma")
    campaign.comes_to(queued=1)
    campaign.town.relay.come_back()
    campaign.comes_to(delivered=1)
