"""The outbox reports back as SendGrid's Signed Event Webhook does."""

from __future__ import annotations

import json

import pytest

from tests.outbox.conftest import Client, call
from tests.support.wait import wait_until
from workers.outbox.fate import DETAILS, fate
from workers.outbox.options import Chances

FAST = ("--event-every", "0.05")


def people(count: int, start: int = 0):
    return [
        {"to": [{"email": f"a{n}@x.example"}], "custom_args": {"delivery": f"d{n}", "kind": "letter"}}
        for n in range(start, start + count)
    ]


def test_each_mail_is_reported_delivered_signed_and_with_its_delivery(start, listener):
    """The public key is where the set-up finds it; custom_args are flattened into the event."""
    outbox = start("--events-to", listener.url, *FAST)
    answer = Client(outbox).send(call(personalizations=people(2)))
    wait_until(lambda: len(listener.events()) == 2)
    first, second = listener.events()
    assert listener.are_signed_by(outbox.public_key)
    assert (first["event"], first["delivery"], first["kind"]) == ("delivered", "d0", "letter")
    assert (second["email"], second["category"]) == ("a1@x.example", ["campaign"])
    assert first["sg_message_id"].startswith(answer.headers["X-Message-Id"] + ".filter")
    assert first["sg_event_id"] != second["sg_event_id"]
    assert isinstance(first["timestamp"], int)


@pytest.mark.parametrize("what", DETAILS)
def test_any_event_can_be_sent_by_hand(what, start, listener):
    """A bounce says its type, status and reason; blocked is a bounce by type."""
    client = Client(start("--events-to", listener.url, "--delivered", "0", *FAST))
    client.send(call())
    answer = client.post("/outbox/mails/1/events", json.dumps({"event": what}).encode())
    assert answer.status == 202
    (event,) = wait_until(listener.events)
    assert event["sg_event_id"] == answer.json()["sg_event_id"]
    assert DETAILS[what].items() <= event.items()
    wait_until(lambda: client.json("/outbox/mails/1")["state"] == what)
    assert [one["what"] for one in client.json("/outbox/mails/1")["events"]] == [what]


def test_an_event_for_nobody_is_refused(start, listener):
    """Wrong mail, wrong word, or nowhere to send it."""
    client = Client(start("--events-to", listener.url))
    client.send(call())
    assert client.post("/outbox/mails/9/events", b'{"event":"bounce"}').status == 404
    assert client.post("/outbox/mails/1/events", b'{"event":"explode"}').status == 400
    assert client.post("/outbox/mails/1/events", b"[]").status == 400
    client.rule(events={"to": ""})
    assert client.post("/outbox/mails/1/events", b'{"event":"bounce"}').status == 409


def test_a_refused_callback_comes_again_until_it_is_taken(start, listener):
    """The same events, with the same ids."""
    listener.refuse = 3
    client = Client(start("--events-to", listener.url, *FAST))
    client.send(call(personalizations=people(3)))
    assert client.json("/outbox/summary")["events_waiting"] == 3
    wait_until(lambda: client.json("/outbox/summary")["events_waiting"] == 0)
    assert (listener.refused, len(listener.events())) == (3, 3)
    assert client.json("/outbox/summary")["by_event"] == {"delivered": 3}


@pytest.mark.faults
def test_events_that_were_not_taken_survive_a_kill(start, listener):
    """By rule and by hand; at least once, and what was taken is not told again."""
    outbox = start("--events-to", listener.url, *FAST)
    client = Client(outbox)
    client.send(call(personalizations=people(2)))
    wait_until(lambda: client.json("/outbox/summary")["by_event"] == {"delivered": 2})
    listener.refuse = 10_000
    client.send(call(personalizations=people(2, 2)))
    client.post("/outbox/mails/1/events", b'{"event":"spamreport"}')
    wait_until(lambda: listener.refused)
    outbox.kill()
    listener.refuse = 0
    outbox.start()
    wait_until(lambda: client.json("/outbox/summary")["events_waiting"] == 0)
    told = sorted((event["delivery"], event["event"]) for event in listener.events())
    assert told == [
        ("d0", "delivered"),
        ("d0", "spamreport"),
        ("d1", "delivered"),
        ("d2", "delivered"),
        ("d3", "delivered"),
    ]
    assert client.json("/outbox/mails/1")["state"] == "spamreport"


def test_events_come_in_arrays_of_at_most_a_thousand(start, listener):
    """As many as one callback may hold, none lost in between."""
    client = Client(start("--events-to", listener.url, "--open", "1", "--complaint", "1", *FAST))
    client.send(call(personalizations=people(900)))
    wait_until(lambda: len(listener.events()) == 2700)
    assert max(len(json.loads(body)) for _, body in listener.bodies) == 1000
    assert len({event["sg_event_id"] for event in listener.events()}) == 2700


def test_repeats_carry_the_same_id_and_are_counted_once(start, listener):
    """SendGrid repeats events; the receiver must be able to tell."""
    client = Client(start("--events-to", listener.url, "--repeat-events", "2", "--shuffle-events", *FAST))
    client.send(call(personalizations=people(20)))
    wait_until(lambda: len(listener.events()) == 60)
    ids = [event["sg_event_id"] for event in listener.events()]
    assert sorted(ids.count(one) for one in set(ids)) == [3] * 20
    assert client.json("/outbox/summary")["by_event"] == {"delivered": 20}


def test_events_can_be_shuffled(start, listener):
    """They come out of order at the provider too."""
    client = Client(start("--events-to", listener.url, "--shuffle-events", *FAST))
    client.send(call(personalizations=people(50)))
    wait_until(lambda: len(listener.events()) == 50)
    order = [event["delivery"] for event in listener.events()]
    assert order != [f"d{n}" for n in range(50)]


def test_events_can_come_late(start, listener):
    """A mail is not reported before its delay is over."""
    client = Client(start("--events-to", listener.url, "--event-delay-ms", "400", *FAST))
    client.send(call())
    at = client.json("/outbox/mails/1")["at"]
    wait_until(listener.events)
    told = wait_until(lambda: client.json("/outbox/mails/1")["events"])
    assert told[0]["at"] - at >= 0.4


def test_where_and_how_often_can_be_changed_while_it_runs(start, listener):
    """A test starts the outbox before it knows where the web process listens."""
    client = Client(start(*FAST))
    client.send(call())
    assert client.rule(events={"to": listener.url, "bounce": 1}).status == 200
    (event,) = wait_until(listener.events)
    assert (event["event"], event["type"], event["status"]) == ("bounce", "bounce", "5.1.1")


def test_chance_is_as_told_and_the_same_each_time():
    """A run can be repeated: the seed and the delivery decide, not the order of arrival."""
    chances = Chances(bounce=0.1, complaint=0.05, drop=0.02, defer=0.1, block=0.02, open=0.3, click=0.1)
    run = [fate(f"d{n}", chances, 7) for n in range(20_000)]
    assert run == [fate(f"d{n}", chances, 7) for n in range(20_000)]
    assert run != [fate(f"d{n}", chances, 8) for n in range(20_000)]
    bounced = sum("bounce" in one for one in run)
    assert 1800 < bounced < 2160
    assert sum("dropped" in one for one in run) == sum(one == ["dropped"] for one in run)
    assert not any("bounce" in one and "delivered" in one for one in run)
    assert all(one.index("delivered") < one.index("spamreport") for one in run if "spamreport" in one)
