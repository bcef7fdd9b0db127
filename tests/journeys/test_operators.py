"""Operators stop, start and check, and lose nothing."""

from __future__ import annotations

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


def test_a_closed_campaign_takes_no_action_and_an_open_one_does(campaign: Campaign):
    """The end, now, in all processes; what waited is withheld by it or upkeep; a new beginning is for new letters."""
    campaign.candidates("ada", "bram")
    campaign.mobilise("campaigns", "pause")
    campaign.write("Wilma")
    campaign.comes_to(queued=2)
    assert campaign.mobilise("campaigns", "close", "--yes")["result"] == "closed"
    assert campaign.states() == {"withheld": 2}
    refused = campaign.ask("Xaver")
    assert (refused.status, refused.body["type"]) == (409, "/docs#campaign-closed")
    campaign.mobilise("campaigns", "resume")
    campaign.mobilise("campaigns", "open", "--yes")
    wait_until(lambda: campaign.ask("Xaver").status == 202)
    campaign.comes_to(delivered=2, withheld=2)
    assert [mail.reply_to.email for mail in campaign.mails() if mail.reply_to] == ["xaver@post.example"] * 2


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
