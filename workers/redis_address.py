"""Where a Redis is, read from its URL: one server, or the service that Sentinels watch."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote, urlsplit, urlunsplit

#: The port that Sentinels listen on.
_SENTINEL_PORT = 26379
#: What may stand behind the ? of a Sentinel's URL.
_OPTIONS = frozenset({"ssl_ca_certs", "sentinel_username", "sentinel_password"})


@dataclass(frozen=True, slots=True)
class SentinelAddress:
    """``redis+sentinel://user:password@host:port,host:port/service/0``; with ``rediss`` all of it speaks TLS.

    User and password are those of the servers; Sentinels have their own, as ``?sentinel_password=``.
    """

    sentinels: tuple[tuple[str, int], ...]
    service: str
    database: int
    tls: bool = False
    username: str = ""
    password: str = ""
    ca_file: str = ""
    sentinel_username: str = ""
    sentinel_password: str = ""


def is_sentinel(url: str) -> bool:
    """Whether a URL names Sentinels and not a server."""
    return url.partition("://")[0] in ("redis+sentinel", "rediss+sentinel")


def sentinel_address(url: str) -> SentinelAddress:
    """What the URL of Sentinels says; ValueError, which repeats nothing of it, if it is none."""
    parts = urlsplit(url)
    login, _, hosts = parts.netloc.rpartition("@")
    username, _, password = login.partition(":")
    service, _, database = parts.path.strip("/").partition("/")
    options = dict(parse_qsl(parts.query, strict_parsing=True)) if parts.query else {}
    sentinels = tuple(_host(part) for part in hosts.split(","))
    if not service:
        raise ValueError("names no service")
    if options.keys() - _OPTIONS:
        raise ValueError("has an option that is not known")
    if not (database or "0").isdecimal():
        raise ValueError("names no database")
    return SentinelAddress(
        sentinels,
        unquote(service),
        int(database or 0),
        parts.scheme.startswith("rediss"),
        unquote(username),
        unquote(password),
        options.get("ssl_ca_certs", ""),
        options.get("sentinel_username", ""),
        options.get("sentinel_password", ""),
    )


def next_database(url: str) -> str:
    """The same server's database after this one, where the queue is."""
    parts = urlsplit(url)
    if is_sentinel(url):
        found = sentinel_address(url)
        return urlunsplit(parts._replace(path=f"/{parts.path.strip('/').partition('/')[0]}/{found.database + 1}"))
    return urlunsplit(parts._replace(path=f"/{int(parts.path.strip('/') or 0) + 1}"))


def _host(text: str) -> tuple[str, int]:
    host, colon, port = text.rpartition(":") if not text.endswith("]") else (text, "", "")
    host, port = (host, port) if colon else (text, str(_SENTINEL_PORT))
    if not host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise ValueError("names no host, or no port")
    return host.strip("[]"), int(port)
