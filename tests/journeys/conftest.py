"""One town for each xdist worker; each test has a campaign of its own in it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.journeys.town import Campaign, Town


@pytest.fixture(scope="session")
def town(tmp_path_factory: pytest.TempPathFactory):
    """Real processes; starting them takes seconds, so that tests share them."""
    with Town(tmp_path_factory.mktemp("town")) as town:
        yield town


@pytest.fixture
def campaign(town: Town):
    """A new campaign; whatever a test does to it, its books are in order afterwards."""
    yield from _balanced(town, town.campaign())


@pytest.fixture
def daily(town: Town):
    """The same, in which candidates may get a daily summary."""
    yield from _balanced(town, town.campaign(daily=True))


def _balanced(town: Town, campaign: Campaign) -> Iterator[Campaign]:
    yield campaign
    town.behave()
    campaign.books_are_in_order()
