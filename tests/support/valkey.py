"""The real server that tests run against: one for each xdist worker, or the one that REDIS_URL names."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest
import redis

from workers.server import Valkey

#: Databases of a server that others use too: tests take pairs (ledger, broker) from the top, the project starts at 0.
_TOP = 14


@contextlib.contextmanager
def tested_server(folder: Path, worker: str) -> Iterator[str]:
    """The URL of a ledger database that is this xdist worker's own, as is the next one (the broker's)."""
    given = os.environ.get("REDIS_URL")
    if given:
        url = _with_database(given, _TOP - 2 * _number(worker))
        _refuse_if_used(url)
        yield url
        flush(url)
    else:
        with Valkey(folder) as server:
            yield server.url


def flush(url: str) -> None:
    """Empties the ledger database of ``url`` and the broker's beside it."""
    for database in (url, broker_url(url)):
        with redis.Redis.from_url(database) as client:
            client.flushdb()


def keys_without_lifetime(url: str) -> list[str]:
    """The keys of the ledger database of ``url`` that never expire."""
    with redis.Redis.from_url(url, decode_responses=True) as client:
        found = list(client.scan_iter(count=1000))
        asking = client.pipeline(transaction=False)
        for key in found:
            asking.ttl(key)
        return [key for key, ttl in zip(found, asking.execute(), strict=True) if ttl == -1]


def broker_url(url: str) -> str:
    """The URL of the database after the one of ``url``."""
    return _with_database(url, int(urlsplit(url).path.strip("/") or 0) + 1)


def _number(worker: str) -> int:
    number = int(worker.removeprefix("gw")) if worker.startswith("gw") else 0
    if number > _TOP // 2 - 1:
        pytest.fail(f"REDIS_URL has databases for {_TOP // 2} workers: pass -n {_TOP // 2} or less", pytrace=False)
    return number


def _with_database(url: str, database: int) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{database}"))


def _refuse_if_used(url: str) -> None:
    for database in (url, broker_url(url)):
        with redis.Redis.from_url(database) as client:
            keys = client.dbsize()
        number = urlsplit(database).path.strip("/")
        if keys:
            pytest.fail(
                f"database {number} of REDIS_URL holds {keys} keys, and tests empty it: "
                f"empty it yourself (valkey-cli -n {number} flushdb) or unset REDIS_URL",
                pytrace=False,
            )
