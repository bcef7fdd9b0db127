"""When a campaign stops by itself: too large a share of its letters came to no good."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from workers.campaign.model import Breaker


@dataclass(frozen=True, slots=True)
class Rate:
    """``n`` of ``of`` letters came to ``outcome`` in the window; more than ``limit`` (a share) is too many."""

    outcome: str  # also the name of the setting
    n: int
    of: int
    limit: float

    @property
    def share(self) -> float:
        return self.n / self.of if self.of else 0.0

    @property
    def shown(self) -> str:
        return f"{self.n} of {self.of} ({self.share:.1%}; stops above {self.limit:.3g})"

    def reason(self, breaker: Breaker) -> str:
        """The sentence that operators read."""
        numbers = f"{self.n} of {self.of} letters {self.outcome} in {breaker.window_minutes} min ({self.share:.1%})"
        return f"breaker: {numbers}, more than breaker.{self.outcome} = {self.limit:g} allows"


def rates(breaker: Breaker, counts: Mapping[str, int]) -> Iterator[Rate]:
    """The three shares. ``counts`` is outcome → letters in the window; "accepted" is all that were handed over.

    What bounced or complained is held against the letters that something was heard of, because reports come later than
    letters go; against all that were handed over where the provider reports no delivery at all.
    """
    accepted, rejected, delivered, bounced, complained = (
        counts.get(name, 0) for name in ("accepted", "rejected", "delivered", "bounced", "complained")
    )
    heard = delivered + bounced if delivered else max(accepted, bounced)
    yield Rate("rejected", rejected, accepted + rejected, breaker.rejected)
    yield Rate("bounced", bounced, heard, breaker.bounced)
    yield Rate("complained", complained, max(heard, complained), breaker.complained)


def tripped(breaker: Breaker, counts: Mapping[str, int]) -> Rate | None:
    """The first share that is too large among enough letters, or None."""
    return next(
        (rate for rate in rates(breaker, counts) if rate.of >= breaker.minimum and rate.share > rate.limit), None
    )
