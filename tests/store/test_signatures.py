"""Signatures on a real server: state, tallies, log and event in one script, however many sign at the same moment."""

from __future__ import annotations

import itertools
import json
import multiprocessing
import random
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
import redis

from tests.support.people import CAMPAIGN, candidate
from workers.campaign.ids import Ids
from workers.campaign.signature import Signature, Undoing
from workers.campaign.tally import Difference
from workers.errors import NotFoundError
from workers.store import Store, keys

AT = 1_790_000_000
DAY = AT // 86_400
SECRET = "a secret that only tests use"


@pytest.fixture
def ledger(store: Store) -> Store:
    """Twenty candidates."""
    store.candidates.apply(CAMPAIGN, [candidate(n, name=f"Zoë {n}") for n in range(1, 21)])
    return store


def signed(number: int = 1, source: str = "form", **more: object) -> Signature:
    return Signature(str(number), AT, source, **more)  # type: ignore[arg-type]


def log(ledger: Store) -> list[dict]:
    return [json.loads(line) for line in ledger.signatures.log(CAMPAIGN)]


def whole(ledger: Store) -> bool:
    """Tally, ledger and log agree."""
    return ledger.tallies.verify(CAMPAIGN) == [] and ledger.signatures.flaw(CAMPAIGN) == ""


def test_a_signature_moves_state_tallies_log_and_event_at_once(ledger: Store):
    """And is counted on the day that the campaign says, by the way it came."""
    assert ledger.signatures.record(CAMPAIGN, signed(evidence="https://news.example/1", day=DAY + 1))
    assert ledger.tallies.totals(CAMPAIGN).signatories == 1
    assert ledger.tallies.signatories(CAMPAIGN) == {"source:form": 1, f"day:{DAY + 1}": 1}
    (entry,) = log(ledger)
    assert (entry["number"], entry["kind"], entry["candidate"], entry["name"]) == (1, "signed", "1", "Zoë 1")
    assert (entry["at"], entry["evidence"], entry["by"]) == ("2026-09-21T14:13:20Z", "https://news.example/1", "")
    (event,) = ledger.events.newest(1)
    assert (event.kind, event.body) == ("charter.signed", "1")
    assert whole(ledger)


def test_a_day_that_nobody_named_is_the_day_in_utc(ledger: Store):
    """Never day 0."""
    ledger.signatures.record(CAMPAIGN, signed())
    assert ledger.signatures.all(CAMPAIGN)["1"].day == DAY


def test_the_same_by_another_way_changes_nothing(ledger: Store):
    """Form, paper and tweet: one signatory, the first stays."""
    assert ledger.signatures.record(CAMPAIGN, signed(), "w1")
    for again, webhook in ((signed(source="paper"), ""), (signed(source="tweet"), "w2"), (signed(), "w1")):
        assert not ledger.signatures.record(CAMPAIGN, again, webhook)
    assert ledger.signatures.all(CAMPAIGN)["1"].source == "form"
    assert len(log(ledger)) == 1
    assert whole(ledger)


def test_who_entered_it_stays_in_the_ledger(ledger: Store):
    """Neither the log nor an event names an operator; the ledger does, also after a withdrawal."""
    ledger.signatures.record(CAMPAIGN, signed(by="Kim Clerk"))
    ledger.signatures.withdraw(CAMPAIGN, "1", AT + 1, undoing=Undoing(AT + 1, "by letter", "campaign", "Lou Clerk"))
    assert ledger.signatures.entered(CAMPAIGN) == {1: "Kim Clerk", 2: "Lou Clerk"}
    assert [entry["by"] for entry in log(ledger)] == ["campaign", "campaign"]
    assert "Clerk" not in str([*ledger.signatures.log(CAMPAIGN), *ledger.events.newest(9)])


def test_a_withdrawal_takes_back_every_count_and_keeps_the_entry(ledger: Store):
    """On the day and by the source of the signature, not of the withdrawal."""
    ledger.signatures.record(CAMPAIGN, signed(source="paper"))
    ledger.signatures.record(CAMPAIGN, signed(2))
    assert ledger.signatures.withdraw(
        CAMPAIGN, "1", AT + 9, "w1", undoing=Undoing(AT + 9, "changed her mind", "letter")
    )
    assert ledger.tallies.signatories(CAMPAIGN) == {"source:form": 1, f"day:{DAY}": 1}
    assert (log(ledger)[2]["kind"], log(ledger)[2]["reason"]) == ("withdrawn", "changed her mind")
    assert not ledger.signatures.withdraw(CAMPAIGN, "1", AT + 9, "w1")
    assert not ledger.signatures.withdraw(CAMPAIGN, "3", AT + 9)
    assert len(log(ledger)) == 3
    assert whole(ledger)


def test_a_withdrawal_that_comes_first_wins_over_an_older_signature(ledger: Store):
    """Nothing was public, so nothing stands in the log."""
    ledger.signatures.withdraw(CAMPAIGN, "1", AT + 9)
    assert not ledger.signatures.record(CAMPAIGN, signed(), "w1")
    assert ledger.signatures.withdrawals(CAMPAIGN) == {"1": AT + 9}
    assert log(ledger) == []
    assert whole(ledger)


