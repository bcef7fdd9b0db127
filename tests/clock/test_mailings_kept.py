"""What clocks look after in calls and bulletins: their breaker, what was lost of them, what is over without an end."""

from __future__ import annotations

import time

import pytest

from tests.support.people import CAMPAIGN
from workers.app import App
from workers.campaign.mailings import Content, Kind, Mailing, Stage
from workers.campaign.model import Consent, Person, Sender
from workers.campaign.profile import Profile
from workers.campaign.states import State
from workers.clock import Clock
from workers.store import Store
from workers.store.claims import Claim, Refusal, Settled, Settlement, Terms
from workers.store.keys import mailing_scope
from workers.store.people import known_as
from workers.upkeep import Upkeep

SENDER = Sender("Rivers", "post@rivers.example")
TERMS = Terms("bulletins", "news", "bulletins", 20_779, tomorrow_ms=int(time.time() * 1000) + 3_600_000)


def mailing(campaign: str = CAMPAIGN) -> Mailing:
    return Mailing(campaign, Kind.BULLETIN, "news", "1", Stage.APPROVED, "", Content("News", "Hello", "", "t"), SENDER)


BOOK = mailing().book


def sending(ledger: Store, readers: int, orders: int = 1, campaign: str = CAMPAIGN) -> list[str]:
    """Orders of a bulletin that is being sent, each for so many readers."""
    made, ids = mailing(campaign), ledger.ids
    yes = [Consent("bulletins", "Yes", 1, "stall")]
    ledger.mailings.approve(made, readers)
    ledger.mailings.move(made.book, Stage.GATHERING, Stage.APPROVED)
    for number in range(orders):
        emails = [f"r{number}.{n}@post.example" for n in range(readers)]
        people = [Person(ids.person(email, "Reader"), "Reader", email, "") for email in emails]
        profiles = [Profile(ids.address(one.email), "mabcde", purposes=("bulletins",)) for one in people]
        ledger.people.put(known_as(one, profile, yes) for one, profile in zip(people, profiles, strict=True))
        ledger.mailings.write(made, number, [one.id for one in people])
    ledger.mailings.move(made.book, Stage.SENDING, Stage.GATHERING)
    return [ledger.mailings.order_of(made, number)[0] for number in range(orders)]


def settled(ledger: Store, order: str, state: State) -> None:
    taken = claim(ledger, order)
    assert isinstance(taken, Claim)
    letters = [Settled(one.id, state) for one, _ in taken.readers]
    ledger.letters.settle(Settlement(taken.action, letters, (), TERMS.day, deadline=taken.deadline))


def claim(ledger: Store, order: str) -> Claim | Refusal:
    return ledger.letters.claim(BOOK, order, time.time() + 90, terms=TERMS)


def said(logged: list[dict[str, object]], event: str) -> list[dict[str, object]]:
    return [line for line in logged if line["event"] == event]


def test_a_bulletin_that_the_provider_refuses_pauses_itself_and_nothing_else(app: App, ledger: Store, logged):
    """Held to its campaign's numbers (minimum 10 here); letters go on, and a person who resumes it begins anew."""
    first, second = sending(ledger, 10, orders=2)
    clock = Clock(app)
    clock.tick()
    settled(ledger, first, State.REJECTED)
    clock._looked = 0.0  # noqa: SLF001 - as a second later
    clock.tick()
    pauses = ledger.pauses.all()
    assert pauses.keys() == {mailing_scope(BOOK)}
    assert "10 of 10 letters rejected" in pauses[mailing_scope(BOOK)].reason
    assert [line["campaign"] for line in said(logged, "breaker.opened")] == [BOOK]
    assert claim(ledger, second) == Refusal("paused")
    assert ledger.pauses.resume(mailing_scope(BOOK))
    clock._looked = 0.0  # noqa: SLF001
    clock.tick()
    assert ledger.pauses.all() == {}


