"""What goes wrong by itself is stopped, shown and mended: the breaker, unknown letters, a queue that was emptied."""

from __future__ import annotations

import pytest
import redis

from tests.journeys.town import Campaign
from tests.support.valkey import broker_url
from tests.support.wait import wait_until


def test_a_list_of_dead_addresses_stops_its_campaign_and_a_person_lets_it_go_on(campaign: Campaign):
    """The sender's good name is spent in minutes: more than a tenth of sixty letters bounced."""
    campaign.candidates(*(f"c{number}" for number in range(60)))
    campaign.town.provider_does({"events": {"bounce": 1, "complaint": 0, "delivered": 1}})
    campaign.write("Wilma")
    health = wait_until(lambda: (found := campaign.town.web.get("/readyz"))["paused"] and found)
    reason = health["paused"][f"campaign:{campaign.slug}"]
    assert "letters bounced in 60 min" in reason
    assert "more than breaker.bounced = 0.1 allows" in reason
    shown = campaign.mobilise("campaigns", "show")
    assert (shown["state"], list(shown["paused"].values())) == ("paused", [reason])
    campaign.comes_to(bounced=60)
    campaign.town.behave()
    campaign.candidates("ada")
    campaign.write("Otto", candidates=["ada"])
    campaign.comes_to(bounced=60, delivered=1)
    assert campaign.mobilise("campaigns", "show")["state"] == "open"


@pytest.mark.faults
def test_letters_that_may_have_left_are_sent_again_when_an_operator_says_so(campaign: Campaign):
    """The provider's own page shows that it never had them."""
    campaign.candidates("ada", "bram")
    campaign.town.provider_does({"fault": "reset", "times": 1})
    campaign.write("Wilma")
    campaign.comes_to(unknown=2)
    rows = campaign.town.mobilise("letters", "list", "-c", campaign.slug, "--state", "unknown")
    assert [row["call"] for row in rows] == ["no answer", "no answer"]
    done = campaign.town.mobilise("letters", "settle", "--all", "-c", campaign.slug, "--resend", "--yes")
    assert len(done["settled"]) == 2
    campaign.comes_to(delivered=2)
    assert campaign.recipients() == ["ada", "bram"]


@pytest.mark.faults
def test_a_queue_that_was_emptied_is_filled_again_from_the_ledger(campaign: Campaign):
    """Law 5: the queue is a nudge, the ledger is the truth."""
    campaign.candidates("ada", "bram")
    campaign.town.stop("worker")
    for name in ("Wilma", "Otto", "Ida"):
        campaign.write(name)
    with redis.Redis.from_url(broker_url(campaign.town.valkey.url)) as client:
        client.flushdb()
    campaign.town.start("worker")
    campaign.comes_to(delivered=6)


def test_a_campaign_whose_agenda_was_deleted_sends_all_the_same(campaign: Campaign):
    """After somebody deleted a key: the pass over the ledger finds them."""
    campaign.candidates("ada")
    campaign.mobilise("campaigns", "pause")
    campaign.write("Wilma")
    campaign.comes_to(queued=1)
    with redis.Redis.from_url(campaign.town.valkey.url) as client:
        client.delete(f"agenda:{campaign.slug}", f"waiting:{campaign.slug}:ada")
    campaign.mobilise("campaigns", "resume")
    campaign.comes_to(delivered=1)
