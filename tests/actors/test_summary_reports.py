"""Reports on a summary are about every letter in it, in whatever order they come, and about its address once."""

from __future__ import annotations

import itertools
import random

import pytest

from tests.actors.reporting import AT, Row, balanced, report, suppressed
from tests.actors.summing import PUSH, Provider, alone, flood, send, states, write
from tests.support.people import CAMPAIGN, candidate
from workers.campaign.outcomes import Answer, Outcome
from workers.store import Store
from workers.store.claims import gathering

UNKNOWN = Answer(Outcome.UNKNOWN, reason="reset")


@pytest.fixture
def ledger(store: Store) -> Store:
    store.candidates.apply(CAMPAIGN, [candidate(1), candidate(2)])
    return store


def about(provider: Provider, event: str, at: int = AT, **more: object) -> Row:
    """One entry about the newest mail."""
    call = provider.calls[-1].recipients[0]
    told = {"sg_event_id": f"{event} {at}", "timestamp": at, "email": call.email, "delivery": call.delivery}
    return {"event": event, **told, **more}


def hard(provider: Provider, at: int = AT) -> Row:
    return about(provider, "bounce", at, type="bounce", status="5.1.1", reason="no such user")


def sent(ledger: Store, *answers: Answer, letters: int = 4) -> Provider:
    """A mail with so many letters."""
    provider = Provider(list(answers))
    flood(ledger, letters)
    send(ledger, provider)
    return provider


@pytest.mark.parametrize("answers", [(), (UNKNOWN,)], ids=["accepted", "unknown"])
@pytest.mark.parametrize(("event", "state"), [("delivered", "delivered"), ("spamreport", "complained")])
def test_a_report_on_the_mail_is_on_every_letter(ledger: Store, answers, event: str, state: str):
    """Whether we heard the provider's answer or not."""
    provider = sent(ledger, *answers)
    report(ledger, about(provider, "processed"), about(provider, event))
    assert states(ledger) == [state] * 4
    assert ledger.tallies.totals(CAMPAIGN).contacts == 4
    assert balanced(ledger)


@pytest.mark.parametrize("seed", range(4))
def test_shuffled_and_repeated_they_come_to_the_same(ledger: Store, seed: int):
    """SendGrid does both."""
    provider = sent(ledger)
    rows = [about(provider, "processed"), about(provider, "delivered", AT + 1), hard(provider, AT + 2)] * 3
    random.Random(seed).shuffle(rows)
    for number, row in enumerate(rows):
        report(ledger, row, name=f"c-{number}")
    assert states(ledger) == ["bounced"] * 4
    assert ledger.tallies.totals(CAMPAIGN).contacts == 0
    assert suppressed(ledger) == ["bounced"]
    assert balanced(ledger)


def test_a_report_before_our_own_202_ends_as_one_after_it(ledger: Store):
    """Callbacks overtake answers: the letters are claimed, and the provider is already done."""
    flood(ledger)
    provider = Provider()

    class Fast(Provider):
        def post(self, envelope):
            provider.calls.append(envelope)
            report(ledger, about(provider, "delivered"))
            assert states(ledger) == ["delivered"] * 4
            return super().post(envelope)

    send(ledger, Fast())
    assert states(ledger) == ["delivered"] * 4
    assert {one.message_id for one in ledger.letters.newest_first(CAMPAIGN)} == {"m1"}
    assert ledger.letters.claims_in_flight() == 0
    assert balanced(ledger)


def test_one_soft_bounce_is_one(ledger: Store):
    """Forty letters in a full mailbox do not suppress it; the second and third mail would."""
    provider = sent(ledger, letters=40)
    report(ledger, about(provider, "bounce", type="bounce", status="4.2.2"))
    assert states(ledger) == ["bounced"] * 40
    assert suppressed(ledger) == []


def test_one_complaint_is_one_for_the_breaker(ledger: Store):
    """Or a click of one candidate on their daily mail would stop the campaign."""
    provider = sent(ledger, letters=60)
    report(ledger, about(provider, "spamreport"))
    assert states(ledger) == ["complained"] * 60
    assert ledger.windows.read({CAMPAIGN: 5})[CAMPAIGN].counts == {"accepted": 1, "complained": 1}


def test_what_bounced_goes_to_the_second_address(ledger: Store):
    """Together again, and a late report on the first mail says nothing about the second."""
    ledger.candidates.apply(CAMPAIGN, [candidate(1, second_email="office@candidates.example")])
    provider = sent(ledger)
    bounce = hard(provider)
    report(ledger, bounce, name="c-1")
    assert states(ledger) == ["queued"] * 4
    assert alone(ledger, write(ledger, 9)) == []
    assert list(ledger.summaries.all(CAMPAIGN)) == ["1"]
    send(ledger, provider)
    assert [call.recipients[0].email for call in provider.calls] == [
        "c1@candidates.example",
        "office@candidates.example",
    ]
    assert len(set(provider.deliveries)) == 2
    report(ledger, bounce, name="c-2")
    assert states(ledger) == ["accepted"] * 5
    report(ledger, about(provider, "delivered", AT + 9), name="c-3")
    assert states(ledger) == ["delivered"] * 5
    assert balanced(ledger)


def test_a_letter_that_goes_alone_later_is_in_no_summary(ledger: Store):
    """It came back in one and leaves by itself to another address: the ledger does not say otherwise."""
    ledger.candidates.apply(CAMPAIGN, [candidate(1, second_email="office@candidates.example")])
    flood(ledger, 3)
    first, *_ = [one.action for one in ledger.letters.newest_first(CAMPAIGN)]
    ledger.summaries.begin(CAMPAIGN, "1", gathering(PUSH, 0))
    provider = Provider()
    send(ledger, provider)
    report(ledger, hard(provider))
    action = ledger.actions.get(first)
    assert ledger.letters.of_action(action)[0].summary.startswith("s")
    assert alone(ledger, action) == ["1"]
    assert ledger.letters.of_action(action)[0].summary == ""


def test_a_summary_that_nobody_knows_is_counted_as_strange(ledger: Store):
    """A ledger that went back in time: nothing is moved."""
    provider = sent(ledger)
    row = about(provider, "delivered") | {"delivery": "s" + "a" * 16 + "-1"}
    told = report(ledger, row)
    assert [event.strange for event in told if hasattr(event, "strange")] == [1]
    assert states(ledger) == ["accepted"] * 4


def test_a_large_batch_on_large_summaries_is_worked_whole(ledger: Store):
    """More letters than a script takes at once."""
    provider = sent(ledger, letters=300)
    report(ledger, *itertools.chain(*[[about(provider, "processed"), about(provider, "delivered")]] * 3))
    assert states(ledger) == ["delivered"] * 300
    assert balanced(ledger)
