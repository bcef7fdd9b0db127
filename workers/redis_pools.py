"""Connections to Redis as its URL says: to that server, or to whichever its Sentinels name just now."""

from __future__ import annotations

from typing import Any

import redis
import redis.asyncio
import redis.asyncio.sentinel
import redis.sentinel

from workers.redis_address import SentinelAddress, is_sentinel, sentinel_address

#: Seconds to wait for one Sentinel before the next is asked.
_ASK_S = 1.0


def pool(url: str, **options: Any) -> redis.ConnectionPool:
    """For threads. Behind Sentinels each new connection asks them, and after a failover none of the old is kept."""
    if not is_sentinel(url):
        return redis.ConnectionPool.from_url(url, **options)
    at = sentinel_address(url)
    sentinels = redis.sentinel.Sentinel(at.sentinels, sentinel_kwargs=_asking(at))  # type: ignore[no-untyped-call]
    return redis.sentinel.SentinelConnectionPool(  # type: ignore[no-untyped-call]
        at.service, sentinels, **_serving(at), **options
    )


def pool_in_loop(url: str, **options: Any) -> redis.asyncio.ConnectionPool:
    """The same inside an event loop."""
    if not is_sentinel(url):
        return redis.asyncio.ConnectionPool.from_url(url, **options)
    at = sentinel_address(url)
    sentinels = redis.asyncio.sentinel.Sentinel(  # type: ignore[no-untyped-call]
        at.sentinels, sentinel_kwargs=_asking(at)
    )
    return redis.asyncio.sentinel.SentinelConnectionPool(  # type: ignore[no-untyped-call]
        at.service, sentinels, **_serving(at), **options
    )


def _serving(at: SentinelAddress) -> dict[str, Any]:
    login = {"username": at.username or None, "password": at.password or None}
    return {"db": at.database, **login, **_tls(at)}


def _asking(at: SentinelAddress) -> dict[str, Any]:
    login = {"username": at.sentinel_username or None, "password": at.sentinel_password or None}
    return {"socket_timeout": _ASK_S, "socket_connect_timeout": _ASK_S, **login, **_tls(at)}


def _tls(at: SentinelAddress) -> dict[str, Any]:
    if not at.tls:
        return {}
    return {"ssl": True, **({"ssl_ca_certs": at.ca_file} if at.ca_file else {})}
