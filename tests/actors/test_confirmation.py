"""The mails that ask a supporter to confirm: one, a reminder, and never a word that a stranger typed."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import pytest
import redis

from tests.store.test_intents import intent
from tests.support.outbox import Outbox
from tests.support.people import CAMPAIGN, campaign, candidate
from workers.actors.confirmation import ask_supporters
from workers.actors.receipts import send_receipts
from workers.campaign.events import ReceiptsDue
from workers.campaign.intents import Intent, Patience
from workers.campaign.signature import Signature
from workers.campaign.supporter_links import SupporterLinks
from workers.doubts import Lookout
from workers.journal import Journal
from workers.mail.sendgrid import SendGrid
from workers.mail.templates import Templates
from workers.sending import Sending
from workers.store import Store

TEMPLATES = Path(__file__).resolve().parents[2] / "templates"
URL = "https://campaign.example"


class Desk:
    """The two actors, and the post they hand over to."""

    def __init__(self, store: Store, outbox: Outbox, raw: Any) -> None:
        self.store, self.outbox, self.raw = store, outbox, raw
        self.campaigns = {CAMPAIGN: campaign(), "over": campaign("over", closes=campaign().opens)}

    def keep(self, number: int = 1, to: tuple[str, ...] = ("1", "2"), **own: str) -> Intent:
        one = intent(self.store.ids, number, to, **own)
        self.store.intents.keep(one, Patience(), nudge_at_ms=0)
        return one

    def ask(self, *intents: Intent, slug: str = CAMPAIGN) -> list[str]:
        """The receipts that are due."""
        asked: dict[str, Any] = {"store": self.store, "campaigns": self.campaigns, "patience": Patience()}
        told = ask_supporters.fn(slug, [one.id for one in intents], **asked)
        return [receipt for event in told if isinstance(event, ReceiptsDue) for receipt in event.receipts]

    def send(self, receipts: list[str]) -> None:
        mailer = SendGrid(self.outbox.url, "SG.key", connect_timeout_s=2, read_timeout_s=5, pool=1, ca_file="")
        journal = Journal(None)
        list(
            send_receipts.fn(
                campaign=CAMPAIGN,
                receipts=receipts,
                store=self.store,
                sending=Sending(self.store, mailer, journal, Lookout(self.store, journal), threading.Event(), 90.0),
                templates=Templates(TEMPLATES),
                campaigns=self.campaigns,
                public_url=URL,
                supporter_links=SupporterLinks(self.store.ids, URL),
            )
        )

    def a_day_passes(self, one: Intent) -> None:
        """For this intent, and for the mails to its address."""
        self.raw.hincrby(f"intent:{one.id}", "asked_at", -86_400)
        for key in self.raw.scan_iter("questions:*"):
            for member in self.raw.zrange(key, 0, -1):
                self.raw.zincrby(key, -86_400, member)

    def next_look(self, one: Intent) -> float:
        """Hours until the clock looks at it again."""
        return float((self.raw.zscore(f"intents:{CAMPAIGN}", one.id) / 1000 - time.time()) / 3600)

    def reasons(self) -> list[str]:
        book = self.store.receipts.book(CAMPAIGN)
        return [f"{one.state} {one.reason}".strip() for one in self.store.letters.newest_first(book)]


@pytest.fixture
def desk(store: Store, valkey: str, tmp_path: Path):
    store.candidates.apply(CAMPAIGN, [candidate(1), candidate(2)])
    with Outbox(tmp_path / "outbox") as outbox, redis.Redis.from_url(valkey) as raw:
        yield Desk(store, outbox, raw)


def test_the_mail_holds_the_link_and_nothing_that_a_stranger_typed(desk: Desk):
    """Anyone can type anyone's address: what we mail there must not be theirs to write."""
    one = desk.keep(message="Buy this at shop.example!")
    desk.send(desk.ask(one))
    (mail,) = desk.outbox.accepted()
    assert mail.to.email == "s1@supporters.example"
    link = SupporterLinks(desk.store.ids, URL).confirm_url(CAMPAIGN, one.id)
    for part in (mail.text, mail.html):
        assert link in part
        assert "Candidate 1" in part
        assert "shop.example" not in part
        assert "Supporter 1" not in part
    assert "Supporter" not in (mail.to.name or "").removeprefix("A supporter")
    assert 23.9 < desk.next_look(one) <= 24


