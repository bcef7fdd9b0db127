"""Receipts: supporters hear once, if they agreed to, that letters could not arrive, with their own words."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest
import redis

from tests.support.outbox import Outbox
from tests.support.people import CAMPAIGN, campaign, candidate, person, take
from workers.actors.receipts import return_words, send_receipts
from workers.campaign.events import LettersAccepted, ReceiptsDue
from workers.campaign.model import Consent
from workers.campaign.states import State
from workers.doubts import Lookout
from workers.journal import Journal
from workers.mail.sendgrid import SendGrid
from workers.mail.templates import Templates
from workers.sending import Sending
from workers.store import Store
from workers.store.letters import Settled, Settlement

TEMPLATES = Path(__file__).resolve().parents[2] / "templates"
WORDS = "I swim in our river every week.\n\nWhat will you do for it?"
AGREED = Consent("updates", "Tell me what becomes of my letters.", 1_790_000_000, "form")


@pytest.fixture
def outbox(tmp_path: Path):
    with Outbox(tmp_path / "outbox") as running:
        yield running


@pytest.fixture
def ledger(store: Store) -> Store:
    store.candidates.apply(CAMPAIGN, [candidate(1), candidate(2)])
    return store


def failed(ledger: Store, *consents: Consent):
    """An action of which one letter arrived and one was refused."""
    supporter = person(ledger.ids, 1)
    action = take(ledger, supporter, ("1", "2"), message=WORDS)
    ledger.actions.take(supporter, action, consents, nudge_at_ms=0)
    ledger.letters.write(CAMPAIGN, [action.id], 60_000)
    ledger.letters.claim(CAMPAIGN, action.id, time.time() + 90)
    letters = [Settled("1", State.ACCEPTED, 1), Settled("2", State.REJECTED, 0, "400")]
    ledger.letters.settle(Settlement(action, letters, ("m1",), 20_000))
    return action


def answered(ledger: Store, action) -> list[str]:
    """The receipts that telling this action's supporter makes due."""
    told = return_words.fn(campaign=CAMPAIGN, actions=[action.id], store=ledger)
    return [receipt for event in told if isinstance(event, ReceiptsDue) for receipt in event.receipts]


def send(ledger: Store, outbox: Outbox, receipts: list[str]):
    mailer = SendGrid(outbox.url, "SG.key", connect_timeout_s=2, read_timeout_s=5, pool=1, ca_file="")
    journal = Journal(None)
    sending = Sending(ledger, mailer, journal, Lookout(ledger, journal), threading.Event(), 90.0)
    told = send_receipts.fn(
        campaign=CAMPAIGN,
        receipts=receipts,
        store=ledger,
        sending=sending,
        templates=Templates(TEMPLATES),
        campaigns={CAMPAIGN: campaign()},
        public_url="http://127.0.0.1:8000",
    )
    return list(told)


def test_a_supporter_who_agreed_gets_their_words_back_once(ledger: Store, outbox: Outbox):
    """A letter that could not arrive is said to be so, with what else can be done."""
    action = failed(ledger, AGREED)
    receipts = answered(ledger, action)
    assert isinstance(send(ledger, outbox, receipts)[0], LettersAccepted)
    assert answered(ledger, action) == receipts
    assert send(ledger, outbox, receipts) == []
    (mail,) = outbox.accepted()
    assert mail.to.email == "s1@supporters.example"
    assert mail.reply_to
    assert mail.reply_to.email == "letters@rivers.example"
    assert "Candidate 2" in mail.text
    assert "Candidate 1" not in mail.text
    assert WORDS in mail.text
    assert "What will you do for it?" in mail.html


def test_nobody_is_written_to_who_did_not_agree(ledger: Store):
    """To write a letter is not to subscribe."""
    assert answered(ledger, failed(ledger)) == []


def test_receipts_have_books_of_their_own_that_balance(ledger: Store, outbox: Outbox):
    """A receipt is no contact with a candidate."""
    send(ledger, outbox, answered(ledger, failed(ledger, AGREED)))
    book = ledger.receipts.book(CAMPAIGN)
    assert ledger.tallies.totals(CAMPAIGN).contacts == 1
    assert ledger.tallies.totals(book).letters["accepted"] == 1
    assert ledger.tallies.verify(CAMPAIGN) == ledger.tallies.verify(book) == []


def test_a_paused_campaign_sends_no_receipts(ledger: Store, outbox: Outbox):
    """Pause means pause."""
    receipts = answered(ledger, failed(ledger, AGREED))
    ledger.pauses.pause(f"campaign:{CAMPAIGN}", "a test")
    assert send(ledger, outbox, receipts) == []
    assert outbox.accepted() == []


def test_letters_that_failed_are_told_after_a_while_and_then_forgotten(ledger: Store, valkey: str):
    """What fails together is told together; the clock asks the ledger, so nothing hangs on a message."""
    action = failed(ledger, AGREED)
    assert ledger.agenda.due_undelivered(CAMPAIGN, 10, 60_000) == []
    with redis.Redis.from_url(valkey) as raw:
        minutes = (raw.zscore(f"undelivered:{CAMPAIGN}", action.id) / 1000 - time.time()) / 60
        assert 9 < minutes <= 10
        raw.zadd(f"undelivered:{CAMPAIGN}", {action.id: 0})
        assert ledger.agenda.due_undelivered(CAMPAIGN, 10, 60_000) == [action.id]
        answered(ledger, action)
        assert raw.zcard(f"undelivered:{CAMPAIGN}") == 0
