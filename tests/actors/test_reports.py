"""What the provider says of letters: in any order, any number of times, it comes to the same state and books."""

from __future__ import annotations

import json
import random
import time

import pytest

from tests.actors.reporting import (
    AT,
    DAY,
    Row,
    accepted,
    addresses,
    balanced,
    claimed,
    hard,
    posted,
    report,
    row,
    soft,
    states,
    suppressed,
    written,
)
from tests.support.people import CAMPAIGN, candidate
from workers.campaign.events import ReportsRecorded
from workers.campaign.states import State
from workers.store import Store
from workers.store.letters import Settled, Settlement

#: Each type as SendGrid sends it, and where a letter that was handed over is after it.
TYPES: dict[str, tuple[Row, str]] = {
    "processed": ({"event": "processed"}, "accepted"),
    "deferred": ({"event": "deferred", "response": "451 4.7.1 try again later", "attempt": "5"}, "accepted"),
    "delivered": ({"event": "delivered", "response": "250 OK"}, "delivered"),
    "bounce": ({"event": "bounce", "type": "bounce", "status": "5.1.1", "reason": "550 no such user"}, "bounced"),
    "blocked": ({"event": "bounce", "type": "blocked", "status": "5.7.1"}, "bounced"),
    "dropped": ({"event": "dropped", "reason": "Spam Content"}, "bounced"),
    "spamreport": ({"event": "spamreport"}, "complained"),
    "unsubscribe": ({"event": "unsubscribe"}, "accepted"),
    "group_unsubscribe": ({"event": "group_unsubscribe", "asm_group_id": 10}, "accepted"),
    "group_resubscribe": ({"event": "group_resubscribe", "asm_group_id": 10}, "accepted"),
    "open": ({"event": "open", "useragent": "x", "ip": "192.0.2.7"}, "accepted"),
    "click": ({"event": "click", "url": "https://campaign.example/"}, "accepted"),
}


@pytest.fixture
def ledger(store: Store) -> Store:
    """Three candidates with one address each."""
    store.candidates.apply(CAMPAIGN, [candidate(1), candidate(2), candidate(3)])
    return store


@pytest.mark.parametrize("name", TYPES)
def test_every_type_leaves_a_letter_where_it_should_be(ledger: Store, name: str):
    """All that SendGrid documents, each on its own."""
    entry, state = TYPES[name]
    action = posted(ledger)
    told = report(ledger, row(action, "1", **entry))
    assert states(ledger, action) == [state, "accepted"]
    assert told[-1] == ReportsRecorded("", "c-test", 1, int(state != "accepted"), 0)
    assert balanced(ledger)


@pytest.mark.parametrize("seed", range(6))
def test_shuffled_repeated_and_split_over_batches_it_comes_to_the_same(ledger: Store, seed: int):
    """46 repeats over 29 hours were seen: neither order nor number may matter, nor which came before which."""
    action = posted(ledger, candidates=("1", "2", "3"))
    rows = [row(action, "1", **TYPES[name][0]) for name in ("processed", "deferred", "delivered", "open", "click")]
    rows += [row(action, "2", **TYPES[name][0]) for name in ("processed", "delivered", "blocked", "bounce")]
    rows += [row(action, "2", "bounce", status="4.2.2"), row(action, "3", "delivered"), row(action, "3", "spamreport")]
    rows = [{**entry, "timestamp": AT + place} for place, entry in enumerate(rows)] * 46
    chance = random.Random(seed)
    chance.shuffle(rows)
    while rows:
        size = chance.randint(1, 200)
        report(ledger, *rows[:size])
        rows = rows[size:]
    letters = ledger.letters.of_action(action)
    assert [(letter.state, letter.reason) for letter in letters][:2] == [("delivered", ""), ("bounced", "hard")]
    assert letters[2].state == "complained"
    assert ledger.tallies.totals(CAMPAIGN).came_back == {"hard": 1}
    assert (suppressed(ledger), suppressed(ledger, "c2@candidates.example")) == ([], ["bounced"])
    assert suppressed(ledger, "c3@candidates.example") == ["complained"]
    assert balanced(ledger)