def test_a_supporter_is_reminded_once(desk: Desk):
    """After a day, in other words, with the same link; then never again."""
    one = desk.keep()
    desk.send(desk.ask(one))
    assert desk.ask(one) == [], "a message that comes twice asks once"
    desk.a_day_passes(one)
    desk.send(desk.ask(one))
    first, reminder = desk.outbox.accepted()
    assert first.subject == "Please confirm your 2 letters"
    assert reminder.subject == "Your 2 letters still wait for you"
    assert "This is the one reminder" in reminder.text
    desk.a_day_passes(one)
    assert desk.ask(one) == []
    assert 24 < desk.next_look(one) <= 7 * 24 + 0.1, "the clock looks once more, when it is gone"


def test_who_signed_meanwhile_is_not_counted_and_without_anybody_left_there_is_no_mail(desk: Desk):
    """The mail says what the page says; who takes the signature back can be asked for again."""
    one, other = desk.keep(), desk.keep(2, to=("1",))
    desk.store.signatures.record(CAMPAIGN, Signature("1", 1_790_000_000, "form"))
    assert desk.ask(other) == []
    assert desk.next_look(other) < 24
    desk.send(desk.ask(one))
    (mail,) = desk.outbox.accepted()
    assert mail.subject == "Please confirm your letter to Candidate 2"
    assert "Candidate 1" not in mail.text
    desk.store.signatures.withdraw(CAMPAIGN, "1", 1_790_000_001)
    queued = desk.ask(other)
    desk.store.signatures.record(CAMPAIGN, Signature("1", 1_790_000_002, "form"))
    desk.send(queued)
    late = desk.outbox.accepted()[1]
    assert late.subject == "Your letters need not be sent any more"
    assert "nothing is left to send" in late.text


def test_who_asks_again_gets_the_link_again(desk: Desk):
    """The first mail may have been lost; but not for every click."""
    one = desk.keep()
    desk.send(desk.ask(one))
    desk.keep()
    assert desk.ask(one) == []
    desk.raw.hincrby(f"intent:{one.id}", "asks_at", -400)
    desk.keep()
    desk.send(desk.ask(one))
    assert len(desk.outbox.accepted()) == 2


def test_the_third_mail_of_a_day_waits_for_the_next(desk: Desk):
    """Two for an address and day, whatever is asked for: it is not forgotten, and not sent."""
    three = [desk.keep(to=to) for to in (("1",), ("2",), ("1", "2"))]
    assert len(desk.ask(*three)) == 2
    assert desk.next_look(three[2]) < 24
    desk.a_day_passes(three[2])
    assert len(desk.ask(three[2])) == 1


def test_nobody_is_asked_who_must_not_be(desk: Desk):
    """What was typed at a suppressed address is not kept either."""
    one = desk.keep()
    desk.store.suppressions.put([(desk.store.ids.address(one.person.email), "complained")], "report")
    assert desk.ask(one) == []
    assert desk.store.intents.find(one.id) is None
    assert desk.store.intents.count(CAMPAIGN) == 0


def test_a_paused_campaign_asks_nobody(desk: Desk):
    """Pause means pause; afterwards it goes on."""
    one = desk.keep()
    desk.store.pauses.pause(f"campaign:{CAMPAIGN}", "a test")
    assert desk.ask(one) == []
    desk.store.pauses.resume(f"campaign:{CAMPAIGN}")
    assert len(desk.ask(one)) == 1


def test_a_campaign_that_has_closed_asks_nobody(desk: Desk):
    """The letters could not leave."""
    one = intent(desk.store.ids, 1, ("1",), "over")
    desk.store.intents.keep(one, Patience(), nudge_at_ms=0)
    assert desk.ask(one, slug="over") == []


def test_who_decided_is_not_asked_any_more(desk: Desk):
    """Not by a mail that waited either: there is nobody left to write to."""
    one = desk.keep()
    receipts = desk.ask(one)
    desk.store.intents.withdraw(one)
    desk.send(receipts)
    assert desk.outbox.accepted() == []
    assert desk.reasons() == ["withheld person-gone"]
    assert desk.ask(one) == []


def test_what_is_gone_is_counted_no_more(desk: Desk):
    """The server forgets by itself; the clock's next look puts the count right."""
    one = desk.keep()
    desk.raw.delete(f"intent:{one.id}", f"person:{one.id}")
    assert desk.store.agenda.due_intents(CAMPAIGN, 10, 60_000) == [one.id]
    assert desk.ask(one) == []
    assert desk.store.intents.count(CAMPAIGN) == 0


def test_the_books_of_receipts_balance(desk: Desk):
    """A question is a delivery like any other."""
    desk.send(desk.ask(desk.keep(), desk.keep(2)))
    book = desk.store.receipts.book(CAMPAIGN)
    assert desk.store.tallies.totals(book).letters["accepted"] == 2
    assert desk.store.tallies.verify(book) == []
    assert desk.store.tallies.totals(CAMPAIGN).supporters == 0
