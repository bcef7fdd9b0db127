"""Who was asked to sign and who did, by party or any other field of a candidate; and whether anyone was left out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from workers.campaign.model import Candidate
from workers.campaign.states import CONTACT, State
from workers.campaign.tally import ByCandidate, contacts_of

#: A letter in one of these was handed over, whether or not it came back.
_HANDED = CONTACT | {State.BOUNCED}

#: A group is asked much less when its share is below four fifths of that of all the others: the rule of thumb by which
#: uneven treatment is told in employment law (the "four-fifths rule").
LESS = 0.8
#: Standard deviations beyond which chance is no excuse: among a hundred parties one false warning in ten tallies.
_CHANCE = 3.0
#: Candidates below which a share says nothing.
_FEWEST = 5

MEASURE = (
    f"a warning when the share asked is below {LESS:.0%} of the share of all other candidates, "
    f"by more than chance explains ({_CHANCE:g} standard deviations), among at least {_FEWEST} candidates"
)


@dataclass(frozen=True, slots=True)
class Facts:
    """What the ledger knows of a campaign's candidates: letters by state, who signed, who answered in any way."""

    letters: ByCandidate
    signed: Collection[str]
    answered: Collection[str]


@dataclass(frozen=True, slots=True)
class Group:
    """Numbers of candidates, except: ``times_asked`` counts letters handed over, ``median_letters`` those that stayed.

    ``asked``: at least one letter was handed over; ``reached``: one of them did not come back.
    """

    name: str
    candidates: int
    without_address: int
    asked: int
    times_asked: int
    reached: int
    answered: int
    signed: int
    signed_of_reached: int
    median_letters: float

    def share(self, count: str) -> float:
        """The share of the group's candidates that ``count`` names."""
        return round(getattr(self, count) / self.candidates, 4) if self.candidates else 0.0

    @property
    def share_of_reached(self) -> float:
        """Of those reached, how many signed."""
        return round(self.signed_of_reached / self.reached, 4) if self.reached else 0.0


def group(name: str, candidates: Sequence[Candidate], facts: Facts) -> Group:
    """One group's numbers."""
    letters = [facts.letters.get(candidate.id, {}) for candidate in candidates]
    handed = [sum(states.get(state, 0) for state in _HANDED) for states in letters]
    kept = [contacts_of(states) for states in letters]
    signed = [candidate.id in facts.signed for candidate in candidates]
    return Group(
        name=name,
        candidates=len(candidates),
        without_address=sum(not candidate.email for candidate in candidates),
        asked=sum(n > 0 for n in handed),
        times_asked=sum(handed),
        reached=sum(n > 0 for n in kept),
        answered=sum(candidate.id in facts.answered for candidate in candidates),
        signed=sum(signed),
        signed_of_reached=sum(n > 0 and is_signed for n, is_signed in zip(kept, signed, strict=True)),
        median_letters=float(median(kept)) if kept else 0.0,
    )


def groups_by(field_name: str, candidates: Iterable[Candidate], facts: Facts) -> list[Group]:
    """A group for each value of a candidate's field, the largest first; "" for those without."""
    sorted_out: dict[str, list[Candidate]] = defaultdict(list)
    for candidate in candidates:
        sorted_out[getattr(candidate, field_name)].append(candidate)
    found = [group(name, members, facts) for name, members in sorted_out.items()]
    return sorted(found, key=lambda one: (-one.candidates, one.name))


def left_out(groups: Sequence[Group]) -> list[Group]:
    """The groups that are asked much less than all the others together, by ``MEASURE``."""
    return [one for one in groups if one.candidates >= _FEWEST and _asked_less(one, groups)]


def _asked_less(one: Group, groups: Sequence[Group]) -> bool:
    others = sum(group.candidates for group in groups) - one.candidates
    if not others:
        return False
    share = (sum(group.asked for group in groups) - one.asked) / others
    expected = one.candidates * share
    missing = expected - one.asked
    return one.asked < LESS * expected and missing**2 > _CHANCE**2 * expected * (1 - share)


def everyone(candidates: Mapping[str, Candidate], facts: Facts) -> list[Candidate]:
    """Who stands, who was written to and who signed; an unknown id counts as a candidate without fields."""
    named = {key for key, states in facts.letters.items() if states} | set(facts.signed)
    standing = {key for key, candidate in candidates.items() if candidate.is_standing}
    return [candidates.get(key) or Candidate(key, "", "", "") for key in sorted(named | standing)]
