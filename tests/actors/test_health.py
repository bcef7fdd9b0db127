"""The health of addresses: who is not mailed any more and why, and where the letters go instead."""

from __future__ import annotations

import itertools
import random

import pytest

from tests.actors.reporting import (
    AT,
    DAY,
    accepted,
    addresses,
    balanced,
    claimed,
    hard,
    posted,
    reasons,
    report,
    row,
    soft,
    states,
    suppressed,
    written,
)
from tests.support.people import CAMPAIGN, candidate, person
from workers.campaign.states import State
from workers.candidates import import_candidates
from workers.store import Store
from workers.store.letters import Settled, Settlement

FIRST, SECOND = "c1@candidates.example", "second@candidates.example"


@pytest.fixture
def ledger(store: Store) -> Store:
    """One candidate with two addresses, one with one."""
    store.candidates.apply(CAMPAIGN, [candidate(1, second_email=SECOND), candidate(2)])
    return store


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        ({"event": "bounce", "type": "bounce", "status": "5.1.1"}, "bounced"),
        ({"event": "dropped", "reason": "Bounced Address"}, "bounced"),
        ({"event": "spamreport"}, "complained"),
        ({"event": "dropped", "reason": "Spam Reporting Address"}, "complained"),
        ({"event": "unsubscribe"}, "unsubscribed"),
        ({"event": "dropped", "reason": "Unsubscribed Address"}, "unsubscribed"),
        ({"event": "group_unsubscribe"}, "group-unsubscribed"),
    ],
)
def test_an_address_is_suppressed_at_once_in_every_campaign(ledger: Store, entry, why: str):
    """Law 7: what another campaign still has waiting does not leave either."""
    ledger.candidates.apply("other", [candidate(7, email="C2@Candidates.example")])
    other = written(ledger, 5, ("7",), "other")
    report(ledger, row(posted(ledger), "2", **entry))
    assert suppressed(ledger, "c2@candidates.example") == [why]
    assert addresses(ledger, other) == []
    assert states(ledger, other) == ["held" if why == "bounced" else "withheld"]
    assert balanced(ledger)
    assert ledger.tallies.verify("other") == []


@pytest.mark.parametrize(
    "entry",
    [
        {"event": "bounce", "type": "bounce", "status": "4.2.2"},
        {"event": "bounce", "type": "expired"},
        {"event": "bounce", "type": "blocked", "status": "5.7.1"},
        {"event": "dropped", "reason": "Spam Content"},
        {"event": "deferred"},
    ],
)
def test_what_says_little_of_an_address_suppresses_nobody(ledger: Store, entry):
    """A full mailbox and a refused message pass."""
    report(ledger, row(posted(ledger), "2", **entry))
    assert suppressed(ledger, "c2@candidates.example") == []


def softly(ledger: Store, *steps: tuple[str, float]) -> list[str]:
    """Reports ("soft" or "delivered", day) on one letter each; why the address is not mailed in the end."""
    actions = [posted(ledger, number, ("2",)) for number in range(10, 10 + len(steps))]
    rows = []
    for action, (what, day) in zip(actions, steps, strict=True):
        at = AT + int(day * DAY)
        rows.append(soft(action, "2", at) if what == "soft" else row(action, "2", "delivered", at))
    random.Random(len(steps)).shuffle(rows)
    for entry in rows * 2:
        report(ledger, entry)
    return suppressed(ledger, "c2@candidates.example")


@pytest.mark.parametrize(
    ("steps", "why"),
    [
        ([("soft", 0), ("soft", 1)], []),
        ([("soft", 0), ("soft", 1), ("soft", 2)], ["soft-bounces"]),
        ([("soft", 0), ("soft", 4), ("soft", 8)], []),
        ([("soft", 0), ("soft", 6), ("soft", 8), ("soft", 12)], ["soft-bounces"]),
        ([("soft", 0), ("soft", 1), ("delivered", 1.5), ("soft", 2)], []),
        ([("soft", 0), ("soft", 1), ("soft", 2), ("delivered", 3)], []),
        ([("delivered", 0), ("soft", 1), ("soft", 2), ("soft", 3)], ["soft-bounces"]),
    ],
)
def test_soft_bounces_count_in_a_window_and_a_delivery_resets_them(ledger: Store, steps, why: list[str]):
    """Three of three letters within a week; repeats are one, and neither order nor repetition matters."""
    assert softly(ledger, *steps) == why
    assert balanced(ledger)


