"""What is stopped, by whom or what, and why: every claim looks here first."""

from __future__ import annotations

import time
from collections.abc import Sequence

import msgspec

from workers.errors import UnsafeError
from workers.store import keys
from workers.store.scripts import WENT_BACK, Client, Scripts, reachable


class Pause(msgspec.Struct, frozen=True, omit_defaults=True):
    """Why a scope is stopped, since when (epoch seconds), by which operator, and for a mail domain its name."""

    reason: str
    at: int
    by: str = ""
    domain: str = ""


class Pauses:
    """Scopes: "all", "campaign:{slug}", "mailing:{book}", and in every campaign "queue:{queue}" and "domain:{id}"."""

    def __init__(self, client: Client, scripts: Scripts) -> None:
        self._client = client
        self._scripts = scripts

    def pause(self, scope: str, reason: str, by: str = "", domain: str = "") -> bool:
        """No claim in this scope begins any more; False if it was paused already (its first reason stays)."""
        pause = msgspec.json.encode(Pause(reason, int(time.time()), by, domain))
        return bool(self._scripts.call("pause_scope", [keys.PAUSED], [scope, pause, _said(reason, by)]))

    def resume(self, scope: str, by: str = "") -> bool:
        """False if it was not paused. The breaker of a campaign or mailing looks at what happens from now on.

        UnsafeError for the pause of a ledger that went back: that one is lifted by ``senders.accept``.
        """
        if scope == "all" and self.went_back():
            raise UnsafeError(f"{WENT_BACK}; say mobilise ledger accept to let letters leave again")
        campaign = scope.partition(":")[2] if scope.startswith(("campaign:", "mailing:")) else ""
        named, said = [keys.PAUSED, keys.window(campaign)], _said(scope, by)
        return bool(self._scripts.call("resume_scope", named, [scope, campaign, said]))

    def all(self) -> dict[str, Pause]:
        """Every paused scope."""
        with reachable():
            found = self._client.hgetall(keys.PAUSED)
        return {scope.decode(): msgspec.json.decode(raw, type=Pause) for scope, raw in found.items()}

    def went_back(self) -> bool:
        """Whether everything is stopped because the ledger went back in time."""
        why = self.all().get("all")
        return why is not None and why.reason == WENT_BACK

    def hold_ms(self) -> int:
        """Milliseconds until the provider may be called again; 0 when it may."""
        with reachable():
            return max(0, int(self._client.pttl(keys.HOLD)))

    def end_hold(self) -> None:
        """The provider may be called again now."""
        with reachable():
            self._client.delete(keys.HOLD)

    def covering(self, campaign: str) -> Sequence[str]:
        """The paused scopes that stop this campaign's letters."""
        return [scope for scope in self.all() if scope in covering(campaign)]


def _said(text: str, by: str) -> str:
    return f"{text} (by {by})" if by else text


def covering(campaign: str) -> tuple[str, ...]:
    """The scopes under which this campaign's letters may be paused: a claim looks at each of them."""
    return "all", keys.pause_scope(campaign), keys.queue_scope("letters")


def covering_mailing(book: str) -> tuple[str, ...]:
    """The scopes under which the copies of a call or bulletin may be paused."""
    campaign = keys.pause_scope(book.partition("/")[0])
    return "all", campaign, keys.queue_scope("bulletins"), keys.mailing_scope(book)
