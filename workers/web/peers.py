"""Where a request comes from: the socket's other end, or what a proxy that is trusted says of it."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

from starlette.requests import Request

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

#: Bits of an IPv6 address that belong to one customer: the rest is theirs to choose.
_PREFIX = 64
#: Hops of a header that are looked at.
_HOPS = 32


class Peers:
    """Believes ``header`` of requests that come from ``proxies``, and no other."""

    def __init__(self, header: str, proxies: Sequence[Network]) -> None:
        self._header, self._proxies = header, proxies

    def of(self, request: Request) -> str:
        """The client's address as limits count it, IPv6 by its network; "" for this machine itself, or if unknown."""
        client = self._client(request)
        if client is None or client.is_loopback:
            return ""
        if client.version == 4:
            return str(client)
        return str(ipaddress.ip_network((client, _PREFIX), strict=False))

    def _client(self, request: Request) -> Address | None:
        """The rightmost hop that is none of our proxies: what stands left of it, anybody can have written."""
        hop = read_address(request.client.host) if request.client else None
        if not self._header or hop is None:
            return hop
        told = ",".join(request.headers.getlist(self._header)).rsplit(",", _HOPS)
        while told and self._is_proxy(hop):
            before = read_address(told.pop())
            if before is None:
                break
            hop = before
        return hop

    def _is_proxy(self, address: Address) -> bool:
        return any(address in network for network in self._proxies)


def read_address(text: str) -> Address | None:
    """An address as headers hold it, with or without port and brackets; None for anything else."""
    text = text.strip().strip('"')
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


def read_networks(text: str) -> list[Network]:
    """Networks with commas between; ValueError for what is none."""
    return [ipaddress.ip_network(part.strip()) for part in text.split(",") if part.strip()]
