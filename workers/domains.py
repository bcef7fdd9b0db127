"""Mail to one domain is stopped, and let go on: for a receiving server that is down, or turns all of it away."""

from __future__ import annotations

import re
from collections.abc import Iterable

from workers.campaign.addresses import normal_address
from workers.campaign.ids import Ids
from workers.errors import InputError
from workers.store import Store
from workers.store.keys import domain_scope

_DOMAIN = re.compile(r"(?!.{254})[^\s@.,;:/]+(\.[^\s@.,;:/]+)+")


def normal_domain(typed: str) -> str:
    """``Example.org`` or ``@example.org`` as addresses are compared; InputError for what is no domain."""
    domain = normal_address(typed).removeprefix("@").rstrip(".")
    if not _DOMAIN.fullmatch(domain):
        raise InputError("is no domain such as example.org", field="domain")
    return domain


def scope_of(ids: Ids, domain: str) -> str:
    """The scope of a domain; it does not tell which domain that is."""
    return domain_scope(ids.domain(f"@{domain}"))


def resume(store: Store, campaigns: Iterable[str], scope: str, by: str) -> bool:
    """False if it was not paused. What waits for candidates there is due at once, anything else within ten minutes."""
    was = store.pauses.resume(scope, by)
    for campaign in campaigns if was else ():
        for candidate in store.candidates.at_domain(campaign, scope.partition(":")[2]):
            store.waiting.hasten(campaign, candidate)
    return was
