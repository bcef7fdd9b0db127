"""``mobilise dead-letters`` and ``queues``: messages that really gave up, and a worker that takes them again."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
import redis

from tests.cli.operating import home, written
from tests.support.people import CAMPAIGN, candidate
from tests.support.valkey import broker_url
from tests.support.wait import wait_until
from workers.app import App, boot
from workers.broker import LedgerBroker
from workers.campaign.events import ActionTaken, ReportsReceived
from workers.cli import main
from workers.dead_letters import DeadLetters
from workers.settings import Settings
from workers.store import Store
from workers.store.letters import Claim, Refusal
from workers.worker import Worker


@pytest.fixture
def app(valkey: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    root = home(tmp_path / "home")
    environ = {"REDIS_URL": valkey, "MOBILISE_SECRET": "a secret that only tests use", "MOBILISE_HOME": str(root)}
    for name, text in environ.items():
        monkeypatch.setenv(name, text)
    booted = boot(Settings.load(root, environ), root)
    booted.store.candidates.apply(CAMPAIGN, [candidate(1), candidate(2)])
    yield booted
    booted.close()


@pytest.fixture
def queue(valkey: str):
    """The broker's database, for what only it knows."""
    with redis.Redis.from_url(broker_url(valkey), decode_responses=True) as client:
        yield client


@pytest.fixture
def mobilise(app: App, capsys: pytest.CaptureFixture[str]):
    """Runs one command as an operator without a terminal would: (exit status, stdout, stderr)."""

    def run(*arguments: object) -> tuple[int, str, str]:
        status = main([str(argument) for argument in arguments])
        return status, *capsys.readouterr()

    return run


def buried(app: App, *actions: str, error: str = "ValueError: Eve Example's address") -> str:
    """A message to write letters that gave up, as a worker leaves it; its id."""
    app.publish(ActionTaken(CAMPAIGN, list(actions)))
    assert isinstance(app.broker, LedgerBroker)
    (raw,) = app.broker.do_fetch("letters", 1)
    message = json.loads(raw)
    trace = f'Traceback (most recent call last):\n  File "x.py", line 1, in run\n    boom()\n{error}\n'
    message["options"] |= {"retries": 6, "traceback": trace, "requeue_timestamp": 1}
    letter_id: str = message["options"]["redis_message_id"]
    app.broker.client.hset("dramatiq:letters.msgs", letter_id, json.dumps(message))
    app.broker.do_nack("letters", letter_id)
    return letter_id


def poison(queue: redis.Redis, body: str = "{") -> str:
    queue.zadd("dramatiq:letters.XQ", {"poison": time.time() * 1000})
    queue.hset("dramatiq:letters.XQ.msgs", "poison", body)
    return "poison"


def dead(app: App) -> list[str]:
    letters = DeadLetters(app.broker)
    return [letter.id for letter in letters.newest_first(letters.queues())]


def test_a_dead_letter_is_listed_with_its_actor_and_the_kind_of_its_error(mobilise, app: App):
    """The error's text may hold what a person typed, and is not shown anywhere."""
    letter_id = buried(app, "a1", error="ValueError: Eve\nExample: x\n  at Hidden Lane")
    status, out, _ = mobilise("dead-letters", "list", "--json")
    (row,) = json.loads(out)
    wanted = {"message": letter_id, "queue": "letters", "actor": "write_letters", "campaign": CAMPAIGN, "attempts": 6}
    assert (status, {name: row[name] for name in wanted}, row["reason"]) == (0, wanted, "ValueError")
    _, shown, _ = mobilise("dead-letters", "show", letter_id)
    assert "a1" in shown
    assert not {"Eve", "Hidden"} & set((out + shown).replace(",", " ").split())


def test_a_dead_letter_is_replayed_and_worked(mobilise, app: App, queue: redis.Redis):
    """With all its attempts, by a real worker; the letters are written once."""
    action = written(app.store, 1)
    second = written(app.store, 2)
    letter_id = buried(app, action.id, second.id)
    status, out, _ = mobilise("dead-letters", "replay", letter_id, "--json")
    assert (status, json.loads(out)) == (0, {"replayed": [letter_id], "cannot_be_replayed": []})
    options = json.loads(queue.hget("dramatiq:letters.msgs", letter_id) or "")["options"]
    assert options == {"redis_message_id": letter_id}
    app.store.pauses.pause("all", "only writing is looked at")
    worker = Worker(app.broker, app.settings.worker, 2)
    worker.start()
    try:
        wait_until(lambda: queue.hlen("dramatiq:letters.msgs") == 0, message="the message is worked")
    finally:
        worker.stop()
    assert (dead(app), app.store.tallies.verify(CAMPAIGN)) == ([], [])


def test_all_are_replayed_after_a_question_with_their_number(mobilise, app: App, queue: redis.Redis):
    """And what no actor of this version takes stays, and is said."""
    letters = [buried(app, f"a{number}") for number in range(3)]
    poison(queue)
    status, _, err = mobilise("dead-letters", "replay", "--all")
    assert (status, "Replay 3 messages?" in err, len(dead(app))) == (2, True, 4)
    status, out, err = mobilise("dead-letters", "replay", "--all", "--queue", "letters", "--yes")
    assert (status, out, "poison" in err, dead(app)) == (1, "3 messages replayed.\n", True, ["poison"])
    assert set(queue.lrange("dramatiq:letters", 0, -1)) == set(letters)
    assert set(queue.hkeys("dramatiq:letters.msgs")) == set(letters)


