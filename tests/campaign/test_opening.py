"""What an operator decided goes before the dates of the file, but not beyond its end."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from tests.support.people import campaign
from workers.campaign.opening import CLOSED, OPEN, Opening, decided

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("opens", "state", "is_open"),
    [
        (NOW - HOUR, "", True),
        (NOW - HOUR, CLOSED, False),
        (NOW - HOUR, OPEN, True),
        (NOW + HOUR, "", False),
        (NOW + HOUR, OPEN, True),
        (NOW + HOUR, CLOSED, False),
    ],
)
def test_the_newest_decision_counts(opens: datetime, state: str, is_open: bool):
    """At once, and on a machine whose clock is a minute slow as well."""
    push = campaign(opens=opens, closes=NOW + 48 * HOUR)
    opening = Opening(state, int(NOW.timestamp()), "kim") if state else None
    stands = decided(push, opening)
    assert stands.is_open(NOW) is stands.is_open(NOW - timedelta(minutes=1)) is is_open
    assert stands.opens <= stands.closes


def test_nobody_opens_a_campaign_beyond_its_end():
    """Letters after polling day would be of no use, and some are against the law."""
    push = campaign(opens=NOW - 48 * HOUR, closes=NOW - HOUR, polling_day=date(2026, 11, 22))
    assert not decided(push, Opening(OPEN, int(NOW.timestamp()), "kim")).is_open(NOW)
