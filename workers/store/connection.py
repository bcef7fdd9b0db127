"""One client of Redis for the whole store, and what a server must promise before it may hold the ledger."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import redis

from workers.redis_pools import pool
from workers.store.scripts import Client, reachable

#: Seconds after which a silent server counts as away; a slow disk under ``appendfsync always`` needs some.
_TIMEOUT_S = 10.0
#: Seconds by which clocks may be apart: for a warning, and for an error.
_APART_S = (2.0, 30.0)


def connect(url: str, begin: Callable[[Any], None] | None = None) -> redis.Redis:
    """A client that repeats nothing by itself: whoever knows what became of its call does.

    ``begin`` is what a new connection does before it is used.
    """
    timeouts = {"socket_timeout": _TIMEOUT_S, "socket_connect_timeout": _TIMEOUT_S}
    return redis.Redis.from_pool(pool(url, **timeouts, protocol=2, redis_connect_func=begin))


@dataclass(frozen=True, slots=True)
class Safety:
    """One promise of the server: ``level`` is "ok", "warning" or "error"; ``mend`` says what to change."""

    level: str
    what: str
    mend: str = ""


def safety(client: Client) -> list[Safety]:
    """Whether what is written stays written; a server that hides its settings gives a warning."""
    with reachable():
        info = client.info()
        try:
            # Two calls: a server before 7.0 takes one pattern in each.
            config = {**client.config_get("append*"), **client.config_get("maxmemory*")}
        except redis.ResponseError:
            hint = "look at the provider's page: append-only file on, no eviction"
            return [_version(info), Safety("warning", "the server does not show its settings", hint)]
    return [_version(info), *_durable(config), _no_eviction(config), *_working(info), *_replicated(info, client)]


def clock(client: Client) -> Safety:
    """How far the server's clock is from ours."""
    with reachable():
        before = time.time()
        seconds, micro = client.time()
        apart = int(seconds) + int(micro) / 1e6 - (before + time.time()) / 2
    what = f"its clock is {apart:+.1f} s from this machine's"
    if abs(apart) < _APART_S[0]:
        return Safety("ok", what)
    return Safety("error" if abs(apart) >= _APART_S[1] else "warning", what, "keep both in step, with NTP")


def _version(info: dict[str, Any]) -> Safety:
    name = info.get("server_name", "redis")
    version = str(info.get(f"{name}_version", info.get("redis_version", "0")))
    if tuple(int(part) for part in version.split(".")[:2]) < (6, 2):
        return Safety("error", f"{name} {version} is too old", "use Valkey 8 or later, or Redis 6.2 or later")
    return Safety("ok", f"{name} {version}")


def _durable(config: dict[str, str]) -> list[Safety]:
    if config.get("appendonly") != "yes":
        return [Safety("error", "the append-only file is off: a restart loses letters", "set appendonly yes")]
    if config.get("appendfsync") == "no":
        return [Safety("error", "appendfsync is no: a power cut loses letters", "set appendfsync always")]
    if config.get("appendfsync") != "always":
        return [Safety("warning", "appendfsync is everysec: a power cut loses a second", "set appendfsync always")]
    return [Safety("ok", "every answer is on disk (appendonly yes, appendfsync always)")]


def _working(info: dict[str, Any]) -> list[Safety]:
    failed = [name for name in ("aof_last_write_status", "aof_last_bgrewrite_status") if info.get(name, "ok") != "ok"]
    mend = "look at its disk: it may be full, or broken"
    return [Safety("error", f"it could not write to its disk ({name})", mend) for name in failed]


def _replicated(info: dict[str, Any], client: Client) -> list[Safety]:
    if not info.get("connected_slaves"):
        return []
    if int(client.config_get("min-replicas-to-write").get("min-replicas-to-write", 0)) > 0:
        return [Safety("ok", "nothing is written that no replica has (min-replicas-to-write)")]
    what = "it has replicas, and answers before one of them knows: a failover may lose the last letters"
    return [Safety("warning", what, "set min-replicas-to-write 1")]


def _no_eviction(config: dict[str, str]) -> Safety:
    if config.get("maxmemory-policy", "noeviction") != "noeviction":
        return Safety("error", "the server may evict letters when memory is short", "set maxmemory-policy noeviction")
    return Safety("ok", "nothing is evicted (maxmemory-policy noeviction)")
