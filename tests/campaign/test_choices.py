"""Tests of choices: whatever somebody had, after their change they get what their form said."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from workers.campaign.choices import EVERYTHING, SELDOM, Change, Choices, chosen, leaves, refusal, returns, without
from workers.campaign.mailings import PURPOSES, Kind

NAMES = ("news", "walks")
BULLETINS = PURPOSES[Kind.BULLETIN]

purposes = st.frozensets(st.sampled_from(EVERYTHING))
words = st.frozensets(st.sampled_from([*map(refusal, EVERYTHING), *map(without, NAMES), "no:other", SELDOM]))
states = st.builds(Choices, purposes, words)
wishes = st.fixed_dictionaries({name: st.booleans() for name in NAMES})


def after(known: Choices, change: Change) -> Choices:
    """As the ledger applies it."""
    agreed = known.agreed - set(change.back) | set(change.agreed)
    return Choices(frozenset(agreed), known.words - change.cease | change.begin)


@given(states, purposes, wishes, st.booleans())
@settings(max_examples=200, deadline=None)
def test_the_form_is_what_they_get(known, ticked, bulletins, seldom):
    """Nothing of what they had before shows through, and what the form does not offer stays as it was."""
    change = chosen(known, ticked - {BULLETINS}, bulletins, seldom=seldom)
    now = after(known, change)
    assert {name: now.gets_bulletin(name) for name in NAMES} == bulletins
    assert now.gets(Kind.BULLETIN) == any(bulletins.values())
    assert all(now.has(one) == (one in ticked) for one in EVERYTHING if one != BULLETINS)
    assert now.is_seldom == seldom
    assert (without("other") in now.words) == (without("other") in known.words)
    assert not set(change.begin) & set(change.cease)


@given(states, purposes)
@settings(max_examples=100, deadline=None)
def test_leaving_leaves_and_coming_back_comes_back(known, some):
    """Whatever was before; the rest stays."""
    left = after(known, leaves(some))
    assert not any(left.has(one) for one in some)
    assert all(left.has(one) == known.has(one) for one in EVERYTHING if one not in some)
    assert all(after(left, returns(some)).has(one) for one in some)
    assert after(known, leaves(EVERYTHING)).gets_nothing
