"""The stop button: once ``pause`` has answered, no provider call begins in any process."""

from __future__ import annotations

import threading

import pytest

from tests.faults.town import Campaign
from tests.support.wait import wait_until

pytestmark = pytest.mark.faults

#: Seconds that the provider takes for each call.
_SLOW_S = 0.5


@pytest.mark.parametrize("noun", ["campaigns", "queues"])
def test_no_call_begins_after_the_pause_has_answered(campaign: Campaign, noun: str):
    """Two workers with many calls in flight, a slow provider, and a crowd that goes on writing."""
    campaign.candidates("ada", "bram")
    town = campaign.town
    town.start("worker-2")
    what = campaign.slug if noun == "campaigns" else "letters"
    campaign.meets("slow", times=None, ms=int(_SLOW_S * 1000))
    try:
        with campaign.writing(40):
            wait_until(lambda: campaign.states().get("sending", 0) >= 8)
            town.mobilise(noun, "pause", what)
            pieces, mails = town.relay.pieces, len(campaign.mails())
        over = threading.Event()
        assert not over.wait(3 * _SLOW_S)  # the time in which a late call would begin, or come to its end
        assert (town.relay.pieces, len(campaign.mails())) == (pieces, mails)
        assert campaign.states().get("sending", 0) == 0
        assert campaign.states()["queued"] > 0
    finally:
        town.mobilise(noun, "resume", what)
        town.end("worker-2")