@pytest.mark.parametrize("before", ["processed", "delivered", "bounce", "spamreport"])
def test_a_report_before_our_own_202_ends_as_one_after_it(ledger: Store, before: str):
    """The callback may be quicker than the answer; the answer must not undo it."""
    early, late = written(ledger, 1, ("1",)), written(ledger, 2, ("1",))
    for action in (early, late):
        claimed(ledger, action)
    report(ledger, row(early, "1", **TYPES[before][0]))
    accepted(ledger, early)
    accepted(ledger, late)
    report(ledger, row(late, "1", **TYPES[before][0]))
    assert states(ledger, early) == states(ledger, late)
    assert ledger.letters.claims_in_flight() == 0
    assert balanced(ledger)


def test_a_batch_worked_again_changes_nothing(ledger: Store):
    """A worker may die between working a batch and saying so."""
    action = posted(ledger)
    rows = [hard(action, "1"), soft(action, "2"), 7, {"event": "new"}]
    report(ledger, *rows)
    seen = (states(ledger, action), list(ledger.suppressions.all()), ledger.reports.unread())
    for _ in range(3):
        assert report(ledger, *rows)[-1] == ReportsRecorded("", "c-test", 2, 0, 2)
    assert (states(ledger, action), list(ledger.suppressions.all()), ledger.reports.unread()) == seen


def test_what_cannot_be_read_is_kept_aside_and_the_rest_goes_on(ledger: Store):
    """One odd row must not cost the other nine hundred; somebody has to see it."""
    action = posted(ledger)
    odd = [7, {"event": "quantum", "email": "jo@party.example", "note": "of jo@party.example"}, {"event": "delivered"}]
    told = report(ledger, *odd, row(action, "1", "delivered"), {**row(action, "2", "delivered"), "delivery": "x"})
    assert states(ledger, action) == ["delivered", "accepted"]
    assert told[-1] == ReportsRecorded("", "c-test", 1, 1, 4)
    kept = {entry.row: entry for entry in ledger.reports.unread()}
    assert {place: entry.reason for place, entry in kept.items()} == {
        0: "not an object",
        1: "an event that is not known here: quantum",
        2: "no timestamp",
        4: "not a delivery id",
    }
    assert json.loads(kept[1].entry) == {"event": "quantum", "note": "of [address]"}
    assert not any("party.example" in entry.entry for entry in kept.values())


def test_what_is_kept_aside_does_not_grow_without_end(ledger: Store):
    """A provider that changes its format overnight must not fill the ledger."""
    for number in range(3):
        report(ledger, *[{"event": f"new-{number}"}] * 800, name=f"c-{number}")
    assert len(ledger.reports.unread()) == 1000
    assert ledger.reports.unread(1)[0].at <= time.time()


def test_mail_that_nobody_knows_moves_nothing_and_is_counted(ledger: Store):
    """Other mail of the same account, or letters of a ledger that was lost."""
    action = posted(ledger)
    stranger = {**row(action, "1", "delivered"), "delivery": "d" + "a" * 16 + "-1"}
    told = report(ledger, stranger, row(action, "99", "bounce"), {"event": "delivered", "timestamp": AT})
    assert told[-1] == ReportsRecorded("", "c-test", 3, 0, 0, strange=2)
    assert states(ledger, action) == ["accepted", "accepted"]
    assert balanced(ledger)


def test_a_bad_address_is_bad_whoever_wrote_to_it(ledger: Store):
    """A bounce of mail that is not ours says as much; an unsubscription from somebody else's group does not."""
    foreign = {"timestamp": AT, "email": "c1@candidates.example"}
    report(ledger, {**foreign, "event": "bounce"}, {**foreign, "event": "group_unsubscribe"})
    assert suppressed(ledger) == ["bounced"]


def test_the_last_that_a_server_said_is_kept_for_people(ledger: Store):
    """Whoever asks why a letter is not there yet; the newest counts, not the last to arrive."""
    action = posted(ledger)
    letter = f"{action.group}-1"
    rows = [
        row(action, "1", "deferred", AT + 60, response="451 4.7.1 greylisted, says c1@candidates.example"),
        row(action, "1", "deferred", AT, response="421 too busy"),
    ]
    report(ledger, *rows)
    assert ledger.letters.get(letter).said == f"{AT + 60} deferred 451 4.7.1 greylisted, says [address]"
    report(ledger, hard(action, "1", AT + 90, reason="550 " + "ü" * 400))
    said = ledger.letters.get(letter).said
    assert said.startswith(f"{AT + 90} hard 550 üü")
    assert len(said.encode()) <= 64, "a longer value takes the group out of its compact list"
    report(ledger, *rows, row(action, "1", "open", AT + 100), row(action, "1", "click", AT + 101))
    assert ledger.letters.get(letter).said == said