@pytest.mark.parametrize("lost", ["agenda", "unknown", "claims"])
def test_copies_that_no_list_knows_of_are_found(upkeep: Upkeep, ledger: Store, raw, logged, lost: str):
    """After somebody deleted a key; and where nothing is lost, nothing is found."""
    waits, unknown, claimed = sending(ledger, 3, orders=3)
    claim(ledger, claimed)
    settled(ledger, unknown, State.UNKNOWN)  # after which the provider is left alone for a while
    key = lost if lost == "claims" else f"{lost}:{BOOK}"
    raw.delete(key)
    for _ in range(5):
        upkeep.sweep(upkeep._app.campaigns[CAMPAIGN], BOOK)  # noqa: SLF001
    assert raw.zcard(key) == (3 if lost == "unknown" else 1)
    (line,) = said(logged, "upkeep.mended")
    assert line["campaign"] == BOOK
    assert ledger.agenda.due_actions(BOOK, 10, 1000) == [waits]
    assert raw.keys("waiting:*") == []
    assert ledger.tallies.verify(BOOK) == []


def test_a_round_looks_after_what_leaves(upkeep: Upkeep, ledger: Store, raw, logged):
    """The one upkeep that acts does."""
    (order,) = sending(ledger, 3)
    raw.delete(f"agenda:{BOOK}")
    upkeep.round()
    assert ledger.agenda.first(BOOK, 10) == [order]
    assert len(said(logged, "upkeep.mended")) == 1


def test_unknown_copies_are_warned_about(upkeep: Upkeep, ledger: Store, raw, logged):
    """As letters are: once an hour, with how many."""
    (order,) = sending(ledger, 3)
    settled(ledger, order, State.UNKNOWN)
    for member in raw.zrange(f"unknown:{BOOK}", 0, 1):
        raw.zadd(f"unknown:{BOOK}", {member: time.time() - 7200})
    for _ in range(2):
        upkeep.look_at_what_waits()
    assert [(line["campaign"], line["letters"]) for line in said(logged, "letters.unknown_old")] == [(BOOK, 2)]


def test_a_retry_that_was_broken_off_goes_on(upkeep: Upkeep, ledger: Store, logged):
    """Its copies were queued, and nobody said so of the mailing, which had finished."""
    (order,) = sending(ledger, 3)
    settled(ledger, order, State.REJECTED)
    assert ledger.mailings.move(BOOK, Stage.FINISHED, Stage.SENDING)
    ledger.mailings.turn(BOOK, [State.REJECTED], State.QUEUED, "retried")
    upkeep.look_at_what_waits()
    assert ledger.mailings.get(BOOK).stage is Stage.SENDING
    assert len(said(logged, "upkeep.mended")) == 1


def test_a_mailing_whose_campaign_is_gone_from_this_machine_stands_still_and_is_named(
    app: App, upkeep: Upkeep, ledger: Store, logged
):
    """Once an hour; the clock hands nobody anything that cannot be worked."""
    sending(ledger, 3, campaign="gone")
    clock = Clock(app)
    assert clock.tick() == 0
    assert clock.tick() == 0
    for _ in range(2):
        upkeep.look_at_what_waits()
    assert [line["campaign"] for line in said(logged, "mailing.homeless")] == [mailing("gone").book]


def test_a_bulletin_with_a_mistake_stops_no_clock(app: App, logged):
    """Somebody edits its folder while letters leave: it is named once, and all else goes on."""
    folder = app.settings.beside_campaigns(app.settings.mailings.bulletins) / "news"
    folder.mkdir(parents=True)
    (folder / "bulletin.toml").write_text("campaign = ")
    clock = Clock(app)
    for _ in range(2):
        clock._scheduled = -60.0  # noqa: SLF001 - as a minute later
        clock.tick()
    reasons = [str(line["reason"]) for line in said(logged, "bulletin.unusable")]
    assert len(reasons) == len(set(reasons)) > 0
    assert all("bulletins/news" in reason for reason in reasons)
