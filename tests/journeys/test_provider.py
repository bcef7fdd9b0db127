"""What the provider reports of a letter decides whether it counts, and whether its candidate is written to again."""

from __future__ import annotations

from tests.journeys.town import Campaign


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