def test_one_letter_that_bounces_softly_ten_times_is_one(ledger: Store):
    """SendGrid repeats itself; so may a server over days."""
    action = posted(ledger)
    report(ledger, *[soft(action, "2", AT + n * 60, sg_event_id=str(n)) for n in range(10)])
    assert suppressed(ledger, "c2@candidates.example") == []


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_who_subscribes_again_is_mailed_again_by_time_not_by_arrival(ledger: Store, order: tuple[int, ...]):
    """Left, came back, left, came back: what was said last counts."""
    action = posted(ledger)
    said = [("group_unsubscribe", AT), ("group_resubscribe", AT + 60), ("group_unsubscribe", AT + 30)]
    for place in order:
        report(ledger, row(action, "2", said[place][0], said[place][1]))
    assert suppressed(ledger, "c2@candidates.example") == []
    report(ledger, row(action, "2", "group_unsubscribe", AT + 61))
    assert suppressed(ledger, "c2@candidates.example") == ["group-unsubscribed"]


def test_to_subscribe_again_takes_back_nothing_else(ledger: Store):
    """It is about a group of mails; a complaint and a bounce stand."""
    action = posted(ledger)
    report(ledger, row(action, "2", "spamreport"), row(action, "2", "group_unsubscribe"), hard(action, "2"))
    report(ledger, row(action, "2", "group_resubscribe", AT + 60))
    assert suppressed(ledger, "c2@candidates.example") == ["bounced", "complained"]


def test_a_letter_that_bounced_goes_to_the_second_address_once(ledger: Store):
    """It is another address: nobody gets it twice. When that bounces too, it is over."""
    action = posted(ledger)
    report(ledger, hard(action, "1"))
    assert (states(ledger, action), reasons(ledger, action)) == (["queued", "accepted"], ["second-address", ""])
    assert addresses(ledger, action) == [SECOND]
    accepted(ledger, action, "1")
    assert ledger.tallies.totals(CAMPAIGN).contacts == 2
    report(ledger, hard(action, "1", email=SECOND.upper()))
    assert (states(ledger, action), reasons(ledger, action)) == (["bounced", "accepted"], ["hard", ""])
    assert addresses(ledger, action) == []
    assert (suppressed(ledger, FIRST), suppressed(ledger, SECOND)) == (["bounced"], ["bounced"])
    assert balanced(ledger)


@pytest.mark.parametrize("seed", range(6))
def test_reports_on_the_first_address_do_not_touch_the_letter_at_the_second(ledger: Store, seed: int):
    """They come again for a day, in any order, while the letter is on its way a second time."""
    action = posted(ledger)
    old = [row(action, "1", event) for event in ("processed", "deferred", "delivered", "open")]
    old += [
        hard(action, "1"),
        soft(action, "1"),
        row(action, "1", "bounce", type="blocked"),
        {**hard(action, "1"), "email": ""},
    ]
    chance = random.Random(seed)
    chance.shuffle(old)
    report(ledger, *old[: chance.randint(1, 7)])
    report(ledger, hard(action, "1"))
    assert addresses(ledger, action) == [SECOND]
    report(ledger, *old)
    accepted(ledger, action, "1")
    report(ledger, *old, row(action, "1", "delivered", email=SECOND), *old)
    assert states(ledger, action)[0] == "delivered"
    assert balanced(ledger)


def test_a_bounce_that_overtakes_our_202_still_leads_to_the_second_address(ledger: Store):
    """The answer to the first call must not end the second one's wait."""
    action = written(ledger)
    claimed(ledger, action)
    report(ledger, hard(action, "1"))
    accepted(ledger, action)
    assert states(ledger, action) == ["queued", "accepted"]
    assert addresses(ledger, action) == [SECOND]
    accepted(ledger, action, "1")
    assert states(ledger, action) == ["accepted", "accepted"]
    assert balanced(ledger)


def test_a_second_call_that_must_wait_keeps_what_was_tried(ledger: Store):
    """429 in between: the reason changes, the address must not."""
    action = posted(ledger)
    report(ledger, hard(action, "1"))
    claimed(ledger, action)
    ledger.letters.settle(Settlement(action, [Settled("1", State.QUEUED, 0, "429")], (), 20_000))
    ledger.suppressions.remove([ledger.ids.address(FIRST)])
    assert addresses(ledger, action) == [SECOND]


def test_who_complains_gets_nothing_at_the_other_address(ledger: Store):
    """A bounce is about an address; a complaint is a person's no."""
    action, waiting = posted(ledger), written(ledger, 2)
    report(ledger, hard(action, "1"))
    report(ledger, row(action, "1", "spamreport"))
    assert states(ledger, action)[0] == "complained"
    assert (states(ledger, waiting)[0], reasons(ledger, waiting)[0]) == ("withheld", "suppressed")
    report(ledger, hard(posted(ledger, 3, ("2",)), "2"))
    assert balanced(ledger)


