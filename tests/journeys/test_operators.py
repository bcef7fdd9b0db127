"""Operators stop, start and check, and lose nothing."""

from __future__ import annotations

import pytest
import redis

from tests.journeys.town import Campaign
from tests.support.wait import wait_until
from workers.store import keys


def test_a_paused_campaign_takes_actions_and_sends_nothing_until_it_is_resumed(campaign: Campaign):
    """Stop at once, start again, lose nothing."""
    campaign.candidates("ada", "bram")
    campaign.mobilise("campaigns", "pause", "--reason", "a wrong word in the letter")
    campaign.write("Wilma")
    campaign.comes_to(queued=2)
    assert campaign.mails() == []
    campaign.mobilise("campaigns", "resume")
    campaign.comes_to(delivered=2)


def test_another_campaign_goes_on_while_one_is_paused(campaign: Campaign):
    """A pause is for one campaign."""
    other = campaign.town.campaign()
    other.candidates("ada")
    campaign.candidates("ada")
    campaign.mobilise("campaigns", "pause")
    campaign.write("Wilma")
    other.write("Wilma")
    other.comes_to(delivered=1)
    campaign.comes_to(queued=1)


def test_a_recount_finds_what_was_counted_wrongly_and_mends_it(campaign: Campaign):
    """The ledger is the truth; the tally follows."""
    campaign.candidates("ada", "bram")
    campaign.write("Wilma")
    campaign.comes_to(delivered=2)
    assert campaign.mobilise("tally", "verify")["balanced"]
    with redis.Redis.from_url(campaign.town.valkey.url) as client:
        client.hincrby(keys.tally(campaign.slug), "delivered", 3)
    (difference,) = campaign.mobilise("tally", "verify", status=3)["differences"]
    assert (difference["counted"], difference["recounted"]) == (5, 2)
    campaign.mobilise("tally", "repair", "--yes")
    assert campaign.states() == {"delivered": 2}


@pytest.mark.faults
def test_letters_survive_a_restart_of_redis(campaign: Campaign):
    """What was acknowledged is on disk; those who are at work wait for it to come back."""
    campaign.candidates("ada", "bram", "cleo")
    for name in ("Wilma", "Otto", "Ida"):
        campaign.write(name)
    campaign.town.valkey.restart()
    for name in ("Una", "Piet", "Runa"):
        campaign.write(name)
    wait_until(lambda: sum(campaign.states().values()) == 18)
    wait_until(lambda: campaign.states().keys() <= {"delivered", "unknown"}, 30, lambda: str(campaign.states()))
    assert len(campaign.mails()) == campaign.states()["delivered"]


@pytest.mark.faults
def test_a_worker_that_is_asked_to_end_finishes_what_it_has_begun(campaign: Campaign):
    """A deployment leaves no letter unknown."""
    campaign.candidates("ada")
    campaign.town.provider_does({"fault": "slow", "ms": 800, "times": 1})
    campaign.write("Wilma")
    wait_until(campaign.town.store.letters.claims_in_flight)
    assert campaign.town.stop("worker") == 0
    campaign.town.start("worker")
    campaign.comes_to(delivered=1)


@pytest.mark.faults
def test_a_killed_worker_leaves_its_letter_unknown_and_nothing_else(campaign: Campaign):
    """kill -9 in the middle of a call: that letter may have left, the others go on."""
    campaign.candidates("ada")
    campaign.town.provider_does({"fault": "slow", "ms": 1000, "times": 1})
    campaign.write("Wilma")
    campaign.comes_to(sending=1)
    wait_until(lambda: not campaign.town.provider.get("/outbox/rules")["rules"], message="the call to be there")
    campaign.town.kill("worker")
    campaign.town.start("worker")
    campaign.write("Otto")
    wait_until(lambda: sum(campaign.states().values()) == 2)
    wait_until(lambda: campaign.states().keys() <= {"delivered", "unknown"}, 30, lambda: str(campaign.states()))
    delivered = campaign.states()["delivered"]
    assert delivered == len(campaign.mails()) >= 1
