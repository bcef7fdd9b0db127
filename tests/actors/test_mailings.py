"""Calls and bulletins: an audience gathered once, a copy to each of them, books that balance in the end."""

from __future__ import annotations

import re
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest
import redis

from tests.support.outbox import Outbox
from tests.support.people import CAMPAIGN, campaign, candidate, person, take
from workers.campaign.bulletin import Bulletin, Call
from workers.campaign.mailing_events import MailingFinished, MailingSkipped, MailingUnbalanced
from workers.campaign.mailings import Mailing, Stage
from workers.campaign.model import Consent, Person, Sender
from workers.campaign.profile import Profile
from workers.campaign.reader_links import ReaderLinks
from workers.campaign.states import State
from workers.doubts import Lookout
from workers.journal import Journal
from workers.mail.guard import Guard, Guarded
from workers.mail.sendgrid import SendGrid
from workers.mail.templates import Templates
from workers.mailings import Constituencies, Mailings, Readers
from workers.newsroom import Newsroom
from workers.sending import Sending
from workers.store import Store
from workers.store.people import known_as

TEMPLATES = Path(__file__).resolve().parents[2] / "templates"
PUSH = campaign()
FOLDER = Path("config/bulletins/news")
BULLETIN = Bulletin(
    "news",
    CAMPAIGN,
    "News for {{ person.name }}",
    Sender("Town", "post@town.example"),
    "",
    "Hello {{ person.name }}!",
    FOLDER,
)
CALL = Call(
    "ask", CAMPAIGN, "Write now", Sender("Town", "post@town.example"), "", "Please write: {{ act_url }}", FOLDER,
    remind_after_days=1.0, remind_subject="Not yet?",
)  # fmt: skip


@pytest.fixture
def outbox(tmp_path: Path):
    with Outbox(tmp_path / "outbox") as running:
        yield running


@pytest.fixture
def newsroom(store: Store) -> Newsroom:
    store.candidates.apply(CAMPAIGN, [candidate(1), candidate(2)])
    return Newsroom(store, Templates(TEMPLATES), "https://town.example")


@pytest.fixture
def service(store: Store, outbox: Outbox) -> Mailings:
    mailer = SendGrid(outbox.url, "SG.key", connect_timeout_s=2, read_timeout_s=5, pool=1, ca_file="")
    journal = Journal(None)
    sending = Sending(store, mailer, journal, Lookout(store, journal), threading.Event(), 90.0)
    return Mailings(sending, Readers(ReaderLinks(store.ids, "https://town.example"), Constituencies(store)))


def subscribe(store: Store, *people: Person, purpose: str = "bulletins") -> list[str]:
    yes = Consent(purpose, "Yes", 1, "stall")
    store.people.put(
        known_as(one, Profile(store.ids.address(one.email), "mabcde", ("E1",), purposes=(purpose,)), [yes])
        for one in people
    )
    return [one.id for one in people]


def run(service: Mailings, mailing: Mailing) -> list[object]:
    """Does all that there is to do, as clock and workers would; what was told."""
    told: list[object] = []
    for _ in range(100):
        told += service.work(PUSH, mailing.book)
        stage = service.store.mailings.get(mailing.book).stage
        if stage in (Stage.FINISHED, Stage.SKIPPED):
            break
        if stage is not Stage.SENDING:
            continue
        orders = service.store.agenda.due_actions(mailing.book, 100, 60_000)
        told += service.send(PUSH, mailing.book, orders)
    return told


def approved(newsroom: Newsroom, made_of: Bulletin | Call, **changed: object) -> Mailing:
    draft = replace(newsroom.draft(made_of, PUSH, "1"), **changed)  # type: ignore[arg-type]
    return newsroom.approve(draft, "robin", due_at=int(time.time()) - 1)


def states(store: Store, mailing: Mailing) -> dict[str, int]:
    return {state: n for state, n in store.tallies.totals(mailing.book).letters.items() if n}


def test_everybody_who_agreed_gets_one_copy(newsroom: Newsroom, service: Mailings, outbox: Outbox):
    """Hundreds share a call, each with their own name and their own link to leave."""
    store = newsroom.store
    people = [person(store.ids, n, f"Reader {n}") for n in range(700)]
    subscribe(store, *people)
    subscribe(store, person(store.ids, 999), purpose="calls")
    mailing = approved(newsroom, BULLETIN)
    told = run(service, mailing)
    assert [one for one in told if isinstance(one, MailingFinished)]
    assert states(store, mailing) == {"accepted": 700}
    assert store.tallies.verify(mailing.book) == []
    mails = outbox.accepted()
    assert sorted(mail.to.email for mail in mails) == sorted(one.email for one in people)


def test_a_bulletin_for_nobody_is_skipped(newsroom: Newsroom, service: Mailings):
    """And says so: an empty list is more often a mistake than a wish."""
    told = run(service, approved(newsroom, BULLETIN))
    assert [one for one in told if isinstance(one, MailingSkipped)]


def test_who_wrote_already_is_not_called(newsroom: Newsroom, service: Mailings, outbox: Outbox):
    """Nor reminded; the others are reminded once, if the call has reached them."""
    store = newsroom.store
    wrote, writes_later, idle, never_called = (person(store.ids, n) for n in range(4))
    subscribe(store, wrote, writes_later, idle, purpose="calls")
    store.letters.write(CAMPAIGN, [take(store, wrote, ("1",)).id], 60_000)
    run(service, approved(newsroom, CALL))
    subscribe(store, never_called, purpose="calls")
    store.letters.write(CAMPAIGN, [take(store, writes_later, ("1",)).id], 60_000)
    reminder = replace(newsroom.draft(CALL, PUSH, "1-reminder", reminder=True), edition="1-reminder")
    run(service, newsroom.approve(reminder, "robin", due_at=int(time.time()) - 1))
    called = [(mail.to.email, mail.subject) for mail in outbox.accepted()]
    assert sorted(called) == sorted(
        [(writes_later.email, "Write now"), (idle.email, "Write now"), (idle.email, "Not yet?")]
    )


