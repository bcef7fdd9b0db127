"""An edition and what partners sent in for it: what was approved has it, once; what is never sent gives it back."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.support.people import CAMPAIGN, campaign
from workers.campaign.bulletin import Bulletin
from workers.campaign.contribution import Contribution, Decision, Said
from workers.campaign.mailings import Stage
from workers.campaign.model import Sender
from workers.contributions import EVENT, NEWS, Desk
from workers.editions import make
from workers.errors import InputError
from workers.mail.templates import Templates
from workers.newsroom import Newsroom
from workers.store import Store

_PUSH = campaign()
_TEMPLATES = Path(__file__).resolve().parents[2] / "templates"


@pytest.fixture
def newsroom(store: Store) -> Newsroom:
    return Newsroom(store, Templates(_TEMPLATES), "https://town.example")


@pytest.fixture
def monthly(tmp_path: Path) -> Bulletin:
    """A bulletin with a calendar: something of last week, something soon, something next year."""
    now = datetime.now(UTC)
    days = {"Past": -7, "Soon": 7, "Far": 300}
    rows = [f"{title},{now + timedelta(days=ahead):%Y-%m-%d} 19:30" for title, ahead in days.items()]
    (tmp_path / "events.csv").write_text("\n".join(["title,starts", *rows, "Broken,never"]))
    body = '{{ news | under("News") }}\n\n{{ events | under("Dates") }}'
    return Bulletin("monthly", CAMPAIGN, "News", Sender("Town", "post@town.example"), "", body, tmp_path)


def accepted(store: Store, title: str, kind: str = NEWS) -> Contribution:
    now = datetime.now(UTC)
    fields = {"title": title, "text": "They *swim*.", "starts": f"{now + timedelta(days=200):%Y-%m-%d}"}
    one = Desk(store.ids, _PUSH, now).take(kind, "River Friends", fields, "form")
    store.contributions.put(one)
    store.contributions.decide(CAMPAIGN, one.id, Decision(Said.ACCEPTED, int(now.timestamp()), "editor", "monthly"))
    return one


def test_an_edition_tells_what_is_soon_and_what_was_accepted(newsroom: Newsroom, store: Store, monthly: Bulletin):
    """The past and the far future of its own calendar are left out; an editor's choice is not. Each has its .ics."""
    accepted(store, "Otters")
    accepted(store, "Swim", EVENT)
    content = newsroom.draft(monthly, _PUSH).content
    assert [title for title in ("Otters", "Swim", "Past", "Soon", "Far", "Broken") if title in content.text] == [
        "Otters",
        "Swim",
        "Soon",
    ]
    assert content.text.count(".ics") == 2
    assert f'href="https://town.example/campaigns/{CAMPAIGN}/events"' in content.online


def test_what_was_approved_has_it_and_what_is_never_sent_gives_it_back(
    newsroom: Newsroom, store: Store, monthly: Bulletin
):
    """A draft takes nothing; an edition that waits for a word has it; a started one is not touched."""
    otters = accepted(store, "Otters")
    first = newsroom.draft(monthly, _PUSH, "1")
    assert otters.id in newsroom.draft(monthly, _PUSH, "2").carried
    newsroom.approve(first, "editor", expected=1)
    assert otters.id not in newsroom.draft(monthly, _PUSH, "2").carried
    assert otters.id in newsroom.draft(monthly, _PUSH, "1").carried, "it can be made anew"
    beavers = accepted(store, "Beavers")
    store.mailings.move(first.book, Stage.GATHERING, Stage.APPROVED)
    with pytest.raises(InputError, match="has started"):
        newsroom.approve(newsroom.draft(monthly, _PUSH, "1"), "editor", expected=1)
    assert store.contributions.get(CAMPAIGN, otters.id)[1].book == first.book
    assert store.contributions.get(CAMPAIGN, beavers.id)[1].said is Said.ACCEPTED, "the started one does not have it"
    late = newsroom.draft(monthly, _PUSH, "2")
    newsroom.freeze(replace(late, stage=Stage.OVERDUE), 1)
    assert newsroom.draft(monthly, _PUSH, "3").carried == tuple(one for one in late.carried if one != beavers.id)


def test_an_edition_that_was_drafted_before_an_editor_changed_their_mind_is_refused(
    newsroom: Newsroom, store: Store, monthly: Bulletin
):
    """Nobody approves what they have not seen."""
    otters = accepted(store, "Otters")
    draft = newsroom.draft(monthly, _PUSH, "1")
    store.contributions.decide(CAMPAIGN, otters.id, Decision(Said.DECLINED, 1, "editor", "", "", "not true"))
    with pytest.raises(InputError, match="changed meanwhile"):
        newsroom.approve(draft, "editor", expected=1)


def test_a_scheduled_edition_that_waits_keeps_what_it_carries(newsroom: Newsroom, store: Store, monthly: Bulletin):
    """Nobody approved the schedule: the edition waits, and the next one does not tell its news again."""
    from tests.actors.test_mailings import subscribe
    from tests.support.people import person

    subscribe(store, person(store.ids, 1))
    otters = accepted(store, "Otters")
    list(make(newsroom, replace(monthly, schedule="0 9 1 * *"), _PUSH, int(datetime.now(UTC).timestamp())))
    (waiting,) = store.mailings.of(CAMPAIGN)
    assert waiting.stage is Stage.OVERDUE
    assert store.contributions.get(CAMPAIGN, otters.id)[1].book == waiting.book
