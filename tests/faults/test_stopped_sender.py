"""A worker that stops for a while, or for good and in order: what it had begun is begun by nobody else."""

from __future__ import annotations

import pytest

from tests.faults.town import THREADS, Campaign
from tests.support.wait import wait_until

pytestmark = pytest.mark.faults


@pytest.fixture(autouse=True)
def _one_worker_afterwards(campaign: Campaign):
    yield
    campaign.town.end("worker-2")


def expire(campaign: Campaign) -> None:
    """Waits out the claims of whoever is frozen; its heartbeat has run out long before."""
    wait_until(lambda: campaign.town.store.letters.claims_in_flight() == 0, message="the claims to run out")


@pytest.mark.parametrize("share", [0.0, 0.5])
def test_frozen_in_a_call_for_longer_than_heartbeat_and_claim(campaign: Campaign, share: float):
    """Others take its messages over and must not post its letter; thawed, its call may still go through."""
    town = campaign.town
    campaign.candidates("ada")
    town.relay.keep_calls(share)
    campaign.write("Wilma")
    wait_until(lambda: town.relay.held == 1)
    town.freeze("worker")
    campaign.in_flight()
    town.start("worker-2")
    expire(campaign)
    assert campaign.states() == {"unknown": 1}
    town.relay.pass_on()
    town.thaw()
    campaign.write("Otto")
    wait_until(lambda: campaign.states().get("delivered", 0) == len(campaign.mails()) >= 1)


def test_frozen_before_an_answer_is_read(campaign: Campaign):
    """The 202 waits in its socket: read an hour later it is still true."""
    town = campaign.town
    campaign.candidates("ada", "bram")
    town.provider_does({"events": {"to": ""}})  # so that only the answer can tell
    town.relay.keep_answers()
    campaign.write("Wilma")
    wait_until(campaign.mails, message="the provider to accept it")
    town.freeze("worker")
    campaign.in_flight()
    town.start("worker-2")
    expire(campaign)
    town.relay.pass_on()
    town.thaw()
    town.provider_does({"events": {"to": f"{town.web_url}/callbacks/sendgrid/events"}})
    campaign.comes_to(delivered=2)
    assert len(campaign.mails()) == 2


def test_frozen_with_messages_that_it_has_not_begun(campaign: Campaign):
    """The ledger's agenda nudges them elsewhere; when it thaws there is nothing left to claim."""
    town = campaign.town
    campaign.candidates("ada")
    town.relay.keep_calls()
    for number in range(THREADS + 8):
        campaign.write(f"Wilma{number}")
    wait_until(lambda: town.relay.held == THREADS)
    town.freeze("worker")
    campaign.in_flight()
    town.relay.pass_on()
    town.start("worker-2")
    wait_until(lambda: campaign.states().get("delivered", 0) >= 8, message="the other worker to send the rest")
    town.thaw()
    campaign.comes_to(delivered=THREADS + 8)  # those four calls came through, and their reports


def test_asked_to_end_while_it_sends(campaign: Campaign):
    """It waits for the answers that are on their way, and gives the rest back."""
    town = campaign.town
    campaign.candidates("ada")
    campaign.meets("slow", ms=1200, times=THREADS)
    for number in range(THREADS):  # one by one: actions that come together may share a message, and so a thread
        campaign.write(f"Wilma{number}")
        wait_until(lambda: town.store.letters.claims_in_flight() > number)  # noqa: B023 - asked before the next
    for number in range(6):
        campaign.write(f"Otto{number}")
    assert town.stop("worker") == 0
    assert campaign.states().keys() <= {"accepted", "delivered", "queued"}
    town.start("worker")
    campaign.comes_to(delivered=THREADS + 6)


def test_asked_to_end_while_it_is_frozen(campaign: Campaign):
    """The signal waits for it; whichever of its threads gets it then, it ends."""
    town = campaign.town
    campaign.candidates("ada")
    for _ in range(3):
        town.log("worker").wait_for("worker.started")
        town.freeze("worker")
        town.log("worker").popen.terminate()
        town.thaw()
        wait_until(lambda: not town.log("worker").alive(), message="the worker to end")
        assert town.log("worker").popen.returncode == 0
        town.start("worker")
    campaign.write("Wilma")
    campaign.comes_to(delivered=1)


def test_every_process_is_replaced_while_supporters_write(campaign: Campaign):
    """A deployment: one after the other, and nothing is unknown, lost or refused."""
    town = campaign.town
    campaign.candidates("ada", "bram")
    campaign.meets("slow", ms=50, times=None)
    town.start("worker-2")
    town.log("worker-2").wait_for("worker.started")
    with campaign.writing(30):
        for name in ("worker", "worker-2", "clock", "web"):
            assert town.stop(name) == 0, town.log(name).text
            town.start(name)
            if name == "web":
                town.log(name).wait_healthy(f"{town.web_url}/readyz")
    town.behave()
    campaign.comes_to(delivered=60)
