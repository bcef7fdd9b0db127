"""Addresses at providers that give them away for ten minutes: who uses one cannot be asked again."""

from __future__ import annotations

from functools import cache


def is_throwaway(address: str) -> bool:
    """Whether the address's domain, or one that it is under, is on the public list of such providers."""
    domain = address.rpartition("@")[2].lower().rstrip(".")
    listed = _listed()
    while domain:
        if domain in listed:
            return True
        domain = domain.partition(".")[2]
    return False


@cache
def _listed() -> frozenset[str]:
    from disposable_email_domains import blocklist  # noqa: PLC0415 - 10,000 names, for those who need them

    return frozenset(blocklist)
