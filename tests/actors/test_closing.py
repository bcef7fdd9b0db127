"""The loop closes: who signed is thanked, those who asked hear of it once, and nobody is mailed about a withdrawal."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest
import redis

from tests.support.outbox import Outbox
from tests.support.people import CAMPAIGN, campaign, candidate, person, take
from workers.actors.closing import tell_supporters, thank_candidate
from workers.actors.receipts import send_receipts
from workers.actors.signatures import withhold_waiting_letters
from workers.broker import Actor
from workers.campaign.events import ReceiptsDue, SupportersDue
from workers.campaign.model import Action, Consent, Variant
from workers.campaign.signature import Signature
from workers.campaign.states import State
from workers.doubts import Lookout
from workers.journal import Journal
from workers.mail.sendgrid import SendGrid
from workers.mail.templates import Templates
from workers.outbox.ledger import Mail
from workers.sending import Sending
from workers.store import Store
from workers.store.letters import Claim, Refusal, Settled, Settlement

TEMPLATES = Path(__file__).resolve().parents[2] / "templates"
AGREED = Consent("updates", "Tell me what becomes of my letters.", 1_790_000_000, "form")
SIGNED_AT = 1_790_000_000
PUSH = campaign(thanks=Variant("thanks", "Thank you", "I am glad that you signed."))
BOOK = f"{CAMPAIGN}/receipts"


@pytest.fixture
def outbox(tmp_path: Path):
    with Outbox(tmp_path / "outbox") as running:
        yield running


@pytest.fixture
def ledger(store: Store) -> Store:
    store.candidates.apply(CAMPAIGN, [candidate(1), candidate(2)])
    return store


def wrote(ledger: Store, number: int, *consents: Consent, state: State = State.ACCEPTED) -> Action:
    """A supporter whose letters to both candidates left."""
    supporter = person(ledger.ids, number)
    action = take(ledger, supporter, ("1", "2"))
    ledger.actions.take(supporter, action, consents, nudge_at_ms=0)
    ledger.letters.write(CAMPAIGN, [action.id], 60_000, thanks=True)
    ledger.letters.claim(CAMPAIGN, action.id, time.time() + 90)
    letters = [Settled(one, state, 1 if state is State.ACCEPTED else 0) for one in ("1", "2")]
    ledger.letters.settle(Settlement(action, letters, ("m1",), 20_000))
    return action


def sign(ledger: Store, who: str = "1", at: int = SIGNED_AT) -> None:
    assert ledger.signatures.record(CAMPAIGN, Signature(who, at, "paper"))


def due(ledger: Store, *actors: Actor, who: str = "1") -> list[str]:
    """The receipts that these reactions queue, run to their end."""
    receipts = []
    for actor in actors:
        events: Iterable[object] = [SupportersDue(CAMPAIGN, who)]
        while any(isinstance(event, SupportersDue) for event in events):
            events = list(actor.fn(campaign=CAMPAIGN, candidate=who, store=ledger))
            receipts += [id_ for event in events if isinstance(event, ReceiptsDue) for id_ in event.receipts]
    return receipts


def send(ledger: Store, outbox: Outbox, receipts: list[str]) -> list[Mail]:
    """Sends them; all mails that are at the outbox then."""
    mailer = SendGrid(outbox.url, "SG.key", connect_timeout_s=2, read_timeout_s=5, pool=1, ca_file="")
    journal = Journal(None)
    list(
        send_receipts.fn(
            campaign=CAMPAIGN,
            receipts=receipts,
            store=ledger,
            sending=Sending(ledger, mailer, journal, Lookout(ledger, journal), threading.Event(), 90.0),
            templates=Templates(TEMPLATES),
            campaigns={CAMPAIGN: PUSH},
            public_url="https://rivers.example",
        )
    )
    return outbox.accepted()


def balanced(ledger: Store) -> bool:
    return ledger.tallies.verify(CAMPAIGN) == ledger.tallies.verify(BOOK) == []


def test_who_signed_is_thanked_once_with_something_to_share(ledger: Store, outbox: Outbox):
    """The candidate sees what was signed, where everyone can see it, and how to say that it was not them."""
    sign(ledger)
    receipts = due(ledger, thank_candidate, thank_candidate)
    (mail,) = send(ledger, outbox, receipts)
    assert mail.to.email == "c1@candidates.example"
    assert "We ask for clean rivers." in mail.text
    assert f"https://rivers.example/campaigns/{CAMPAIGN}/signatories\n" in mail.text
    assert f"https://rivers.example/campaigns/{CAMPAIGN}/signatories/1/card.png" in mail.html
    assert mail.reply_to
    assert mail.reply_to.email == "letters@rivers.example"
    assert ledger.tallies.totals(CAMPAIGN).contacts == 0
    assert balanced(ledger)


@pytest.mark.parametrize(
    ("reach", "state", "reason"),
    [
        ({"email": ""}, State.HELD, "no-address"),
        ({"status": "withdrawn"}, State.WITHHELD, "withdrawn"),
    ],
)
def test_who_cannot_be_reached_is_not_thanked_and_it_shows(
    ledger: Store, outbox: Outbox, reach: dict[str, str], state: State, reason: str
):
    """A receipt goes where letters go, and is in the books in any case."""
    ledger.candidates.apply(CAMPAIGN, [candidate(1, **reach)])
    sign(ledger)
    assert send(ledger, outbox, due(ledger, thank_candidate)) == []
    (receipt,) = ledger.letters.newest_first(BOOK)
    assert (receipt.state, receipt.reason) == (state, reason)
    assert balanced(ledger)


def test_a_suppressed_candidate_is_not_thanked(ledger: Store, outbox: Outbox):
    """A no is a no, whatever the occasion."""
    sign(ledger)
    receipts = due(ledger, thank_candidate)
    ledger.suppressions.put([(ledger.ids.address("c1@candidates.example"), "complained")], "operator")
    assert send(ledger, outbox, receipts) == []


def test_each_supporter_who_asked_and_agreed_hears_once(ledger: Store, outbox: Outbox):
    """Others did not agree, or their letter never arrived; a second signature is no news."""
    wrote(ledger, 1, AGREED)
    wrote(ledger, 2)
    wrote(ledger, 3, AGREED, state=State.REJECTED)
    sign(ledger)
    (mail,) = send(ledger, outbox, due(ledger, tell_supporters, tell_supporters))
    assert mail.to.email == "s1@supporters.example"
    assert mail.subject == "Candidate 1 has signed"
    assert "Candidate 1 (River Party)" in mail.text
    assert "Candidate 2" not in mail.text
    ledger.signatures.withdraw(CAMPAIGN, "1", SIGNED_AT + 1)
    wrote(ledger, 4, AGREED)
    sign(ledger, at=SIGNED_AT + 2)
    mails = send(ledger, outbox, due(ledger, tell_supporters))
    assert sorted(mail.to.email for mail in mails) == ["s1@supporters.example", "s4@supporters.example"]
    assert balanced(ledger)


def test_many_supporters_are_told_in_several_messages(ledger: Store, monkeypatch: pytest.MonkeyPatch):
    """A message of some seconds holds up nobody, and the next one goes on where it was."""
    actions = [wrote(ledger, number, AGREED) for number in range(7)]
    sign(ledger)
    monkeypatch.setattr("workers.actors.closing._CHUNK", 3)
    monkeypatch.setattr("workers.actors.closing._BUDGET_S", 0.0)
    receipts = due(ledger, tell_supporters)
    assert len(set(receipts)) == len(receipts) == len(actions)


def test_a_signature_whose_announcement_was_lost_is_announced_again(ledger: Store, valkey: str):
    """What a signature leads to is asked of the ledger, so nothing hangs on a message."""
    sign(ledger)
    assert ledger.agenda.due_signed(CAMPAIGN, 10, 60_000) == []
    with redis.Redis.from_url(valkey) as raw:
        steps = raw.zrange(f"signed:{CAMPAIGN}", 0, -1)
        raw.zadd(f"signed:{CAMPAIGN}", dict.fromkeys(steps, 0))
        assert ledger.agenda.due_signed(CAMPAIGN, 10, 60_000) == ["1"]
        due(ledger, withhold_waiting_letters, thank_candidate, tell_supporters)
        assert raw.zcard(f"signed:{CAMPAIGN}") == 0


def test_a_withdrawal_mails_nobody_and_stops_what_was_not_sent(ledger: Store, outbox: Outbox):
    """Nobody thanks for what was taken back, or tells of it."""
    wrote(ledger, 1, AGREED)
    sign(ledger)
    receipts = due(ledger, thank_candidate, tell_supporters)
    ledger.signatures.withdraw(CAMPAIGN, "1", SIGNED_AT + 1)
    due(ledger, withhold_waiting_letters)
    assert send(ledger, outbox, receipts) == []
    assert [(one.state, one.reason) for one in ledger.letters.newest_first(BOOK)] == [(State.WITHHELD, "unsigned")] * 2
    assert due(ledger, thank_candidate, tell_supporters) == []
    assert balanced(ledger)


def written(ledger: Store, number: int, *, thanks: bool = True, at: int = 0) -> Action:
    """A supporter's letter to candidate 1, written and not sent."""
    supporter = person(ledger.ids, number)
    action = take(ledger, supporter, ("1",))
    if at:
        action = replace(action, id=f"{action.id}x", at=at)
        ledger.actions.take(supporter, action, nudge_at_ms=0)
    ledger.letters.write(CAMPAIGN, [action.id], 60_000, thanks=thanks)
    return action


