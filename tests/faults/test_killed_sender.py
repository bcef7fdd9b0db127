"""A worker is killed at each point of a letter's way out: it may have left or not, and it never leaves twice."""

from __future__ import annotations

import pytest

from tests.faults.town import THREADS, Campaign, Town
from tests.support.wait import wait_until

pytestmark = pytest.mark.faults


def kill_worker(campaign: Campaign) -> int:
    """kill -9 of the worker as it stands, and a new one; the calls that were in flight."""
    campaign.town.freeze("worker")
    calls = campaign.in_flight()
    campaign.town.kill("worker")
    campaign.town.relay.drop()
    campaign.town.start("worker")
    return calls


def keeps_calls(town: Town, share: float, calls: int) -> None:
    """Returns once the relay has so many calls, of which the provider has this share of the body."""
    wait_until(lambda: town.relay.held >= calls, message=f"{calls} calls, of which {share:.0%} went on")


def test_killed_before_the_claim(campaign: Campaign):
    """What a worker had fetched and not claimed is another's to send: nothing of it may have left."""
    town = campaign.town
    campaign.candidates("ada")
    town.relay.keep_calls()
    for number in range(THREADS + 6):
        campaign.write(f"Wilma{number}")
        keeps_calls(town, 0, min(number + 1, THREADS))  # one by one: actions that come together share a message
    assert kill_worker(campaign) == THREADS
    campaign.comes_to(delivered=6, unknown=THREADS)


def test_killed_after_the_claim(campaign: Campaign):
    """Its journal and the ledger say that it was about to post: nobody knows more, so nobody posts it again."""
    campaign.candidates("ada", "bram")
    campaign.town.relay.keep_calls()
    campaign.write("Wilma")
    keeps_calls(campaign.town, 0, 1)
    assert kill_worker(campaign) == 1
    campaign.comes_to(unknown=2)
    assert campaign.mails() == []


def test_killed_with_half_the_bytes_written(campaign: Campaign):
    """Half a call is no call for the provider, and for us it may have been a whole one."""
    campaign.candidates("ada", "bram")
    campaign.town.relay.keep_calls(0.5)
    campaign.write("Wilma")
    keeps_calls(campaign.town, 0.5, 1)
    assert kill_worker(campaign) == 1
    campaign.comes_to(unknown=2)
    assert campaign.mails() == []


def test_killed_after_the_202_was_given_and_before_it_was_read(campaign: Campaign):
    """The provider has it: its report is what settles the letter."""
    campaign.candidates("ada", "bram")
    campaign.town.relay.keep_answers()
    campaign.write("Wilma")
    wait_until(campaign.mails, message="the provider to accept it")
    kill_worker(campaign)
    campaign.comes_to(delivered=2)
    assert len(campaign.mails()) == 2


def test_killed_after_the_settlement_and_before_the_acknowledgement(campaign: Campaign):
    """The message comes again with a letter in it that has left: its state says so."""
    town = campaign.town
    campaign.candidates("ada")
    campaign.mobilise("campaigns", "pause")
    for name in ("Wilma", "Otto"):
        campaign.write(name)
    campaign.comes_to(queued=2)
    town.provider_does({"rules": [{"fault": "slow", "ms": 400, "times": 1}]})  # time to cut the second one's answer off
    campaign.mobilise("campaigns", "resume")  # the clock packs both into one message
    wait_until(lambda: not town.provider.get("/outbox/rules")["rules"], message="the first call to be there")
    town.relay.keep_calls()
    keeps_calls(town, 0, 1)
    assert campaign.states().get("sending") == 1
    kill_worker(campaign)
    campaign.comes_to(delivered=1, unknown=1)
    assert len(campaign.mails()) == 1


def has_a_few_in_hand(campaign: Campaign) -> None:
    """Its worker stands still with more actions claimed than it has calls on their way."""
    town = campaign.town
    campaign.candidates("ada")
    campaign.write("Wilma")
    campaign.comes_to(delivered=1)  # the provider is prompt: from now on a few are claimed together
    campaign.mobilise("campaigns", "pause")
    for number in range(6):
        campaign.write(f"Otto{number}")
    campaign.comes_to(delivered=1, queued=6)
    town.relay.keep_calls()
    campaign.mobilise("campaigns", "resume")
    wait_until(lambda: 0 < town.relay.held < campaign.states().get("sending", 0), message="a few to be claimed")
    town.freeze("worker")
    campaign.in_flight()


def test_killed_with_a_few_actions_in_hand(campaign: Campaign):
    """What was on its way stays in doubt; the rest of what had been claimed leaves from the next worker."""
    town = campaign.town
    with town.threads(128):
        has_a_few_in_hand(campaign)
        town.kill("worker")
        calls = town.relay.held
        town.relay.drop()
        town.start("worker")
        campaign.comes_to(delivered=7 - calls, unknown=calls)
    assert len(campaign.mails()) == 7 - calls


def test_frozen_with_a_few_actions_in_hand(campaign: Campaign):
    """Its claims run out meanwhile; when it goes on it gives back what it had not begun."""
    town = campaign.town
    with town.threads(128):
        has_a_few_in_hand(campaign)
        wait_until(lambda: not campaign.states().get("sending"), message="the claims to run out")
        calls = town.relay.held
        town.relay.drop()
        town.thaw()
        campaign.comes_to(delivered=7 - calls, unknown=calls)
