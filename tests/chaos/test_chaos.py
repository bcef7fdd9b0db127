"""Chaos in its shortest form: what ``scripts/chaos`` does for minutes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.chaos.run import run
from tests.chaos.strikes import DEEDS, strikes


@pytest.mark.faults
def test_a_quarter_of_a_minute_of_chaos_loses_nothing_and_sends_nothing_twice(tmp_path: Path):
    """The same seed as ever: what fails here fails again."""
    said: list[str] = []
    outcome = run(tmp_path, 0.25, 11, said.append)
    assert outcome.actions
    assert outcome.faults
    assert outcome.is_good, (outcome.wrong, outcome.failures, said)


def test_a_seed_repeats_its_faults_and_knows_them_all():
    """A run that failed can be looked at again."""
    first, second, other = strikes(7), strikes(7), strikes(8)
    sequence = [next(first) for _ in range(400)]
    assert sequence == [next(second) for _ in range(400)]
    assert sequence != [next(other) for _ in range(400)]
    assert {strike.kind for strike in sequence} == set(DEEDS)
