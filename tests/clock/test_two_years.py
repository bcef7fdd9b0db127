"""Two years of a schedule on a shifted clock: each edition is made once, whatever clocks, restarts and seasons do."""

from __future__ import annotations

import random
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tests.actors.test_mailings import subscribe
from tests.support.people import CAMPAIGN, campaign, person
from workers.campaign.bulletin import Bulletin
from workers.campaign.mailing_events import MailingDue
from workers.campaign.mailings import Mailing, Stage
from workers.campaign.model import Sender
from workers.editions import due, fingerprint, make
from workers.mail.templates import Templates
from workers.newsroom import Newsroom
from workers.store import Store

_TEMPLATES = Path(__file__).resolve().parents[2] / "templates"
_ZONE = ZoneInfo("Europe/London")
_PUSH = campaign()
#: The nights in which clocks change, at one o'clock UTC, and a few others.
_SUNDAYS = "30 1 * 3,6,10 0L"
_BEGINS = datetime(2026, 10, 1, 12, tzinfo=UTC)
_DAYS = 2 * 365
#: Nobody is there from one to the other.
_OFF = (date(2027, 6, 1), date(2027, 7, 5))
_EDITIONS = ["2026-10-25", "2027-03-28", "2027-06-27", "2027-10-31", "2028-03-26", "2028-06-25"]


@pytest.fixture
def bulletin(tmp_path: Path) -> Bulletin:
    """With an event on each Saturday, so that no edition is empty."""
    days = [_BEGINS + timedelta(days=2 + 7 * week) for week in range(120)]
    (tmp_path / "events.csv").write_text("\n".join(["title,starts", *(f"Walk,{day:%Y-%m-%d} 15:00" for day in days)]))
    sender = Sender("Town", "post@town.example")
    body = '{{ events | under("Dates") }}'
    return Bulletin("news", CAMPAIGN, "News", sender, "", body, tmp_path, schedule=_SUNDAYS)


def _looks(chance: random.Random) -> list[datetime]:
    """When somebody's clock looks: on Sundays around the hour, and on each day at some moment."""
    found = []
    for number in range(_DAYS):
        day = (_BEGINS + timedelta(days=number)).replace(hour=0)
        if not _OFF[0] <= day.date() <= _OFF[1]:
            minutes = [*([31, 62, 91] if day.isoweekday() == 7 else []), chance.randrange(150, 1400)]
            found += [day + timedelta(minutes=minute) for minute in minutes]
    return [one for one in found if one > _BEGINS]


def _run(store: Store, bulletin: Bulletin, monkeypatch: pytest.MonkeyPatch) -> list[Mailing]:
    """Two clocks look at once, and workers get what each of them tells; nothing is remembered but the ledger."""
    started: list[str] = []
    for look in _looks(random.Random(1)):
        monkeypatch.setattr(time, "time", look.timestamp)
        told = [one for _ in range(2) for one in due(store, [bulletin], {CAMPAIGN: _PUSH})]
        assert len(told) in {0, 2}
        newsroom = Newsroom(store, Templates(_TEMPLATES), "https://town.example")
        for one in told:
            made = make(newsroom, bulletin, _PUSH, one.due_at)
            started += [event.campaign for event in made if isinstance(event, MailingDue)]
    assert len(started) == len(set(started))
    return sorted(store.mailings.of(CAMPAIGN), key=lambda one: one.due_at)


def test_each_edition_of_two_years_is_made_once(store: Store, bulletin: Bulletin, monkeypatch: pytest.MonkeyPatch):
    """On time in both nights of each year; of those that were missed the newest waits for a word."""
    subscribe(store, person(store.ids, 1))
    store.standings.stand(bulletin.name, fingerprint(bulletin.folder), "editor")
    found = _run(store, bulletin, monkeypatch)
    assert [one.edition for one in found] == _EDITIONS
    assert {one.edition for one in found if one.stage is Stage.OVERDUE} == {"2027-06-27"}
    on_time = [one for one in found if one.stage is Stage.APPROVED]
    assert len(on_time) == len(_EDITIONS) - 1
    assert all(one.made_at - one.due_at <= 120 for one in on_time)
    clocks = [datetime.fromtimestamp(one.due_at, _ZONE).isoformat()[11:] for one in on_time]
    assert clocks == ["01:30:00+01:00", "02:00:00+01:00", "01:30:00+01:00", "02:00:00+01:00", "01:30:00+01:00"]