def claimed(ledger: Store, action: Action) -> Claim | Refusal:
    return ledger.letters.claim(CAMPAIGN, action.id, time.time() + 90)


def reason(ledger: Store, action: Action) -> str:
    (letter,) = ledger.letters.of_action(action)
    return f"{letter.state} {letter.reason}".strip()


def test_who_writes_after_the_signature_gives_thanks(ledger: Store):
    """A supporter who comes later has something to say as well."""
    sign(ledger)
    claim = claimed(ledger, written(ledger, 1))
    assert isinstance(claim, Claim)
    assert claim.thanks == {"1"}
    assert ledger.tallies.verify(CAMPAIGN) == []


def test_a_campaign_without_words_of_thanks_writes_to_no_signatory(ledger: Store):
    """A letter that asks is never sent to who gave."""
    sign(ledger)
    action = written(ledger, 1, thanks=False)
    assert claimed(ledger, action) == Refusal("nothing")
    assert reason(ledger, action) == "withheld signed"


def test_a_letter_from_before_the_signature_asks_and_stays_here(ledger: Store):
    """Also one that was not written yet: its supporter did not know of the signature."""
    before = written(ledger, 1)
    sign(ledger, at=SIGNED_AT)
    late = written(ledger, 2, at=SIGNED_AT - 1)
    due(ledger, withhold_waiting_letters)
    for action in (before, late):
        assert claimed(ledger, action) == Refusal("nothing")
        assert reason(ledger, action) == "withheld signed"


def test_thanks_that_wait_are_not_withheld_with_the_asking(ledger: Store):
    """The reaction to a signature may come late, and meet letters of thanks."""
    sign(ledger)
    action = written(ledger, 1)
    due(ledger, withhold_waiting_letters)
    assert reason(ledger, action) == "queued"


def test_no_thanks_reach_who_took_the_signature_back(ledger: Store):
    """The claim decides, so it holds at the last moment too."""
    sign(ledger)
    first, second = written(ledger, 1), written(ledger, 2)
    ledger.signatures.withdraw(CAMPAIGN, "1", SIGNED_AT + 1)
    assert claimed(ledger, first) == Refusal("nothing")
    due(ledger, withhold_waiting_letters)
    assert reason(ledger, first) == reason(ledger, second) == "withheld unsigned"
    assert ledger.tallies.verify(CAMPAIGN) == []
