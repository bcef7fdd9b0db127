"""REDIS_URL: a server, or the Sentinels that know which one writes."""

from __future__ import annotations

import pytest
import redis.sentinel

from tests.support.processes import ROOT
from workers.redis_address import SentinelAddress, is_sentinel, next_database, sentinel_address
from workers.redis_pools import pool, pool_in_loop
from workers.settings import Settings, without_password

FULL = (
    "rediss+sentinel://us%40er:p%3Aw@one:1111,[2001:db8::1]:2222,three/town/3?sentinel_password=s%26p&ssl_ca_certs=/ca"
)


def test_a_url_of_sentinels_says_all_that_is_needed():
    """Hosts, service, database, logins of servers and of Sentinels, TLS."""
    assert sentinel_address(FULL) == SentinelAddress(
        (("one", 1111), ("2001:db8::1", 2222), ("three", 26379)),
        "town",
        3,
        tls=True,
        username="us@er",
        password="p:w",
        ca_file="/ca",
        sentinel_password="s&p",
    )
    assert sentinel_address("redis+sentinel://one/town").database == 0
    assert not is_sentinel("redis://one/0")


@pytest.mark.parametrize(
    ("url", "after"),
    [
        ("redis://h:1/0", "redis://h:1/1"),
        ("redis://h", "redis://h/1"),
        ("rediss://u:p@h:1/4?ssl_ca_certs=/ca", "rediss://u:p@h:1/5?ssl_ca_certs=/ca"),
        ("redis+sentinel://a,b/town", "redis+sentinel://a,b/town/1"),
        ("redis+sentinel://a:1/town/2?sentinel_password=x", "redis+sentinel://a:1/town/3?sentinel_password=x"),
    ],
)
def test_the_queue_is_in_the_next_database(url: str, after: str):
    """Whatever stands around its number."""
    assert next_database(url) == after


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("redis+sentinel://one", "redis.url names no service"),
        ("redis+sentinel:///town", "redis.url names no host, or no port"),
        ("redis+sentinel://one:x/town", "redis.url names no host, or no port"),
        ("redis+sentinel://one,/town", "redis.url names no host, or no port"),
        ("redis+sentinel://one/town/x", "redis.url names no database"),
        ("redis+sentinel://one/town/15", "redis.url names no database from 0 to 14"),
        ("redis+sentinel://one/town/0?canary=canary", "redis.url has an option that is not known"),
    ],
)
def test_what_is_wrong_with_it_is_told_without_repeating_it(url: str, says: str):
    """It may hold a password."""
    (problem,) = Settings.problems(ROOT, {"REDIS_URL": url})
    assert (problem.where, problem.what) == ("REDIS_URL", says)
    assert "canary" not in str(problem)


def test_no_password_of_it_is_shown():
    """Neither the servers' nor the Sentinels'."""
    assert without_password(FULL).startswith("rediss+sentinel://…@one:1111,")
    assert "sentinel_password=…&ssl_ca_certs=/ca" in without_password(FULL)
    assert without_password("redis://h:1/0") == "redis://h:1/0"


def test_connections_are_made_as_it_says():
    """TLS with its own authority, the login, the database; to a server or through Sentinels, with threads or a loop."""
    through = pool(FULL, retry=None)
    assert isinstance(through, redis.sentinel.SentinelConnectionPool)
    assert isinstance(pool_in_loop(FULL), redis.asyncio.sentinel.SentinelConnectionPool)
    wanted = {"db": 3, "username": "us@er", "password": "p:w", "ssl_ca_certs": "/ca"}
    assert {name: through.connection_kwargs[name] for name in wanted} == wanted
    assert issubclass(through.connection_class, redis.SSLConnection)
    for asked in through.sentinel_manager.sentinels:
        assert asked.connection_pool.connection_kwargs["password"] == "s&p"
    managed = pool("rediss://u:p@h:6380/1?ssl_ca_certs=/ca")
    assert issubclass(managed.connection_class, redis.SSLConnection)
    assert (managed.connection_kwargs["ssl_ca_certs"], managed.connection_kwargs["db"]) == ("/ca", 1)
