"""The counts that people read, and how they are told apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from workers.campaign.model import Candidate
from workers.campaign.states import CONTACT, State
from workers.campaign.suppression import RETURNS

#: candidate id → state → letters
ByCandidate = Mapping[str, Mapping[str, int]]


@dataclass(frozen=True, slots=True)
class Tally:
    """A campaign's numbers. ``days`` are contacts by day (days since 1970 in the campaign's zone).

    ``came_back`` says why letters bounced: reason → letters, see ``suppression.RETURNS``.
    """

    campaign: str
    supporters: int
    signatories: int
    letters: dict[str, int]
    candidates: dict[str, dict[str, int]] = field(default_factory=dict)
    days: dict[int, int] = field(default_factory=dict)
    came_back: dict[str, int] = field(default_factory=dict)

    @property
    def contacts(self) -> int:
        """Letters that were handed over and did not come back."""
        return sum(self.letters.get(state, 0) for state in CONTACT)


@dataclass(frozen=True, slots=True)
class Difference:
    """One count that is not what the ledger says."""

    tally: str
    name: str
    counted: int
    recounted: int


def contacts_of(states: Mapping[str, int]) -> int:
    """The contacts among letters by state."""
    return sum(states.get(state, 0) for state in CONTACT)


def contacts_by(field_name: str, counts: ByCandidate, candidates: Mapping[str, Candidate]) -> dict[str, int]:
    """Contacts by a field of the candidate ("party", "constituency"), most first; "" is a candidate not known."""
    total: Counter[str] = Counter()
    for candidate_id, states in counts.items():
        candidate = candidates.get(candidate_id)
        total[getattr(candidate, field_name) if candidate else ""] += contacts_of(states)
    return {name: n for name, n in total.most_common() if n}


def returns(counts: Mapping[str, int]) -> dict[str, int]:
    """Why letters bounced, most certain first, out of a campaign's counts."""
    return {reason: n for reason in reversed(RETURNS) if (n := counts.get(f"{State.BOUNCED.value}:{reason}", 0))}


def states_in_order(letters: Mapping[str, int]) -> dict[str, int]:
    """Every state with its count, zeros too, in the order of a letter's life."""
    return {state.value: letters.get(state, 0) for state in State}
