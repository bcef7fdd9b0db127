"""What is broken, in an order that a seed repeats: each strike breaks something, waits, and makes it whole again."""

from __future__ import annotations

import random
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import redis

from tests.faults.town import THREADS, Campaign
from tests.support.valkey import broker_url

WORKERS = ("worker", "worker-2")
#: Everything that is killed, and who it leaves behind.
_PROCESSES = (*WORKERS, "web", "clock")


@dataclass(frozen=True, slots=True)
class Strike:
    """One fault: what, to whom, for how long, and how long it is quiet before (seconds)."""

    kind: str
    victim: str
    seconds: float
    quiet_s: float
    fault: str = ""


#: Kind → what it does; it returns when all is whole again, and says what it met.
Deed = Callable[[Campaign, Strike], str]


def strikes(seed: int) -> Iterator[Strike]:
    """For ever the same for the same seed."""
    chance = random.Random(seed)
    kinds, weights = list(DEEDS), [_WEIGHTS.get(kind, 1) for kind in DEEDS]
    while True:
        (kind,) = chance.choices(kinds, weights)
        victim = chance.choice(_VICTIMS.get(kind, _PROCESSES))
        yield Strike(
            kind, victim, round(chance.uniform(0.1, 3), 1), round(chance.uniform(0.2, 1.5), 1), chance.choice(_BAD_DAYS)
        )


def _kill(campaign: Campaign, strike: Strike) -> str:
    town = campaign.town
    town.freeze(strike.victim)  # so that what is counted is what dies
    calls = town.store.letters.claims_in_flight() if strike.victim in WORKERS else 0
    town.kill(strike.victim)
    campaign.may_be_unknown(min(calls, THREADS))
    time.sleep(strike.seconds / 3)
    town.start(strike.victim)
    return f"{calls} calls in flight" if calls else ""


def _replace(campaign: Campaign, strike: Strike) -> str:
    status = campaign.town.stop(strike.victim)
    campaign.town.start(strike.victim)
    return f"ended with {status}"


def _freeze(campaign: Campaign, strike: Strike) -> str:
    campaign.may_be_unknown(THREADS if strike.victim in WORKERS else 0)
    campaign.town.freeze(strike.victim)
    time.sleep(strike.seconds * 2)  # up to twice the claim
    campaign.town.thaw()
    return f"{strike.seconds * 2:.1f} s"


def _kill_redis(campaign: Campaign, strike: Strike) -> str:
    campaign.may_be_unknown(THREADS * len(WORKERS))
    campaign.town.valkey.kill()
    time.sleep(strike.seconds / 2)
    campaign.town.valkey.start()
    return f"away for {strike.seconds / 2:.1f} s"


def _fill_memory(campaign: Campaign, strike: Strike) -> str:
    with redis.Redis.from_url(campaign.town.redis_url) as server:
        server.config_set("maxmemory", "1mb")
        time.sleep(strike.seconds / 2)
        server.config_set("maxmemory", "0")
    campaign.may_be_unknown(THREADS * len(WORKERS))
    return f"for {strike.seconds / 2:.1f} s"


def _empty_queue(campaign: Campaign, _strike: Strike) -> str:
    with redis.Redis.from_url(broker_url(campaign.town.redis_url)) as broker:
        messages = sum(broker.llen(f"dramatiq:{queue}") for queue in ("letters", "callbacks"))
        broker.flushdb()
    return f"{messages} messages"


def _bad_day(campaign: Campaign, strike: Strike) -> str:
    fault, _, detail = strike.fault.partition(" ")
    name, _, number = detail.partition("=")
    times = 1 + int(strike.seconds)
    campaign.may_be_unknown(times)
    more = {name: int(number)} if name else {}
    if number == "429":
        more["reset_in"] = 1  # without it nothing would leave for a minute
    campaign.meets(fault, times=times, **more)
    return f"{strike.fault}, {times} calls"


def _bar(campaign: Campaign, strike: Strike) -> str:
    campaign.meets("credits")
    time.sleep(strike.seconds)
    campaign.town.behave()  # the operator has paid
    return f"everything paused for {strike.seconds:.1f} s"


