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
    scheme, netloc, path, query = _parts(url)
    login, _, hosts = netloc.rpartition("@")
    username, _, password = login.partition(":")
    service, _, database = path.strip("/").partition("/")
    options = dict(parse_qsl(query, strict_parsing=True)) if query else {}
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
        scheme.startswith("rediss"),
        unquote(username),
        unquote(password),
        options.get("ssl_ca_certs", ""),
        options.get("sentinel_username", ""),
        options.get("sentinel_password", ""),
    )


def next_database(url: str) -> str:
    """The same server's database after this one, where the queue is."""
    if is_sentinel(url):
        scheme, netloc, path, query = _parts(url)
        service, database = path.strip("/").partition("/")[0], sentinel_address(url).database + 1
        return f"{scheme}://{netloc}/{service}/{database}" + (f"?{query}" if query else "")
    parts = urlsplit(url)
    return urlunsplit(parts._replace(path=f"/{int(parts.path.strip('/') or 0) + 1}"))


def _parts(url: str) -> tuple[str, str, str, str]:
    """Scheme, hosts, path and query: the library's own parser takes no IPv6 address that is not the first."""
    scheme, _, rest = url.partition("://")
    rest, _, query = rest.partition("?")
    netloc, _, path = rest.partition("/")
    return scheme, netloc, path, query


def _host(text: str) -> tuple[str, int]:
    host, colon, port = text.rpartition(":") if not text.endswith("]") else (text, "", "")
    host, port = (host, port) if colon else (text, str(_SENTINEL_PORT))
    if not host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise ValueError("names no host, or no port")
    return host.strip("[]"), int(port)
