"""Whatever dies, stops or refuses while a bulletin leaves: nobody gets it twice or not at all, the books balance."""

from __future__ import annotations

import threading
from functools import partial

import pytest

from tests.faults.editions import READERS, Edition
from tests.faults.town import THREADS, Campaign
from tests.support.wait import wait_until
from workers.campaign.mailings import Stage
from workers.store.keys import mailing_scope

pytestmark = pytest.mark.faults
_KILLS = 3
#: Milliseconds that the provider takes for each call, so that something is in flight.
_SLOW_MS = 60


@pytest.fixture
def edition(campaign: Campaign) -> Edition:
    """For readers of its own; whatever a test does, the judge looks at all of it afterwards."""
    return Edition(campaign)


def slowly(edition: Edition) -> None:
    """The provider takes its time: whatever happens, something is in flight."""
    edition.campaign.meets("slow", ms=_SLOW_MS, times=None)


def test_workers_are_killed_again_and_again_while_two_clocks_nudge_them(edition: Edition):
    """The laws of the ledger hold for copies as for letters: a batch that was in flight is unknown, and no more."""
    town = edition.town
    town.start("worker-2")
    town.start("clock-2")
    try:
        slowly(edition)
        edition.begin()
        for kill in range(_KILLS):
            edition.past(kill * READERS // 6)
            name = ("worker", "worker-2")[kill % 2]
            town.freeze(name)
            edition.campaign.may_be_unknown(min(THREADS, town.store.letters.claims_in_flight()))
            town.kill(name)
            town.start(name)
        edition.finishes()
    finally:
        town.end("worker-2")
        town.end("clock-2")


def test_a_worker_is_killed_while_the_audience_is_gathered(campaign: Campaign):
    """The next one goes on where it stopped: nobody is in the audience twice, and nobody is left out."""
    edition = Edition(campaign, readers=1_500, batches=512)
    town = edition.town
    edition.do("pause")
    slowly(edition)
    edition.begin()
    for kill in range(2):
        wait_until(partial(edition.has_gathered, 100 * kill), 30, "the audience to be gathered")
        town.kill("worker")
        town.start("worker")
    wait_until(lambda: town.store.mailings.get(edition.book).stage is Stage.SENDING, 30)
    assert edition.states() == {"queued": 1_500}
    edition.do("cancel", "--yes")
    edition.do("resume")
    assert edition.states() == {"cancelled": 1_500}
    assert campaign.mails() == []


def test_redis_is_killed_again_and_again(edition: Edition):
    """Every answer was on disk; whoever was at work waits, and asks the new one the same question again."""
    slowly(edition)
    edition.begin()
    for kill in range(_KILLS):
        edition.past(kill * READERS // 6)
        edition.town.valkey.kill()
        edition.campaign.may_be_unknown(THREADS)
        edition.town.valkey.start()
    edition.finishes()


def test_a_pause_holds_and_who_leaves_meanwhile_gets_none(edition: Edition):
    """Once it has answered no call begins; a link to leave counts at once, also against what is queued already."""
    town = edition.town
    slowly(edition)
    edition.begin()
    edition.past(READERS // 8)
    edition.do("pause")
    mails, pieces = len(edition.campaign.mails()), town.relay.pieces
    assert not threading.Event().wait(5 * _SLOW_MS / 1000)  # the time in which a late call would come to its end
    assert (len(edition.campaign.mails()), town.relay.pieces) == (mails, pieces)
    assert edition.do("status")["stage"] == "sending, paused"
    has = edition.copies()
    leaver = next(reader for reader in edition.readers.values() if reader.email not in has)
    assert edition.leave(leaver) == 200
    edition.do("resume")
    edition.finishes()
    edition.comes_to(delivered=READERS - 1, withheld=1)
    assert leaver.email not in edition.copies()


def test_what_is_cancelled_ends_at_a_batch(edition: Edition):
    """What is being posted is posted whole; nothing begins after that, and everybody is in one state."""
    slowly(edition)
    edition.begin()
    edition.past(READERS // 8)
    cancelled = edition.do("cancel", "--yes")["copies"]
    edition.comes_to(delivered=READERS - cancelled, cancelled=cancelled)
    assert 0 < cancelled < READERS


def test_a_provider_that_is_busy_broken_and_slow(edition: Edition):
    """429 and no connection: later. 5xx and no answer: unknown, and an operator's to send again; nobody else's."""
    town, campaign = edition.town, edition.campaign
    campaign.meets("status", status=429, reset_in=0.1, times=3)
    slowly(edition)
    edition.begin()
    edition.past(READERS // 8)
    town.relay.leave()
    wait_until(town.store.pauses.hold_ms)
    town.relay.come_back()
    town.provider_does({"clear": True})
    campaign.may_be_unknown(2)
    campaign.meets("status", status=503, times=1)
    campaign.meets("half_close", times=1)
    edition.finishes()
    unknown = edition.states().get("unknown", 0)
    assert unknown
    edition.comes_to(delivered=READERS - unknown, unknown=unknown)
    assert len(town.store.letters.unknown(edition.book)) == unknown
    assert edition.do("retry", "--unknown", "--yes")["copies"] == unknown
    edition.finishes()
    edition.comes_to(delivered=READERS)


def test_a_bulletin_that_the_provider_refuses_pauses_itself(edition: Edition):
    """Its campaign's letters go on; only what was refused is tried again."""
    town, campaign = edition.town, edition.campaign
    campaign.meets("status", status=400, times=None)
    edition.begin()
    wait_until(lambda: mailing_scope(edition.book) in town.store.pauses.all(), 20, lambda: str(edition.states()))
    campaign.candidates("ada")
    town.provider_does({"clear": True})
    campaign.write("Wilma")
    campaign.comes_to(delivered=1)
    said = edition.do("status")
    assert "rejected" in str(said["paused"])
    assert "breaker" in str(said["paused"])
    edition.do("resume")
    edition.finishes()
    assert edition.do("retry", "--yes")["copies"] == said["states"]["rejected"]
    edition.finishes()
    edition.comes_to(delivered=READERS)