def _slow_down(campaign: Campaign, strike: Strike) -> str:
    campaign.meets("slow", times=None, ms=300)
    time.sleep(strike.seconds * 2)
    campaign.town.behave()
    return f"300 ms for {strike.seconds * 2:.1f} s"


def _go_away(campaign: Campaign, strike: Strike) -> str:
    campaign.may_be_unknown(THREADS * len(WORKERS))
    campaign.town.relay.leave()
    time.sleep(strike.seconds / 2)
    campaign.town.relay.come_back()
    return f"for {strike.seconds / 2:.1f} s"


def _halve(campaign: Campaign, strike: Strike) -> str:
    campaign.town.relay.keep_calls(0.5)
    time.sleep(strike.seconds / 2)
    held = campaign.town.relay.held
    campaign.may_be_unknown(THREADS * len(WORKERS))
    campaign.town.relay.drop()
    return f"{held} calls with half of their bytes"


def _cut_answers(campaign: Campaign, strike: Strike) -> str:
    campaign.town.relay.keep_answers()
    time.sleep(strike.seconds / 2)
    held = campaign.town.relay.held
    campaign.may_be_unknown(THREADS * len(WORKERS))
    campaign.town.relay.drop()
    return f"{held} answers"


def _step(campaign: Campaign, strike: Strike) -> str:
    seconds = 3600 if strike.fault < "reset" else -3600
    campaign.may_be_unknown(THREADS * len(WORKERS))
    campaign.town.step(seconds, strike.victim)
    time.sleep(strike.seconds)
    campaign.town.step(0)
    return f"{seconds:+} s for {strike.seconds:.1f} s"


def _poison(campaign: Campaign, strike: Strike) -> str:
    body = f"{{not json {strike.seconds}".encode()
    with redis.Redis.from_url(broker_url(campaign.town.redis_url)) as broker:
        broker.hset("dramatiq:letters.msgs", "poison", body)
        broker.rpush("dramatiq:letters", "poison")
    return "a message that nobody can read"


def _hang_up(campaign: Campaign, strike: Strike) -> str:
    campaign.town.freeze(strike.victim)
    campaign.town.log(strike.victim).popen.send_signal(signal.SIGTERM)
    time.sleep(strike.seconds / 3)
    campaign.town.thaw()
    campaign.may_be_unknown(THREADS)
    status = campaign.town.stop(strike.victim)
    campaign.town.start(strike.victim)
    return f"ended with {status}"


DEEDS: dict[str, Deed] = {
    "kill -9": _kill,
    "SIGTERM": _replace,
    "SIGSTOP": _freeze,
    "SIGTERM while stopped": _hang_up,
    "Redis kill -9": _kill_redis,
    "Redis out of memory": _fill_memory,
    "queue emptied": _empty_queue,
    "poison message": _poison,
    "provider's bad day": _bad_day,
    "provider bars us": _bar,
    "provider slow": _slow_down,
    "provider away": _go_away,
    "calls cut in half": _halve,
    "answers cut off": _cut_answers,
    "clock steps": _step,
}
_WEIGHTS = {"kill -9": 8, "Redis kill -9": 3, "SIGSTOP": 2, "provider's bad day": 4}
_VICTIMS = {
    "kill -9": (*_PROCESSES, *WORKERS),  # workers twice as often
    "SIGTERM while stopped": WORKERS,
    "Redis kill -9": ("redis",),
    "Redis out of memory": ("redis",),
    "queue emptied": ("redis",),
    "poison message": ("redis",),
    **dict.fromkeys(
        [
            "provider's bad day",
            "provider bars us",
            "provider slow",
            "provider away",
            "calls cut in half",
            "answers cut off",
        ],
        ("outbox",),
    ),
}
_BAD_DAYS = (
    "accept_then_fail",
    "close_after_accept",
    "half_close",
    "no_message_id",
    "reset",
    "reset_after_accept",
    "slow ms=2000",
    "slow_after_accept ms=2000",
    "status status=429",
    "status status=500",
    "status status=503",
)