def test_contacts_go_down_and_the_tally_says_why(ledger: Store):
    """A campaigner asks where the contacts went."""
    action, other = posted(ledger, 1, ("1", "2", "3")), posted(ledger, 2, ("1", "2"))
    rows = [hard(action, "1"), row(action, "2", "bounce", type="blocked"), soft(action, "3")]
    report(ledger, *rows, row(other, "1", "dropped", reason="Bounced Address"))
    tally = ledger.tallies.totals(CAMPAIGN)
    assert (tally.contacts, tally.letters["bounced"]) == (1, 4)
    assert tally.came_back == {"hard": 1, "dropped": 1, "blocked": 1, "soft": 1}
    assert ledger.tallies.show(CAMPAIGN).came_back == tally.came_back
    assert balanced(ledger)
    report(ledger, row(action, "3", "spamreport"))
    assert ledger.tallies.totals(CAMPAIGN).came_back == {"hard": 1, "dropped": 1, "blocked": 1}
    assert balanced(ledger)


def test_a_contact_counts_on_the_day_of_its_campaigns_zone(ledger: Store):
    """23:30 UTC in summer is tomorrow in London; a campaign nobody has a file for counts in UTC."""
    evening = 1_782_862_200  # 2026-06-30 23:30 UTC
    action = written(ledger, 1, ("1",))
    claimed(ledger, action)
    ledger.candidates.apply("elsewhere", [candidate(1)])
    foreign = written(ledger, 2, ("1",), "elsewhere")
    claimed(ledger, foreign)
    report(ledger, row(action, "1", "delivered", evening), row(foreign, "1", "delivered", evening))
    assert ledger.tallies.show(CAMPAIGN).days == {evening // DAY + 1: 1}
    assert ledger.tallies.show("elsewhere").days == {evening // DAY: 1}


def test_a_letter_sent_again_by_an_operator_is_still_settled_by_a_late_report(ledger: Store):
    """The report says that it left: posting it now would be twice."""
    action = written(ledger, 1, ("1",))
    ledger.letters.claim(CAMPAIGN, action.id, time.time() + 90)
    ledger.letters.settle(Settlement(action, [Settled("1", State.QUEUED, 0, "resend")], (), 20_000))
    report(ledger, row(action, "1", "delivered"))
    assert states(ledger, action) == ["delivered"]
    assert addresses(ledger, action) == []
    assert balanced(ledger)


def test_a_thousand_reports_in_one_batch_are_worked_whole(ledger: Store):
    """As many as SendGrid puts into one callback, about hundreds of letters."""
    actions = [posted(ledger, number, ("1", "2", "3")) for number in range(1, 168)]
    events = ("processed", "delivered")
    rows = [row(action, one, event) for action in actions for one in ("1", "2", "3") for event in events][:1000]
    random.Random(1).shuffle(rows)
    told = report(ledger, *rows)
    delivered = sum(entry["event"] == "delivered" for entry in rows)
    assert told[-1] == ReportsRecorded("", "c-test", 1000, delivered, 0)
    assert ledger.tallies.totals(CAMPAIGN).letters["delivered"] == delivered
    assert balanced(ledger)


def test_sendgrids_own_sample_is_worked_without_a_word_left_over(ledger: Store, shared):
    """One of each, about mail that is not ours: nothing moves, and its address is not mailed any more."""
    rows = json.loads((shared / "webhooks" / "sendgrid_event_sample_all_types.json").read_text())
    told = report(ledger, *rows)
    assert told[-1] == ReportsRecorded("", "c-test", 11, 0, 0)
    assert suppressed(ledger, "example@test.com") == ["bounced", "complained", "unsubscribed"]
    action = posted(ledger)
    report(ledger, *({**entry, "delivery": f"{action.group}-1", "email": "c1@candidates.example"} for entry in rows))
    assert states(ledger, action) == ["complained", "accepted"]
    assert balanced(ledger)


def test_a_report_on_something_else_in_the_ledger_changes_nothing(ledger: Store):
    """Whoever can put custom arguments into our account's mail must not be able to stop a batch half way."""
    action = posted(ledger)
    fields = ("mailing", "call:2", "said:1", "tried:1")
    report(ledger, row(action, "1", "delivered"), *(row(action, field, "delivered") for field in fields))
    assert states(ledger, action) == ["delivered", "accepted"]
    assert ledger.tallies.verify(CAMPAIGN) == []