@pytest.mark.parametrize("order", list(itertools.permutations(["signed", "withdrawn", "signed again"])), ids="-".join)
def test_what_is_reported_in_any_order_comes_to_what_was_done_last(ledger: Store, order: tuple[str, ...]):
    """Callbacks overtake each other: who signed, withdrew and signed again has signed."""
    reports = {
        "signed": lambda: ledger.signatures.record(CAMPAIGN, signed(), "w1"),
        "withdrawn": lambda: ledger.signatures.withdraw(CAMPAIGN, "1", AT + 10, "w2"),
        "signed again": lambda: ledger.signatures.record(CAMPAIGN, replace(signed(), at=AT + 20), "w3"),
    }
    for report in order:
        reports[report]()
    assert ledger.tallies.totals(CAMPAIGN).signatories == 1
    assert whole(ledger)
    ledger.signatures.withdraw(CAMPAIGN, "1", AT + 30)
    assert ledger.tallies.totals(CAMPAIGN).signatories == 0
    assert whole(ledger)


def test_a_correction_moves_counts_and_keeps_the_signatory(ledger: Store):
    """A wrong date is no withdrawal."""
    ledger.signatures.record(CAMPAIGN, signed(source="paper"))
    after = replace(signed(source="stage"), at=AT - 86_400)
    ledger.signatures.correct(CAMPAIGN, after, Undoing(AT, "wrong day", by="Kim Clerk"))
    assert ledger.tallies.signatories(CAMPAIGN) == {"source:stage": 1, f"day:{DAY - 1}": 1}
    assert ledger.tallies.totals(CAMPAIGN).signatories == 1
    assert [entry["kind"] for entry in log(ledger)] == ["signed", "corrected"]
    assert whole(ledger)
    with pytest.raises(NotFoundError):
        ledger.signatures.correct(CAMPAIGN, signed(9), Undoing(AT, "no such"))


def _sign(url: str, seed: int) -> list[str]:
    """Signs and withdraws as one of several processes; what it says it changed."""
    store = Store.connect(url, Ids(SECRET))
    shuffled = random.Random(seed)
    done = []
    for number in shuffled.sample(range(1, 21), 20):
        one = signed(number, source=f"way-{seed}")
        if store.signatures.record(CAMPAIGN, one, shuffled.choice(["", f"w{seed}-{number}"])):
            done.append(str(number))
    return done


def test_processes_that_sign_at_the_same_moment_make_one_signatory_each(ledger: Store, valkey: str):
    """By four ways at once: twenty candidates, twenty signatories, twenty entries in one chain."""
    with multiprocessing.get_context("spawn").Pool(4) as pool:
        said = pool.starmap(_sign, [(valkey, seed) for seed in range(4)])
    assert sorted(number for done in said for number in done) == sorted(map(str, range(1, 21)))
    assert ledger.tallies.totals(CAMPAIGN).signatories == 20
    assert len(log(ledger)) == 20
    assert whole(ledger)


def test_threads_that_sign_withdraw_and_correct_leave_one_whole_chain(ledger: Store):
    """Whatever the order, the log comes to who is kept."""

    def act(n: int) -> None:
        one = replace(signed(n % 5 + 1), at=AT + n)
        if n % 3 == 2:
            ledger.signatures.withdraw(CAMPAIGN, one.candidate, AT + n)
        elif n % 7 == 3 and one.candidate in ledger.signatures.all(CAMPAIGN):
            try:
                ledger.signatures.correct(CAMPAIGN, one, Undoing(AT, "again"))
            except NotFoundError:
                return
        else:
            ledger.signatures.record(CAMPAIGN, one, f"w{n}")

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(act, range(200)))
    entries = log(ledger)
    assert len(entries) > 5
    assert ledger.tallies.totals(CAMPAIGN).signatories == len(ledger.signatures.all(CAMPAIGN))
    assert whole(ledger)


def test_the_recount_finds_and_mends_days_and_sources(ledger: Store, valkey: str):
    """A count that somebody changed by hand."""
    ledger.signatures.record(CAMPAIGN, signed())
    key = keys.tally_signatories(CAMPAIGN)
    with redis.Redis.from_url(valkey) as client:
        client.hincrby(key, "source:form", 3)
        client.hincrby(key, f"day:{DAY}", -1)
    wanted = [Difference(key, f"day:{DAY}", 0, 1), Difference(key, "source:form", 4, 1)]
    assert ledger.tallies.verify(CAMPAIGN) == wanted
    ledger.tallies.repair(CAMPAIGN)
    assert whole(ledger)


def test_a_log_that_was_meddled_with_is_told(ledger: Store, valkey: str):
    """By its entry, or by who is missing."""
    for number in (1, 2, 3):
        ledger.signatures.record(CAMPAIGN, signed(number))
    with redis.Redis.from_url(valkey) as client:
        client.rpop(keys.signature_log(CAMPAIGN))
        assert ledger.signatures.flaw(CAMPAIGN) == "the log comes to 2 signatories, the ledger keeps 3"
        client.lset(keys.signature_log(CAMPAIGN), 1, client.lindex(keys.signature_log(CAMPAIGN), 0))
        assert ledger.signatures.flaw(CAMPAIGN).startswith("entry 2: ")


def test_a_long_log_is_read_whole(ledger: Store):
    """In several round trips; no entry twice, none left out."""
    for turn in range(505):
        ledger.signatures.record(CAMPAIGN, replace(signed(), at=AT + 2 * turn + 1))
        ledger.signatures.withdraw(CAMPAIGN, "1", AT + 2 * turn + 1)
    assert [entry["number"] for entry in log(ledger)] == list(range(1, 1011))
    assert whole(ledger)
