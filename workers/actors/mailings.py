"""The journey of calls and bulletins: an audience gathered, copies sent in batches, books that balance in the end."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from workers.broker import SERVICE, actor
from workers.campaign.bulletin import Bulletin
from workers.campaign.events import Event
from workers.campaign.model import Campaign, known
from workers.editions import make
from workers.mailings import Mailings
from workers.newsroom import Newsroom
from workers.store.mailings import campaign_of


@actor(queue_name="bulletins", priority=20)
def gather_audience(
    campaign: str, *, mailings: Mailings = SERVICE, campaigns: Mapping[str, Campaign] = SERVICE
) -> Iterator[Event]:
    """Begins a mailing whose time has come, gathers the next of its audience, or ends it; ``campaign`` is its book."""
    yield from mailings.work(known(campaigns, campaign_of(campaign)), campaign)


@actor(queue_name="bulletins", priority=20)
def send_copies(
    campaign: str, orders: list[str], *, mailings: Mailings = SERVICE, campaigns: Mapping[str, Campaign] = SERVICE
) -> Iterator[Event]:
    """Sends the queued copies of these orders; ``campaign`` is the mailing's book."""
    yield from mailings.send(known(campaigns, campaign_of(campaign)), campaign, orders)


@actor(queue_name="bulletins", priority=20)
def make_edition(
    campaign: str,
    name: str,
    due_at: int,
    *,
    newsroom: Newsroom = SERVICE,
    bulletins: Callable[[], Mapping[str, Bulletin]] = SERVICE,
    campaigns: Mapping[str, Campaign] = SERVICE,
) -> Iterator[Event]:
    """Makes the edition of a schedule that is due."""
    found = bulletins().get(name)
    if found is not None:
        yield from make(newsroom, found, known(campaigns, campaign), due_at)
