"""How it is shown who was asked and who signed: rows for ``tally show --signatories`` and ``campaigns fairness``."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from workers.campaign.answers import Said
from workers.campaign.asked import Facts, Group, everyone, group, groups_by

if TYPE_CHECKING:
    from workers.campaign.model import Candidate
    from workers.store import Store

_EPOCH = 719_163  # 1970-01-01 as an ordinal day
#: Counts of a group that are shown as a share of its candidates.
SHARES = ("asked", "reached", "answered", "signed")


def facts(store: Store, slug: str) -> tuple[dict[str, Candidate], Facts]:
    """The campaign's candidates, and what the ledger knows of them."""
    signed = store.signatures.all(slug).keys()
    answered = signed | store.signatures.withdrawals(slug).keys() | store.answers.who(slug, Said.DECLINED)
    return store.candidates.all(slug), Facts(store.tallies.show(slug).candidates, signed, answered)


def signatories_in_all(store: Store, slug: str) -> dict[str, object]:
    """The campaign's numbers about signing, as one record."""
    candidates, known = facts(store, slug)
    return {"campaign": slug, **_numbers(group("", everyone(candidates, known), known))}


def signatories_by(store: Store, slug: str, by: str) -> list[dict[str, object]]:
    """Signatories by a field of the candidate, by day or by source."""
    if by in {"day", "source"}:
        return _counted(store.tallies.signatories(slug), by)
    candidates, known = facts(store, slug)
    groups = sorted(groups_by(by, everyone(candidates, known), known), key=lambda one: -one.signed)
    if by != "constituency":
        return [{by: one.name, **_numbers(one)} for one in groups]
    names = {candidate.constituency: candidate.constituency_name for candidate in candidates.values()}
    return [{by: one.name, "name": names.get(one.name, ""), **_numbers(one)} for one in groups]


def fairness_row(one: Group, by: str) -> dict[str, object]:
    """A group with its shares."""
    return {
        by: one.name,
        "candidates": one.candidates,
        "without_address": one.without_address,
        **{share: one.share(share) for share in SHARES},
        "median_letters": one.median_letters,
    }


def _numbers(one: Group) -> dict[str, object]:
    return {
        "candidates": one.candidates,
        "asked": one.asked,
        "times_asked": one.times_asked,
        "reached": one.reached,
        "signatories": one.signed,
        "signed_of_reached": one.share_of_reached,
    }


def _counted(counts: dict[str, int], by: str) -> list[dict[str, object]]:
    kept = {name.partition(":")[2]: n for name, n in counts.items() if name.startswith(f"{by}:")}
    if by == "source":
        return [{by: name, "signatories": n} for name, n in sorted(kept.items(), key=lambda pair: (-pair[1], pair[0]))]
    days = sorted((int(day), n) for day, n in kept.items())
    return [{by: date.fromordinal(day + _EPOCH).isoformat(), "signatories": n} for day, n in days]
