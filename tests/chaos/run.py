"""One run: the crowd acts, strikes fall, all is healed, what can finish finishes, and the judge speaks."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tests.chaos.crowd import CANDIDATES, Crowd
from tests.chaos.strikes import DEEDS, Strike, strikes
from tests.faults.town import Campaign, Town
from tests.support.judge import QUESTIONS

#: Seconds in which all must have finished once everything is whole again.
_PATIENCE_S = 180.0

Say = Callable[[str], None]


@dataclass(slots=True)
class Outcome:
    """What a run came to; ``wrong`` is question → what speaks against it."""

    seed: int
    actions: int = 0
    letters: dict[str, int] = field(default_factory=dict)
    faults: Counter[str] = field(default_factory=Counter)
    in_flight: int = 0
    signatories: int = 0
    wrong: dict[str, list[str]] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    settled_s: float = 0.0

    @property
    def is_good(self) -> bool:
        return not self.wrong and not self.failures

    def line(self) -> dict[str, object]:
        """For the last line of the output."""
        answers = {question: question not in self.wrong for question in QUESTIONS}
        return {
            "seed": self.seed, "strikes": self.faults.total(), "faults": dict(sorted(self.faults.items())),
            "actions": self.actions, "letters": self.letters, "signatories": self.signatories, **answers,
        }  # fmt: skip


def run(folder: Path, minutes: float, seed: int, say: Say) -> Outcome:
    """Everything starts and ends in here."""
    outcome = Outcome(seed)
    with Town(folder, campaigns=1) as town:
        town.start("worker-2")
        campaign = town.campaign()
        campaign.candidates(*CANDIDATES)
        crowd = Crowd(campaign, seed)
        with crowd:
            _strike(campaign, outcome, time.monotonic() + minutes * 60, say)
        town.heal()
        say("everything is whole again")
        crowd.join()
        outcome.actions, outcome.failures = crowd.actions, crowd.failures
        _settle(campaign, outcome)
    return outcome


def _strike(campaign: Campaign, outcome: Outcome, until: float, say: Say) -> None:
    for strike in strikes(outcome.seed):
        if time.monotonic() + strike.quiet_s > until:
            return
        time.sleep(strike.quiet_s)
        campaign.town.revive()
        met = DEEDS[strike.kind](campaign, strike)
        outcome.faults[_name(strike)] += 1
        say(f"{strike.kind}: {strike.victim}{', ' if met else ''}{met}")


def _name(strike: Strike) -> str:
    of_all = strike.kind in {"kill -9", "SIGTERM", "SIGSTOP"}
    return f"{strike.kind} {strike.victim.partition('-')[0]}" if of_all else strike.kind


def _settle(campaign: Campaign, outcome: Outcome) -> None:
    began, judge = time.monotonic(), campaign.town.judge
    while judge.unfinished(campaign.slug) and time.monotonic() - began < _PATIENCE_S:
        time.sleep(0.2)
    outcome.settled_s = time.monotonic() - began
    outcome.wrong = judge.wrong(campaign.slug, campaign.inputs, campaign.mails())
    outcome.letters, outcome.in_flight = campaign.states(), campaign.inputs.in_flight
    outcome.signatories = campaign.town.store.tallies.totals(campaign.slug).signatories
