"""Evidence of a signature: a public web address. We never fetch it; readers of the log may follow it."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import urlsplit

from workers.errors import InputError

#: Characters; longer ones break in browsers and mail.
_LONGEST = 2000
#: Signs that no address has unescaped; a backslash makes two programs read two hosts.
_NEVER = frozenset(" <>\"'\\`{}|^")
_LABEL = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?")
#: Hosts under these names are on the reader's own machine or network.
_PRIVATE = ("localhost", "local", "internal", "localdomain", "lan", "home.arpa")


def evidence_url(text: str) -> str:
    """``text`` as it is kept: an http(s) address that anyone can open. InputError says why it is none."""
    url = text.strip()
    if not url.isprintable() or _NEVER.intersection(url):
        raise InputError("holds a space, quote, backslash, bracket or control character", field="evidence")
    if not re.match(r"https?://", url, re.IGNORECASE) or len(url) > _LONGEST:
        raise InputError(f"must be an http:// or https:// address of at most {_LONGEST} characters", field="evidence")
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        raise InputError("is not a web address", field="evidence") from None
    if "@" in parts.netloc:
        raise InputError("holds a user name or password", field="evidence")
    _require_public(host)
    return url


def _require_public(host: str) -> None:
    """Refuses numbers in any disguise but a plain public IP address, and names that mean the reader's own machine."""
    try:
        is_public = ipaddress.ip_address(host).is_global
    except ValueError:
        is_public = _is_public_name(host.removesuffix("."))
    if not is_public:
        raise InputError("must be at a public host name, written in ASCII", field="evidence")


def _is_public_name(host: str) -> bool:
    labels = host.split(".")
    # Browsers read a host whose last label begins with a digit as an IPv4 address: 0x7f.1, 127.1, 017700000001.
    is_number = labels[-1][:1].isdigit()
    is_name = len(labels) > 1 and len(host) <= 253 and all(_LABEL.fullmatch(label) for label in labels)
    private = any(host == name or host.endswith(f".{name}") for name in _PRIVATE)
    return is_name and not is_number and not private
