"""Candidates sign the charter, and are not asked any more."""

from __future__ import annotations

from tests.journeys.town import Campaign
from tests.support.wait import wait_until


def test_a_signature_is_counted_once_however_often_it_is_reported(campaign: Campaign):
    """Forms repeat callbacks, and some candidates sign on paper too; the count is of candidates."""
    campaign.candidates("ada", "bram")
    for webhook in ("msg_1", "msg_1", "msg_2"):
        assert campaign.sign("ada", webhook) == 204
    assert campaign.sign("bram", "msg_3") == 204
    wait_until(lambda: campaign.town.store.tallies.totals(campaign.slug).signatories == 2)
    assert campaign.mobilise("tally", "verify")["balanced"]


def test_letters_that_wait_for_who_has_signed_do_not_leave(campaign: Campaign):
    """Nobody is asked for what they gave."""
    campaign.candidates("ada", "bram")
    campaign.mobilise("campaigns", "pause")
    campaign.write("Wilma")
    campaign.comes_to(queued=2)
    campaign.sign("ada")
    campaign.comes_to(queued=1, withheld=1)
    campaign.mobilise("campaigns", "resume")
    campaign.comes_to(delivered=1, withheld=1)
    assert campaign.recipients() == ["bram"]


def test_a_signature_that_nobody_vouches_for_changes_nothing(campaign: Campaign):
    """Anyone can find the address of a webhook."""
    campaign.candidates("ada")
    assert campaign.sign("ada", secret="whsec_c29tZWJvZHkgZWxzZSdzIHNlY3JldA==") == 403
    assert campaign.tally()["signatories"] == 0
