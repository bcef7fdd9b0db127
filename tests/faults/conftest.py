"""One town for each xdist worker; each test has a campaign of its own in it, which is judged afterwards."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.faults.town import Campaign, Town


@pytest.fixture(scope="session")
def town(tmp_path_factory: pytest.TempPathFactory):
    """Real processes; starting them takes seconds, so that tests share them."""
    with Town(tmp_path_factory.mktemp("faults")) as town:
        yield town


@pytest.fixture
def campaign(town: Town):
    """A new campaign; whatever a test does, all is healed afterwards, finishes, and the judge finds nothing wrong."""
    yield from _judged(town, town.campaign())


@pytest.fixture
def daily(town: Town):
    """The same, in which candidates may get a daily summary."""
    yield from _judged(town, town.campaign(daily=True))


def _judged(town: Town, campaign: Campaign) -> Iterator[Campaign]:
    yield campaign
    town.heal()
    campaign.finishes()