def test_letters_that_wait_go_to_the_second_address(ledger: Store):
    """The first one is known to be bad."""
    waiting = written(ledger, 2)
    report(ledger, hard(posted(ledger), "1"))
    assert addresses(ledger, waiting) == [SECOND, "c2@candidates.example"]


def test_with_no_other_address_letters_are_held_until_one_comes(ledger: Store):
    """Held at once, those written later as well; an import of the same address releases nothing."""
    before = written(ledger, 2, ("2",))
    report(ledger, hard(posted(ledger), "2"))
    after = written(ledger, 3, ("2",))
    assert addresses(ledger, after) == []
    for action in (before, after):
        assert (states(ledger, action), reasons(ledger, action)) == (["held"], ["address-bounced"])
    assert import_candidates(ledger, CAMPAIGN, [candidate(2, name="Ada")]).released == 0
    assert import_candidates(ledger, CAMPAIGN, [candidate(2, email="new@candidates.example")]).released == 2
    assert addresses(ledger, before) == addresses(ledger, after) == ["new@candidates.example"]
    assert balanced(ledger)


def test_a_bounced_letter_is_over_when_no_other_address_is_known(ledger: Store):
    """One that comes later is for the letters that wait: nobody writes twice for one report."""
    action = posted(ledger)
    report(ledger, hard(action, "2"))
    import_candidates(ledger, CAMPAIGN, [candidate(2, second_email="new@candidates.example")])
    report(ledger, hard(action, "2"), hard(action, "2", AT + 60))
    assert states(ledger, action) == ["accepted", "bounced"]
    assert addresses(ledger, action) == []


def test_a_bounce_at_an_address_that_is_not_theirs_sends_nothing_again(ledger: Store):
    """Who knows where that letter went: the first address may have it, and must not get it twice."""
    action = posted(ledger)
    report(ledger, hard(action, "1", email="elsewhere@candidates.example"))
    assert states(ledger, action) == ["bounced", "accepted"]
    assert addresses(ledger, action) == []
    assert balanced(ledger)


@pytest.mark.parametrize("reversed_", [False, True])
def test_a_soft_bounce_before_or_after_the_hard_one_changes_nothing(ledger: Store, reversed_: bool):
    """Either way the letter goes to the second address."""
    action = posted(ledger)
    rows = [soft(action, "1"), hard(action, "1")]
    report(ledger, *(reversed(rows) if reversed_ else rows))
    assert (states(ledger, action)[0], reasons(ledger, action)[0]) == ("queued", "second-address")
    assert balanced(ledger)


def test_a_signature_stops_the_second_letter(ledger: Store, ids):
    """Nobody asks for what was given, at no address."""
    from workers.campaign.signature import Signature

    action = posted(ledger)
    ledger.signatures.record(CAMPAIGN, Signature("1", AT, "web"), "w1")
    report(ledger, hard(action, "1"))
    assert states(ledger, action)[0] == "bounced"
    assert balanced(ledger)


def test_a_report_older_than_its_removal_does_not_suppress_again(ledger: Store):
    """An operator took the address off the list; SendGrid repeats old reports for a day, and longer."""
    action = posted(ledger)
    report(ledger, hard(action, "2"), row(action, "2", "spamreport"))
    assert ledger.suppressions.remove([ledger.ids.address("c2@candidates.example")]) == 1
    report(ledger, hard(action, "2"), row(action, "2", "spamreport"))
    assert suppressed(ledger, "c2@candidates.example") == []
    report(ledger, hard(posted(ledger, 2, ("2",)), "2", 4_000_000_000))
    assert suppressed(ledger, "c2@candidates.example") == ["bounced"]


def test_a_receipt_that_waits_for_an_address_is_released_with_it(ledger: Store):
    """Supporters' addresses bounce too; their receipts keep books of their own, in the campaign's own days."""
    supporter = person(ledger.ids, 1)
    ledger.receipts.queue(CAMPAIGN, supporter, "receipt/undelivered", "a1")
    known, book = ledger.ids.address(supporter.email), ledger.receipts.book(CAMPAIGN)
    ledger.suppressions.put([(known, "bounced")], "operator")
    assert ledger.waiting.follow_addresses([CAMPAIGN], [known]).held == 1
    assert ledger.waiting.held_for([CAMPAIGN], [known]) == (1, 1)
    ledger.suppressions.remove([known])
    assert ledger.waiting.follow_addresses([CAMPAIGN], [known]).released == 1
    assert ledger.tallies.totals(book).letters["queued"] == 1
    assert ledger.tallies.verify(book) == []
