"""What comes back, worked by real actors on a real ledger: once, in any order, however often it arrives."""

from __future__ import annotations

import json
import random
import time
from datetime import date
from typing import Any

import msgspec
import pytest

from tests.support.people import CAMPAIGN, campaign, candidate, person, take
from workers.actors.reports import record_reports
from workers.actors.signatures import record_signature, withhold_waiting_letters
from workers.campaign.events import CharterSigned, CharterWithdrawn
from workers.campaign.states import State
from workers.meters import Meter
from workers.store import Store
from workers.store.letters import Claim, Settled, Settlement
from workers.store.reports import SoftBounces

CAMPAIGNS = {CAMPAIGN: campaign()}
AT = 1_790_000_000
SOFT = SoftBounces(limit=3, window_s=7 * 86_400)


@pytest.fixture
def ledger(store: Store) -> Store:
    """Two candidates; a supporter wrote to both."""
    store.candidates.apply(CAMPAIGN, [candidate(1), candidate(2)])
    return store


def posted(ledger: Store, number: int = 1):
    """An action whose letters were handed over."""
    action = take(ledger, person(ledger.ids, number), ("1", "2"))
    ledger.letters.write(CAMPAIGN, [action.id], 60_000)
    ledger.letters.claim(CAMPAIGN, action.id, time.time() + 90)
    letters = [Settled("1", State.ACCEPTED, 1), Settled("2", State.ACCEPTED, 1)]
    ledger.letters.settle(Settlement(action, letters, ("m1",), 20_000))
    return action


def report(ledger: Store, *rows: object) -> list[object]:
    """Keeps a callback and works it."""
    raw = json.dumps(list(rows)).encode()
    ledger.callbacks.keep("c-test", raw, 0)
    more: dict[str, Any] = {"soft_bounces": SOFT, "meter": Meter(ledger.meters)}
    return list(record_reports.fn(campaign="", callback="c-test", store=ledger, campaigns=CAMPAIGNS, **more))


def row(action, candidate_id: str, event: str, **more: object) -> dict[str, object]:
    delivery = f"{action.group}-{candidate_id}"
    email = f"c{candidate_id}@candidates.example"
    return {"event": event, "delivery": delivery, "timestamp": AT, "email": email, "sg_event_id": event, **more}


def states(ledger: Store, action) -> list[str]:
    return [letter.state for letter in ledger.letters.of_action(action)]


def test_a_bounce_takes_a_contact_back(ledger: Store):
    """A contact is a letter that did not come back."""
    action = posted(ledger)
    report(ledger, row(action, "1", "delivered"), row(action, "2", "bounce", type="bounce", status="5.1.1"))
    assert states(ledger, action) == ["delivered", "bounced"]
    assert ledger.tallies.totals(CAMPAIGN).contacts == 1
    assert ledger.tallies.verify(CAMPAIGN) == []


@pytest.mark.parametrize("seed", range(8))
def test_reports_in_any_order_and_number_end_in_the_same_state(ledger: Store, seed: int):
    """SendGrid repeats events over days and sends them out of order."""
    action = posted(ledger)
    rows = [row(action, "1", event) for event in ("processed", "deferred", "delivered", "open", "click")] * 3
    rows += [row(action, "2", event, status="5.0.0") for event in ("processed", "delivered", "bounce")] * 5
    random.Random(seed).shuffle(rows)
    report(ledger, *rows)
    assert states(ledger, action) == ["delivered", "bounced"]
    assert ledger.tallies.verify(CAMPAIGN) == []


def test_a_report_that_overtakes_our_own_settlement_stands(ledger: Store):
    """The provider's callback may come before its 202 was recorded."""
    action = take(ledger, person(ledger.ids, 1), ("1", "2"))
    ledger.letters.write(CAMPAIGN, [action.id], 60_000)
    ledger.letters.claim(CAMPAIGN, action.id, time.time() + 90)
    report(ledger, row(action, "1", "delivered"))
    letters = [Settled("1", State.ACCEPTED, 1), Settled("2", State.ACCEPTED, 1)]
    ledger.letters.settle(Settlement(action, letters, ("m1",), 20_000))
    assert states(ledger, action) == ["delivered", "accepted"]
    assert ledger.letters.claims_in_flight() == 0
    assert ledger.tallies.verify(CAMPAIGN) == []


def test_a_report_settles_what_was_unknown(ledger: Store):
    """Our delivery id travels with the mail."""
    action = take(ledger, person(ledger.ids, 1), ("1", "2"))
    ledger.letters.write(CAMPAIGN, [action.id], 60_000)
    ledger.letters.claim(CAMPAIGN, action.id, time.time() - 1)
    ledger.letters.expire_claims()
    report(ledger, row(action, "1", "processed"), row(action, "2", "bounce"))
    assert states(ledger, action) == ["accepted", "bounced"]
    assert ledger.letters.unknown(CAMPAIGN) == []
    assert ledger.tallies.verify(CAMPAIGN) == []


