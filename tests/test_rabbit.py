"""A queue that is not beside the ledger: chosen by its URL, and away without harm. With a server: tests/faults."""

from __future__ import annotations

from pathlib import Path

import pytest
import redis

from tests.cli.operating import home
from tests.support.people import CAMPAIGN
from tests.support.ports import free_port
from tests.support.processes import ROOT, environment
from workers.app import boot
from workers.broker import LedgerBroker, connect
from workers.campaign.events import ActionTaken
from workers.errors import UnavailableError
from workers.settings import Settings


def test_a_rabbitmq_that_is_away_is_told_and_breaks_nothing(valkey: str, tmp_path: Path):
    """What came in is on disk: the clock announces it when the queue is back."""
    url = f"amqp://guest:guest@127.0.0.1:{free_port()}/"
    root = home(tmp_path / "home")
    app = boot(Settings.load(root, environment(REDIS_URL=valkey, BROKER_URL=url)), root)
    try:
        with pytest.raises(UnavailableError):
            app.publish(ActionTaken(CAMPAIGN, ["a-1"]))
        with pytest.raises(UnavailableError):
            app.broker.sizes("letters")
        with pytest.raises(UnavailableError):
            app.broker.backlog("letters")
    finally:
        app.close()


def test_a_queue_may_be_in_another_redis(valkey: str):
    """Exactly where BROKER_URL says: a managed one may have one database only."""
    broker = connect("redis://127.0.0.1:1/0", heartbeat_s=15, middleware=[], queue_url=valkey)
    assert isinstance(broker, LedgerBroker)
    assert broker.backlog("letters") == 0
    with redis.Redis.from_url(valkey) as client:
        client.rpush("dramatiq:letters", "m-1")
        assert broker.backlog("letters") == 1
        client.flushdb()
    broker.give_back()


@pytest.mark.parametrize("url", ["http://host/", "amqp://", "amqp:/host", "host:5672"])
def test_what_is_no_queue_is_told_with_its_variable(url: str):
    """One line, and no process starts on it."""
    (problem,) = Settings.problems(ROOT, {"BROKER_URL": url})
    assert problem.where == "BROKER_URL"


def test_no_password_of_it_is_shown():
    """Not where settings are printed."""
    settings = Settings.load(ROOT, {"BROKER_URL": "amqp://user:canary@host:5672/v"})
    assert "canary" not in repr(settings)
