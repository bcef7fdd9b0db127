"""Messages that nobody can work, or that another version of the code wrote: the others go on."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
import redis

from tests.faults.town import Campaign
from tests.support.valkey import broker_url
from tests.support.wait import wait_until

pytestmark = pytest.mark.faults
_QUEUE = "dramatiq:letters"


def queue(campaign: Campaign, body: bytes, message_id: str) -> None:
    """Puts a message into the queue of letters, as any program with the server's address could."""
    with redis.Redis.from_url(broker_url(campaign.town.redis_url)) as broker:
        broker.hset(f"{_QUEUE}.msgs", message_id, body)
        broker.rpush(_QUEUE, message_id)


def message(actor: str, message_id: str, options: dict[str, Any], **fields: Any) -> bytes:
    """As dramatiq writes them; one attempt is enough here."""
    whole = {
        "queue_name": "letters", "actor_name": actor, "args": [], "kwargs": fields, "message_id": message_id,
        "options": {"redis_message_id": message_id, "max_retries": 0, **options},
        "message_timestamp": int(time.time() * 1000),
    }  # fmt: skip
    return json.dumps(whole).encode()


def dead(campaign: Campaign, message_id: str) -> bool:
    """Whether an operator finds it among the dead letters."""
    with redis.Redis.from_url(broker_url(campaign.town.redis_url)) as broker:
        return broker.zscore(f"{_QUEUE}.XQ", message_id) is not None


@pytest.mark.parametrize(
    ("actor", "fields"),
    [("send_pigeons", {"campaign": "c0"}), ("send_letters", {"campaign": 3, "actions": {"no": "list"}}),
     ("send_letters", {"campaign": "no-such-campaign", "actions": ["a"]}), ("send_letters", {})],
    ids=["unknown actor", "wrong arguments", "unknown campaign", "no arguments"],
)  # fmt: skip
def test_a_message_that_cannot_be_worked_is_a_dead_letter_and_the_others_go_on(campaign: Campaign, actor, fields):
    """A poison message must not block, loop or vanish."""
    campaign.candidates("ada")
    poison = f"poison-{campaign.slug}"
    queue(campaign, message(actor, poison, {}, **fields), poison)
    campaign.write("Wilma")
    campaign.comes_to(delivered=1)
    wait_until(lambda: dead(campaign, poison), message="the dead letter")


@pytest.mark.parametrize(
    "body",
    [
        b"{not json",
        b"\xff\xfe\x00",
        b"[]",
        b"{}",
        message("send_letters", "m", {}).replace(b'"redis_message_id"', b'"id"'),
    ],
    ids=["broken", "binary", "list", "empty", "without its id"],
)
def test_a_message_that_cannot_be_read_is_a_dead_letter_and_takes_no_other_along(campaign: Campaign, body: bytes):
    """Whoever fetched it fetched others with it: they are worked at once, not when that worker ends."""
    campaign.candidates("ada")
    campaign.town.stop("worker")  # so that one fetch brings all of them
    poison = f"garbage-{campaign.slug}"
    queue(campaign, body, poison)
    for name in ("Wilma", "Otto"):
        campaign.write(name)
    campaign.town.start("worker")
    campaign.comes_to(delivered=2)
    wait_until(lambda: dead(campaign, poison), message="the dead letter")


@pytest.mark.parametrize(
    ("extra", "missing"), [({"channel": "fax"}, ""), ({}, "actions")], ids=["newer: one field more", "older: one less"]
)
def test_a_message_of_another_version_ends_as_a_dead_letter_and_its_letter_leaves(campaign: Campaign, extra, missing):
    """During an upgrade both versions write to one queue; the ledger nudges again what a message could not do."""
    town = campaign.town
    campaign.candidates("ada")
    campaign.mobilise("campaigns", "pause")
    campaign.write("Wilma")
    campaign.comes_to(queued=1)
    (action,) = town.store.actions.newest_first(campaign.slug)
    fields: dict[str, Any] = {"campaign": campaign.slug, "actions": [action.id], **extra}
    fields.pop(missing, None)
    other = f"other-{campaign.slug}"
    queue(campaign, message("send_letters", other, {}, **fields), other)
    wait_until(lambda: dead(campaign, other), message="the dead letter")
    campaign.mobilise("campaigns", "resume")
    campaign.comes_to(delivered=1)


def test_a_message_with_options_that_are_not_known_yet_is_worked(campaign: Campaign):
    """A newer version may say more about a message; what it asks for is the same."""
    campaign.candidates("ada")
    campaign.mobilise("campaigns", "pause")
    campaign.write("Wilma")
    campaign.comes_to(queued=1)
    (action,) = campaign.town.store.actions.newest_first(campaign.slug)
    newer = f"newer-{campaign.slug}"
    options = {"trace": "0af7651916cd43dd", "lane": "express"}
    queue(campaign, message("send_letters", newer, options, campaign=campaign.slug, actions=[action.id]), newer)
    campaign.mobilise("campaigns", "resume")
    campaign.comes_to(delivered=1)
    assert not dead(campaign, newer)
