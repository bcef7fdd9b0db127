"""Coming to rest: what was claimed is finished, nothing more is taken up, and all goes on where it stopped."""

from __future__ import annotations

import threading

import pytest

from tests.faults.town import Campaign

pytestmark = pytest.mark.faults

#: Seconds in which a worker that had not understood would have taken something up.
_LATE_S = 2.0


def test_what_is_claimed_is_finished_before_a_drain_answers(campaign: Campaign):
    """A slow provider and many calls in flight: afterwards none is open, none is unknown, and nothing begins."""
    campaign.candidates("ada", "bram")
    town = campaign.town
    campaign.meets("slow", times=None, ms=300)
    try:
        with campaign.writing(20):
            done = town.mobilise("queues", "drain")
            assert done == {"result": "drained", "left": {}}
            mails = len(campaign.mails())
            assert campaign.states().get("sending", 0) == campaign.states().get("unknown", 0) == 0
        assert not threading.Event().wait(_LATE_S / 2)
        assert len(campaign.mails()) == mails
        assert campaign.states()["queued"] > 0
    finally:
        town.behave()
        town.mobilise("campaigns", "resume", "all")
    campaign.finishes()


def test_while_all_is_frozen_what_comes_in_is_kept_and_nothing_is_done_with_it(campaign: Campaign):
    """Two workers; supporters are answered as ever (law 1: on disk); after the thaw nothing is missing."""
    campaign.candidates("ada", "bram")
    town = campaign.town
    town.start("worker-2")
    try:
        campaign.write("Before")
        assert town.mobilise("queues", "freeze") == {"result": "frozen", "left": {}}
        before, mails = campaign.states(), len(campaign.mails())
        with campaign.writing(6):
            pass
        assert not threading.Event().wait(_LATE_S)
        assert (campaign.states(), len(campaign.mails())) == (before, mails)
        sent = len(town.store.agenda.first(campaign.slug, 100))
        assert town.store.agenda.waiting(campaign.slug) - sent == 6
        assert town.mobilise("queues", "thaw") == {"result": "thawed", "paused": []}
    finally:
        town.mobilise("queues", "thaw")
        town.end("worker-2")
    campaign.finishes()
    assert sum(campaign.states().values()) == 14
