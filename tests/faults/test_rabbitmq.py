"""RabbitMQ in place of Redis' queue: the same letters, once, whatever dies. RABBITMQ_URL names one to try it on."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import dramatiq
import pytest

from tests.faults.town import Campaign, Town
from tests.support.wait import wait_until
from workers.broker import _DEAD_LETTER_TTL_MS as DEAD_MS
from workers.reactions import REACTIONS

if TYPE_CHECKING:
    from workers.rabbit import RabbitBroker

URL = os.environ.get("RABBITMQ_URL", "")
pytestmark = [
    pytest.mark.faults,
    pytest.mark.skipif(not URL, reason="no RabbitMQ here: RABBITMQ_URL names one whose queues may be emptied"),
]


class Rabbited(Town):
    """A town whose queue is a RabbitMQ."""

    def environment(self) -> dict[str, str]:
        """The ledger stays where it is."""
        return {**super().environment(), "BROKER_URL": URL}


QUEUES = sorted({one.queue for actors in REACTIONS.values() for one in actors})


@pytest.fixture(scope="module")
def broker():
    """Its queues are empty to begin with."""
    from workers.rabbit import RabbitBroker

    broker = RabbitBroker(URL, middleware=[], dead_ttl_ms=DEAD_MS)
    for queue in QUEUES:
        broker.flush(queue)
        broker.declare_queue(queue, ensure=True)
    yield broker
    broker.give_back()


@pytest.fixture(scope="module")
def town(broker: RabbitBroker, tmp_path_factory: pytest.TempPathFactory):
    with Rabbited(tmp_path_factory.mktemp("faults"), campaigns=6) as town:
        yield town


def test_letters_leave_once_though_a_worker_is_killed(campaign: Campaign):
    """What it had taken comes back by itself, and the ledger knows what has left."""
    town = campaign.town
    campaign.candidates("ada", "bram")
    town.relay.keep_answers()
    for number in range(6):
        campaign.write(f"Wilma{number}")
    wait_until(lambda: town.relay.held > 0)
    campaign.in_flight()
    town.kill("worker")
    town.relay.pass_on()
    town.heal()
    campaign.finishes()


def test_dead_letters_are_looked_at_put_back_and_thrown_away(campaign: Campaign, broker: RabbitBroker):
    """The same commands as with Redis; one that nobody can read is among them at once."""
    town, fields = campaign.town, {"campaign": campaign.slug, "actions": []}
    broker.channel.basic_publish("", "letters", b"nobody can read this")
    for number in range(2):
        body = dramatiq.Message[None]("letters", "send_letters", (), fields, {}, f"m-{number}").encode()
        broker.channel.basic_publish("", "letters.XQ", body)
    wait_until(lambda: broker.sizes("letters")["dead"] == 3)
    rows = {row["message"]: row for row in town.mobilise("dead-letters", "list")}
    (unreadable,) = [name for name in rows if name.startswith("unreadable-")]
    assert rows.keys() == {"m-0", "m-1", unreadable}
    assert town.mobilise("dead-letters", "show", "m-0")["actor"] == "send_letters"
    town.mobilise("dead-letters", "replay", "m-0")
    town.mobilise("dead-letters", "discard", unreadable, "--yes")
    assert [row["message"] for row in town.mobilise("dead-letters", "list")] == ["m-1"]
    wait_until(lambda: broker.sizes("letters") == {"waiting": 0, "working": 0, "delayed": 0, "dead": 1})
    (letters,) = [row for row in town.mobilise("queues", "show")["queues"] if row["queue"] == "letters"]
    assert (letters["waiting"], letters["dead"]) == (0, 1)
