"""Redis dies, is full, or comes back: what was acknowledged is there, and what was posted is known to be."""

from __future__ import annotations

from functools import partial

import pytest
import redis

from tests.faults.town import THREADS, Campaign
from tests.support.wait import wait_until

pytestmark = pytest.mark.faults
KILLS = 5


def at_least(campaign: Campaign, delivered: int) -> bool:
    """Whether more than so many letters were delivered."""
    return campaign.states().get("delivered", 0) > delivered


def test_redis_is_killed_again_and_again_while_letters_leave(campaign: Campaign):
    """Every answer was on disk; whoever was at work waits, and asks the new one the same question again."""
    town = campaign.town
    campaign.candidates("ada", "bram")
    campaign.meets("slow", ms=50, times=None)
    with campaign.writing(40):
        for kill in range(KILLS):
            wait_until(partial(at_least, campaign, kill))
            town.valkey.kill()
            campaign.may_be_unknown(THREADS)
            town.valkey.start()
    wait_until(lambda: sum(campaign.states().values()) == 80, 40, lambda: str(campaign.states()))


def test_redis_dies_while_an_answer_is_on_its_way(campaign: Campaign):
    """What is known of a letter is not forgotten: the sender waits for the ledger to tell it."""
    town = campaign.town
    campaign.candidates("ada", "bram")
    town.provider_does({"events": {"to": ""}})  # so that only the answer can tell
    town.relay.keep_answers()
    campaign.write("Wilma")
    wait_until(campaign.mails, message="the provider to accept it")
    town.valkey.kill()
    town.relay.pass_on()
    town.valkey.start()
    wait_until(lambda: campaign.states() == {"accepted": 2}, 30, lambda: str(campaign.states()))
    town.provider_does({"events": {"to": f"{town.web_url}/callbacks/sendgrid/events"}})
    campaign.comes_to(delivered=2)


def test_redis_is_out_of_memory(campaign: Campaign):
    """It refuses writes: actions are refused with 503 and half of nothing, and the answer of a call waits."""
    town = campaign.town
    campaign.candidates("ada", "bram")
    town.relay.keep_answers()
    campaign.write("Wilma")
    wait_until(campaign.mails, message="the provider to accept it")
    with redis.Redis.from_url(town.valkey.url) as server:
        server.config_set("maxmemory", "1mb")
        try:
            town.relay.pass_on()
            assert campaign.try_to_write("Otto") == 503
            assert sum(campaign.states().values()) == 2
        finally:
            server.config_set("maxmemory", "0")
    campaign.comes_to(delivered=2)
    campaign.write("Otto")
    campaign.comes_to(delivered=4)