def test_a_hard_bounce_suppresses_the_address_for_every_later_letter(ledger: Store):
    """And a row that nobody can read, or of a delivery nobody knows, harms nothing."""
    action = posted(ledger)
    report(ledger, 7, {"event": "delivered"}, row(action, "1", "bounce", status="5.1.1"), row(action, "9", "delivered"))
    second = take(ledger, person(ledger.ids, 2), ("1", "2"))
    ledger.letters.write(CAMPAIGN, [second.id], 60_000)
    claim = ledger.letters.claim(CAMPAIGN, second.id, time.time() + 90)
    assert isinstance(claim, Claim)
    assert [one.id for one in claim.candidates] == ["2"]
    assert (ledger.letters.of_action(second)[0].state, ledger.letters.of_action(second)[0].reason) == (
        "held",
        "address-bounced",
    )
    assert ledger.tallies.verify(CAMPAIGN) == []


def sign(ledger: Store, candidate_id: str, kind: str = "charter.signed", webhook: str = "w1", at: str = "10:00"):
    """Keeps a signature callback as the web does, and works it and what follows."""
    data = {"candidate_id": candidate_id, "source": "web"}
    body = {"type": kind, "timestamp": f"2026-11-22T{at}:00Z", "data": data}
    ledger.callbacks.keep("s-test", msgspec.json.encode({"campaign": CAMPAIGN, "webhook": webhook, "body": body}), 0)
    told = list(record_signature.fn(campaign="", callback="s-test", store=ledger, campaigns=CAMPAIGNS))
    for event in told:
        if isinstance(event, CharterSigned):
            list(withhold_waiting_letters.fn(campaign=CAMPAIGN, candidate=event.candidate, store=ledger))
    return told


def test_a_candidate_signs_once_however_often_it_arrives(ledger: Store):
    """Forms repeat callbacks; the tally does not."""
    assert sign(ledger, "1") == [CharterSigned(CAMPAIGN, "1")]
    assert sign(ledger, "1") == []
    assert sign(ledger, "1", webhook="w2") == []
    assert ledger.tallies.totals(CAMPAIGN).signatories == 1
    assert ledger.tallies.verify(CAMPAIGN) == []


def test_an_id_that_was_used_before_changes_nothing(ledger: Store):
    """Neither for another candidate nor as a withdrawal: ids are kept for the campaign."""
    sign(ledger, "1")
    assert sign(ledger, "2") == []
    assert sign(ledger, "1", "charter.withdrawn", at="12:00") == []
    assert list(ledger.signatures.all(CAMPAIGN)) == ["1"]
    assert ledger.signatures.withdrawals(CAMPAIGN) == {}


def test_a_signature_is_counted_on_its_day_in_the_campaigns_zone(ledger: Store):
    """A quarter past midnight in London in summer is still yesterday in UTC."""
    sign(ledger, "1", at="10:00")
    body = {"type": "charter.signed", "timestamp": "2026-06-30T23:15:00Z", "data": {"candidate_id": "2"}}
    ledger.callbacks.keep("s-night", msgspec.json.encode({"campaign": CAMPAIGN, "webhook": "w9", "body": body}), 0)
    list(record_signature.fn(campaign="", callback="s-night", store=ledger, campaigns=CAMPAIGNS))
    days = [date(2026, 11, 22).toordinal() - 719_163, date(2026, 7, 1).toordinal() - 719_163]
    counts = {"source:web": 1, "source:callback": 1, **{f"day:{day}": 1 for day in days}}
    assert ledger.tallies.signatories(CAMPAIGN) == counts
    assert ledger.tallies.verify(CAMPAIGN) == []


def test_a_withdrawal_by_callback_says_so_in_the_log(ledger: Store):
    """Every entry has its reason."""
    sign(ledger, "1")
    sign(ledger, "1", "charter.withdrawn", "w2", at="11:00")
    last = json.loads(list(ledger.signatures.log(CAMPAIGN))[-1])
    assert (last["kind"], last["reason"], last["by"]) == ("withdrawn", "reported by callback: web", "")
    assert ledger.signatures.flaw(CAMPAIGN) == ""


def test_a_signature_stops_the_letters_that_wait(ledger: Store):
    """Nobody asks for what was given."""
    action = take(ledger, person(ledger.ids, 1), ("1", "2"))
    ledger.letters.write(CAMPAIGN, [action.id], 60_000)
    sign(ledger, "1")
    first, second = ledger.letters.of_action(action)
    assert (first.state, first.reason, second.state) == ("withheld", "signed", "queued")
    assert ledger.tallies.verify(CAMPAIGN) == []


def test_a_withdrawal_counts_one_less_and_wins_over_an_older_signature(ledger: Store):
    """Callbacks come out of order: what was said last counts."""
    sign(ledger, "1", at="10:00")
    assert sign(ledger, "1", "charter.withdrawn", "w2", at="11:00") == [CharterWithdrawn(CAMPAIGN, "1")]
    assert sign(ledger, "1", webhook="w3", at="10:30") == []
    assert ledger.tallies.totals(CAMPAIGN).signatories == 0
    assert sign(ledger, "1", webhook="w4", at="12:00") == [CharterSigned(CAMPAIGN, "1")]
    assert sign(ledger, "1", "charter.withdrawn", "w5", at="11:30") == []
    assert ledger.tallies.totals(CAMPAIGN).signatories == 1
    assert ledger.tallies.verify(CAMPAIGN) == []
