"""Rules between settings: what is right alone and wrong together."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from workers.errors import ConfigError
from workers.redis_address import is_sentinel, sentinel_address
from workers.settings.sections import Sections
from workers.tomlfile import Keys

Where = Callable[[Keys], str]

#: An address, or all of a domain.
_ALLOWED = re.compile(r"[^\s@]*@[^\s@]+\.[^\s@]+")
#: The broker uses the next number, and a Redis has 16.
_LAST_DATABASE = 14


def contradictions(sections: Sections, root: Path, where: Where, *, strict: bool) -> Iterator[ConfigError]:
    """Everything in ``sections`` that cannot stand together, or only while developing (not ``strict``)."""
    mail, clock = sections.mail, sections.clock
    if clock.claim_s <= mail.connect_timeout_s + mail.read_timeout_s:
        yield ConfigError(
            "clock.claim_s ends while the provider may still answer",
            where=where(("clock", "claim_s")),
            mend="make it longer than mail.connect_timeout_s + mail.read_timeout_s",
        )
    for part in filter(None, (part.strip() for part in mail.allowed.split(","))):
        if not _ALLOWED.fullmatch(part):
            mend = "write addresses, or @domain for all of a domain, with commas between"
            yield ConfigError("mail.allowed holds what is neither", where=where(("mail", "allowed")), mend=mend)
    if mail.ca_file and not _is_file(root / mail.ca_file):
        yield ConfigError("mail.ca_file is not a file", where=where(("mail", "ca_file")), mend='name a PEM file, or ""')
    yield from _http(mail.base_url, ("mail", "base_url"), where, secure=True)
    yield from _http(sections.web.public_url, ("web", "public_url"), where, secure=strict)
    yield from _redis(sections.redis.url, where)
    yield from _proxies(sections, where)


def is_loopback(host: str) -> bool:
    """Whether ``host`` is this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def is_own(host: str) -> bool:
    """Whether ``host`` is this machine or, as in compose, a neighbour: no name without a dot is in the public DNS."""
    return is_loopback(host) or not ("." in host or ":" in host)


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a name that is too long, a folder that is not ours
        return False


def _http(url: str, keys: Keys, where: Where, *, secure: bool) -> Iterator[ConfigError]:
    name, parts = ".".join(map(str, keys)), _split(url)
    if parts is None:
        yield ConfigError(
            f"{name} is not an address", where=where(keys), mend="write https://host or https://host:port"
        )
        return
    if parts.username is not None:
        yield ConfigError(f"{name} holds a login", where=where(keys), mend="leave out what stands before @")
    if secure and parts.scheme == "http" and not is_loopback(parts.hostname or ""):
        yield ConfigError(f"{name} is http: anyone on the way can read it", where=where(keys), mend="use https")


def _proxies(sections: Sections, where: Where) -> Iterator[ConfigError]:
    header, proxies = sections.web.client_ip_header, sections.web.trusted_proxies
    keys = ("web", "trusted_proxies")
    for part in filter(None, (part.strip() for part in proxies.split(","))):
        try:
            ipaddress.ip_network(part)
        except ValueError:
            mend = "write networks such as 10.0.0.0/8, with commas between"
            yield ConfigError("web.trusted_proxies holds what is no network", where=where(keys), mend=mend)
    if header and not proxies.strip():
        what = "web.client_ip_header is believed of nobody: anyone could send it"
        yield ConfigError(
            what, where=where(("web", "client_ip_header")), mend="name the proxies in web.trusted_proxies"
        )


def _redis(url: str, where: Where) -> Iterator[ConfigError]:
    keys = ("redis", "url")
    if is_sentinel(url):
        yield from _sentinel(url, where(keys))
        return
    parts = _split(url)
    if parts is None:
        yield ConfigError("redis.url is not an address", where=where(keys), mend="write redis://host:6379/0")
        return
    number = "" if parts.scheme == "unix" else parts.path.strip("/")
    if number and not (number.isdecimal() and int(number[:6]) <= _LAST_DATABASE):
        mend = "end it with /0; the queue uses the next number"
        yield ConfigError(f"redis.url names no database from 0 to {_LAST_DATABASE}", where=where(keys), mend=mend)


def _sentinel(url: str, where: str) -> Iterator[ConfigError]:
    mend = "write redis+sentinel://host:26379,host:26379/service/0"
    try:
        if sentinel_address(url).database > _LAST_DATABASE:
            yield ConfigError(f"redis.url names no database from 0 to {_LAST_DATABASE}", where=where, mend=mend)
    except ValueError as problem:
        yield ConfigError(f"redis.url {problem}", where=where, mend=mend)


def _split(url: str) -> SplitResult | None:
    """None if it has no readable host or port."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    return parts if parts.hostname or parts.scheme == "unix" else None