def test_an_edition_whose_time_passed_waits_for_a_word(newsroom: Newsroom, service: Mailings):
    """The machine was off: news of yesterday is not sent by itself."""
    subscribe(newsroom.store, person(newsroom.store.ids, 1))
    draft = newsroom.draft(BULLETIN, PUSH, "1")
    late = newsroom.approve(draft, "robin", due_at=int(time.time()) - 86_400)
    list(service.work(PUSH, late.book))
    assert newsroom.store.mailings.get(late.book).stage is Stage.OVERDUE


def test_polling_day_ends_a_call(newsroom: Newsroom, service: Mailings):
    """Nobody is asked to write to candidates who were elected."""
    store = newsroom.store
    subscribe(store, person(store.ids, 1), purpose="calls")
    mailing = approved(newsroom, CALL)
    while store.mailings.get(mailing.book).stage is not Stage.SENDING:
        list(service.work(PUSH, mailing.book))
    over = replace(PUSH, polling_day=PUSH.opens.date())
    list(service.work(over, mailing.book))
    assert states(store, mailing) == {State.CANCELLED: 1}
    list(service.work(over, mailing.book))
    assert store.mailings.get(mailing.book).stage is Stage.FINISHED


def test_a_link_to_leave_is_each_readers_own(newsroom: Newsroom, service: Mailings, outbox: Outbox):
    """RFC 8058: the header says where, and that one press is enough."""
    store = newsroom.store
    subscribe(store, person(store.ids, 1), person(store.ids, 2))
    run(service, approved(newsroom, BULLETIN))
    links = {re.sub(r"[<>]", "", mail.headers["List-Unsubscribe"]) for mail in outbox.accepted()}
    assert len(links) == 2
    assert all(service.readers.links.leaver(link.rpartition("/")[2]) for link in links)


def test_an_audience_that_grew_since_its_approval_goes_into_more_orders(newsroom: Newsroom, service: Mailings):
    """Approved for one, a week later there are a thousand: one order of all would be a script that holds up Redis."""
    store = newsroom.store
    subscribe(store, person(store.ids, 0))
    mailing = approved(newsroom, BULLETIN)
    subscribe(store, *(person(store.ids, n) for n in range(1, 1000)))
    while store.mailings.get(mailing.book).stage is not Stage.SENDING:
        list(service.work(PUSH, mailing.book))
    assert sum(len(orders) for orders in store.mailings.orders(mailing.book)) == 4
    assert store.mailings.get(mailing.book).audience == 1000


def test_a_call_whose_polling_day_has_passed_does_not_begin(newsroom: Newsroom, service: Mailings, outbox: Outbox):
    """Such as a reminder that was planned for afterwards; and of one that is being sent no copy leaves any more."""
    store, over = newsroom.store, replace(PUSH, polling_day=PUSH.opens.date())
    subscribe(store, person(store.ids, 1), purpose="calls")
    mailing = approved(newsroom, CALL)
    assert [one for one in service.work(over, mailing.book) if isinstance(one, MailingSkipped)]
    begun = approved(newsroom, replace(CALL, name="other"))
    while store.mailings.get(begun.book).stage is not Stage.SENDING:
        list(service.work(PUSH, begun.book))
    list(service.send(over, begun.book, store.agenda.due_actions(begun.book, 10, 60_000)))
    assert outbox.accepted() == []


def test_books_that_do_not_balance_are_told_once(newsroom: Newsroom, service: Mailings, valkey: str):
    """It is not finished, and somebody has to know why."""
    store = newsroom.store
    subscribe(store, person(store.ids, 1))
    mailing = approved(newsroom, BULLETIN)
    while store.mailings.get(mailing.book).stage is not Stage.SENDING:
        list(service.work(PUSH, mailing.book))
    list(service.send(PUSH, mailing.book, store.agenda.due_actions(mailing.book, 10, 60_000)))
    with redis.Redis.from_url(valkey) as raw:
        raw.hincrby(f"tally:{mailing.book}", "accepted", 1)
    told = [one for _ in range(3) for one in service.work(PUSH, mailing.book)]
    assert told == [MailingUnbalanced(mailing.book, 1, 2)]
    store.tallies.repair(mailing.book)
    assert [one for one in service.work(PUSH, mailing.book) if isinstance(one, MailingFinished)]


def test_copies_that_must_not_leave_here_are_not_told_as_tried_later(newsroom: Newsroom, service: Mailings, outbox):
    """Outside production somebody real gets none, for good, and the log says so."""
    store = newsroom.store
    sending = replace(service.sending, mailer=Guarded(service.sending.mailer, Guard.of("")))
    real = Person(store.ids.person("robin@rivers-campaign.org", "Robin"), "Robin", "robin@rivers-campaign.org", "")
    subscribe(store, real, person(store.ids, 1))
    mailing = approved(newsroom, BULLETIN)
    told = run(replace(service, sending=sending), mailing)
    assert states(store, mailing) == {State.ACCEPTED: 1, State.WITHHELD: 1}
    assert [
        type(one).__name__ for one in told if "Copies" in type(one).__name__ or "Stopped" in type(one).__name__
    ] in (
        ["CopiesAccepted", "LettersStopped"],
        ["LettersStopped", "CopiesAccepted"],
    )
