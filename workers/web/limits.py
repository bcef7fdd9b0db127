"""How often anyone may ask: by where they come from, whose address they give, and the campaign; 429 beyond it."""

from __future__ import annotations

import math
from typing import NamedTuple

import structlog
from starlette.requests import Request

from workers.app import App
from workers.campaign.addresses import mailbox
from workers.campaign.model import Campaign
from workers.store.limits import Limit
from workers.web.peers import Peers, read_networks
from workers.web.problems import TOO_MANY, Problem

log = structlog.get_logger()

_SAYS = {
    "network": "too many requests from your connection",
    "address": "this e-mail address was given too often",
    "campaign": "very many people write just now",
    "lookup": "too many postcodes were looked up from your connection",
    "form": "too many forms were sent from your connection",
    "login": "too many passwords were tried",
    "caller": "too many requests with this key",
}
_MINUTE_S, _HOUR_S, _DAY_S = 60, 3600, 86_400


class _Rate(NamedTuple):
    """``burst`` at once, and ``per_period`` in each of so many seconds from then on; a burst of 0 is no limit."""

    burst: int
    per_period: int
    period_s: int


class Limits:
    """Every limit of the settings; each of the methods raises 429 with Retry-After, and has counted nothing then."""

    def __init__(self, app: App) -> None:
        self._app = app
        web, limits = app.settings.web, app.settings.limits
        self._peers = Peers(web.client_ip_header, read_networks(web.trusted_proxies))
        self._rates = {
            "network": _Rate(limits.ip_burst, limits.ip_per_hour, _HOUR_S),
            "address": _Rate(limits.address_burst, limits.address_per_day, _DAY_S),
            "campaign": _Rate(limits.campaign_burst, limits.campaign_per_minute, _MINUTE_S),
            "lookup": _Rate(limits.lookup_burst, limits.lookup_per_hour, _HOUR_S),
            "form": _Rate(limits.form_burst, limits.form_per_hour, _HOUR_S),
            "login": _Rate(limits.login_burst, limits.login_per_hour, _HOUR_S),
            "caller": _Rate(limits.key_burst, limits.key_per_minute, _MINUTE_S),
        }

    async def require(self, request: Request, campaign: Campaign, address: str) -> None:
        """An action that nobody with a key vouches for."""
        box = self._app.ids.address(mailbox(address))
        await self._spend(network=self._network(request), address=box, campaign=campaign.slug)

    async def require_lookup(self, request: Request) -> None:
        """A postcode is looked up: one after the other, they would be a map of who can be asked for."""
        await self._spend(lookup=self._network(request))

    async def require_form(self, request: Request) -> None:
        """A form of a personal link is sent."""
        await self._spend(form=self._network(request))

    async def require_login(self, request: Request) -> None:
        """A password is tried, right or wrong; this machine's own tries count as well."""
        await self._spend(login=self._network(request) or "here")

    async def require_caller(self, caller: str, campaign: Campaign) -> None:
        """A trusted caller's action; no limit unless the settings name one."""
        if self._rates["caller"].burst:
            await self._spend(caller=f"{caller}:{campaign.slug}")

    def _network(self, request: Request) -> str:
        """A keyed hash: addresses of connections are personal data."""
        peer = self._peers.of(request)
        return self._app.ids.network(peer) if peer else ""

    async def _spend(self, **who: str) -> None:
        reached = await self._app.store.limits.spend(
            [self._limit(what, one) for what, one in who.items() if one and self._rates[what].burst]
        )
        if reached:
            self._app.meter.count("limits_refused", reached.what)
            log.info("limit.reached", limit=reached.what, wait_s=math.ceil(reached.wait_s))
            raise _too_many(_SAYS[reached.what], math.ceil(reached.wait_s))

    def _limit(self, what: str, who: str) -> Limit:
        burst, per_period, period_s = self._rates[what]
        return Limit(what, who, burst, period_s * 1_000_000 // per_period)


def _too_many(says: str, wait_s: int) -> Problem:
    minutes = math.ceil(wait_s / 60)
    when = "in a minute" if minutes <= 1 else f"in {minutes} minutes" if minutes < 120 else f"in {minutes // 60} hours"
    return Problem(
        TOO_MANY, f"{says}: try again {when}; nothing was done", headers={"retry-after": str(max(1, wait_s))}
    )
