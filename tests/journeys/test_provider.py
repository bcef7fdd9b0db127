"""The provider has bad days; each of its answers means something else for a letter."""

from __future__ import annotations

from typing import Any

import pytest

from tests.journeys.town import Campaign
from tests.support.wait import wait_until


def provider(campaign: Campaign, fault: str, *, times: int | None = 1, **more: Any) -> None:
    """From now on, for ``times`` calls, the provider does this."""
    more |= {"times": times} if times else {}
    campaign.town.provider_does({"fault": fault, **more})


def test_too_many_requests_means_later(campaign: Campaign):
    """429 says when to come back; the letters wait, and none is lost or sent twice."""
    campaign.candidates("ada", "bram")
    provider(campaign, "status", status=429, reset_in=1)
    campaign.write("Wilma")
    campaign.comes_to(delivered=2)


def test_one_bad_recipient_does_not_take_the_others_along(campaign: Campaign):
    """A call that is refused for one address is split until only that one is left."""
    campaign.candidates("ada", "bram", "cleo", "dora")
    provider(campaign, "refuse_address", times=None, address=f"cleo@{campaign.slug}.example")
    campaign.write("Wilma")
    campaign.comes_to(delivered=3, rejected=1)
    assert campaign.recipients() == ["ada", "bram", "dora"]


@pytest.mark.parametrize("fault", [{"fault": "status", "status": 401}, {"fault": "credits"}], ids=["key", "credits"])
def test_a_key_that_is_refused_stops_everything_until_an_operator_looks(campaign: Campaign, fault):
    """Trying on would only be refused again: all is paused, says why, and nothing is lost."""
    campaign.candidates("ada")
    provider(campaign, **fault)
    campaign.write("Wilma")
    wait_until(campaign.town.store.pauses.all)
    assert campaign.states() == {"queued": 1}
    assert "all" in campaign.town.web.get("/healthz")["paused"]
    campaign.town.mobilise("campaigns", "resume", "all")
    campaign.comes_to(delivered=1)


def test_an_error_of_the_provider_leaves_it_unknown_and_is_not_tried_again(campaign: Campaign):
    """After a 500 nobody knows whether it left; twice is worse than a question that is visible."""
    campaign.candidates("ada", "bram")
    provider(campaign, "status", status=500)
    campaign.write("Wilma")
    campaign.comes_to(unknown=2)
    campaign.write("Otto")
    campaign.comes_to(unknown=2, delivered=2)
    assert len(campaign.mails()) == 2


@pytest.mark.parametrize("fault", ["accept_then_fail", "close_after_accept", "reset_after_accept", "slow_after_accept"])
def test_a_report_settles_what_was_unknown(campaign: Campaign, fault):
    """The provider took it and could not say so; its reports carry our id."""
    campaign.candidates("ada", "bram")
    provider(campaign, fault, **({"ms": 2500} if fault.startswith("slow") else {}))
    campaign.write("Wilma")
    campaign.comes_to(delivered=2)
    assert len(campaign.mails()) == 2


@pytest.mark.parametrize("fault", ["half_close", "reset"])
def test_a_connection_that_breaks_after_the_call_leaves_it_unknown(campaign: Campaign, fault):
    """The call had left; whether it was read to its end nobody knows."""
    campaign.candidates("ada")
    provider(campaign, fault)
    campaign.write("Wilma")
    campaign.comes_to(unknown=1)
    assert campaign.mails() == []


def test_a_provider_that_is_away_is_asked_again(campaign: Campaign):
    """Nobody answered, so surely nothing left."""
    campaign.candidates("ada")
    campaign.town.outbox.kill()
    campaign.write("Wilma")
    campaign.comes_to(queued=1)
    campaign.town.outbox.start()
    campaign.comes_to(delivered=1)


def test_a_letter_that_came_back_is_no_contact(campaign: Campaign):
    """The count is of candidates who were reached."""
    campaign.town.provider_does({"events": {"bounce": 1.0}})
    campaign.candidates("ada")
    campaign.write("Wilma")
    campaign.comes_to(bounced=1)
    assert campaign.tally()["contacts"] == 0


def test_an_address_that_bounced_is_not_written_to_again(campaign: Campaign):
    """A sender that goes on is blocked by the provider, and then nobody's letters arrive."""
    campaign.town.provider_does({"events": {"bounce": 1.0}})
    campaign.candidates("ada")
    campaign.write("Wilma")
    campaign.comes_to(bounced=1)
    campaign.write("Otto")
    campaign.comes_to(bounced=1, held=1)
    assert len(campaign.mails()) == 1


def test_a_complaint_is_a_contact_and_the_last_letter(campaign: Campaign):
    """It arrived, and was not wanted."""
    campaign.town.provider_does({"events": {"complaint": 1.0}})
    campaign.candidates("ada")
    campaign.write("Wilma")
    campaign.comes_to(complained=1)
    campaign.write("Otto")
    campaign.comes_to(complained=1, withheld=1)