def test_two_who_replay_the_same_put_it_back_once(app: App, queue: redis.Redis):
    """One of them is too late."""
    buried(app, "a1")
    letters = DeadLetters(app.broker)
    (letter,) = letters.newest_first(["letters"])
    assert [letters.replay(letter), letters.replay(letter), letters.discard(letter)] == [True, False, False]
    assert queue.llen("dramatiq:letters") == 1


@pytest.mark.parametrize("body", ["{", "[]", "null", "{}", '{"actor_name": 7, "options": []}', ""])
def test_what_nobody_can_read_is_shown_and_can_only_be_discarded(mobilise, app: App, queue: redis.Redis, body: str):
    """A message from another version, or from somebody else's program."""
    poison(queue, body)
    _, out, _ = mobilise("dead-letters", "list", "--json")
    assert json.loads(out)[0]["reason"] == "unreadable"
    assert mobilise("dead-letters", "replay", "poison")[0] == 1
    assert mobilise("dead-letters", "discard", "poison")[0] == 2
    assert dead(app) == ["poison"]
    assert mobilise("dead-letters", "discard", "poison", "--yes")[:2] == (0, "1 message thrown away.\n")
    assert dead(app) == []
    assert queue.exists("dramatiq:letters.XQ.msgs") == 0


def test_an_actor_that_is_no_more_cannot_be_replayed(mobilise, app: App, queue: redis.Redis):
    """It would only die again."""
    letter_id = buried(app, "a1")
    message = json.loads(queue.hget("dramatiq:letters.XQ.msgs", letter_id) or "") | {"actor_name": "of_old"}
    queue.hset("dramatiq:letters.XQ.msgs", letter_id, json.dumps(message))
    assert mobilise("dead-letters", "replay", letter_id)[0] == 1
    assert dead(app) == [letter_id]


def test_discarding_all_asks_with_their_number_first(mobilise, app: App):
    """Only the queue loses them: the ledger knows what is still to be done."""
    for number in range(2):
        buried(app, f"a{number}")
    assert "Throw 2 messages away" in mobilise("dead-letters", "discard", "--all")[2]
    status, out, _ = mobilise("dead-letters", "discard", "--all", "--yes", "--json")
    assert (status, len(json.loads(out)["discarded"]), dead(app)) == (0, 2, [])
    assert mobilise("dead-letters", "list")[1] == "there is no dead letter\n"


@pytest.mark.parametrize(
    ("typed", "status"),
    [
        (["show", "x"], 1),
        (["replay"], 2),
        (["replay", "x", "--all"], 2),
        (["discard", "x", "--yes"], 1),
        (["list", "--queue", "leters"], 1),
    ],
)
def test_what_is_not_there_is_told_so(mobilise, typed: list[str], status: int):
    """In one line."""
    assert mobilise("dead-letters", *typed)[0] == status


def test_a_paused_queue_of_letters_begins_no_provider_call(mobilise, app: App):
    """In any campaign; the letters wait, and leave once it is resumed."""
    action = written(app.store)
    assert mobilise("queues", "pause", "letters", "--reason", "provider's maintenance")[0] == 0
    assert app.store.letters.claim(CAMPAIGN, action.id, time.time() + 90) == Refusal("paused")
    rows = json.loads(mobilise("queues", "show", "--json")[1])["queues"]
    assert {row["queue"]: row["paused"] for row in rows}["letters"] == "provider's maintenance"
    campaign = json.loads(mobilise("campaigns", "show", CAMPAIGN, "--json")[1])
    assert (campaign["state"], campaign["paused"]) == ("paused", {"queue:letters": "provider's maintenance"})
    assert mobilise("queues", "resume", "letters")[:2] == (0, "queue:letters resumed\n")
    assert isinstance(app.store.letters.claim(CAMPAIGN, action.id, time.time() + 90), Claim)


def test_a_pause_answers_only_after_the_calls_that_had_begun(mobilise, app: App):
    """Else "paused" would not mean that nothing leaves."""
    action = written(app.store)
    app.store.letters.claim(CAMPAIGN, action.id, time.time() + 90)
    status, _, err = mobilise("queues", "pause", "letters", "--wait", "0")
    assert (status, "still open" in err) == (1, True)
    assert "queue:letters" in app.store.pauses.all()


def test_callbacks_of_a_paused_queue_are_kept_and_worked_after_it(mobilise, app: App):
    """What was answered with 2xx is on disk: it waits there."""
    store: Store = app.store
    mobilise("queues", "pause", "callbacks")
    store.callbacks.keep("c1", b"[]", int(time.time() * 1000) + 3_600_000)
    app.publish(ReportsReceived("", "c1"))
    worker = Worker(app.broker, app.settings.worker, 2)
    worker.start()
    try:
        wait_until(lambda: app.broker.sizes("callbacks")["working"] + app.broker.backlog("callbacks") == 0)
        assert store.callbacks.get("c1") is None
        assert store.agenda.due_callbacks(10, 3_600_000) == []
        mobilise("queues", "resume", "callbacks")
        assert store.callbacks.get("c1") == b"[]"
        assert store.agenda.due_callbacks(10, 3_600_000) == ["c1"]
    finally:
        worker.stop()


def test_a_queue_that_is_none_is_told_with_the_nearest(mobilise):
    """Exit status 1."""
    status, _, err = mobilise("queues", "pause", "leters")
    assert (status, "did you mean letters?" in err) == (1, True)
