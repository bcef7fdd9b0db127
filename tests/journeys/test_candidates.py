"""Lists of candidates change while letters wait."""

from __future__ import annotations

from tests.journeys.town import Campaign


def test_a_letter_waits_for_an_address_and_leaves_when_one_comes(campaign: Campaign):
    """One candidate in ten has no address at first."""
    campaign.candidates("ada", bram="")
    campaign.write("Wilma")
    campaign.comes_to(delivered=1, held=1)
    assert campaign.candidates("bram")["released"] == 1
    campaign.comes_to(delivered=2)
    assert campaign.recipients() == ["ada", "bram"]


def test_a_changed_address_reaches_letters_that_still_wait(campaign: Campaign):
    """The address is read when the letter leaves, not when it is written."""
    campaign.candidates("ada")
    campaign.mobilise("campaigns", "pause")
    campaign.write("Wilma")
    campaign.comes_to(queued=1)
    campaign.candidates(ada="new@elsewhere.example")
    campaign.mobilise("campaigns", "resume")
    campaign.comes_to(delivered=1)
    assert campaign.recipients() == ["new"]


def test_letters_to_a_candidate_who_withdrew_stay(campaign: Campaign):
    """Whether they waited for their turn or for an address; and they say why."""
    campaign.candidates("ada", "bram", cleo="")
    campaign.mobilise("campaigns", "pause")
    campaign.write("Wilma")
    campaign.comes_to(queued=2, held=1)
    campaign.withdraw("bram")
    campaign.withdraw("cleo")
    campaign.comes_to(queued=1, withheld=2)
    campaign.mobilise("campaigns", "resume")
    campaign.comes_to(delivered=1, withheld=2)
    assert ("bram", "withheld", "withdrawn") in set(campaign.letters())


def test_importing_the_same_list_again_changes_nothing(campaign: Campaign):
    """Operators import every morning."""
    campaign.candidates("ada", "bram")
    again = campaign.candidates()
    assert (again["new"], again["changed"], again["gone"], again["same"]) == (0, 0, 0, 2)
