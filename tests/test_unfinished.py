"""What a worker that died had claimed: its journal tells what surely did not leave, and what surely did."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.support.logs import logged_by
from tests.support.people import CAMPAIGN, campaign, candidate, person, take
from tests.support.relay import Relay
from workers import unfinished as unfinished_module
from workers.campaign.model import Action
from workers.campaign.states import State
from workers.journal import Journal
from workers.journal_files import Entry, boot_id
from workers.store import Store
from workers.store.claims import Sender
from workers.unfinished import Recovery, unfinished

BOOT = b"11111111-2222"


@pytest.fixture
def ledger(store: Store) -> Store:
    store.candidates.apply(CAMPAIGN, [candidate(1), candidate(2)])
    return store


def claimed(ledger: Store, folder: Path, actions: int, until: float = 90.0) -> tuple[Journal, list[Action]]:
    """The journal of a worker that has claimed these together, and died as the first was about to be posted."""
    taken = [take(ledger, person(ledger.ids, number), ("1", "2")) for number in range(actions)]
    ledger.letters.write(CAMPAIGN, [action.id for action in taken], 60_000)
    journal, deadline = Journal(folder), time.time() + until
    journal.open()
    orders = [action.id for action in taken]
    found = ledger.letters.settle_and_claim([], CAMPAIGN, orders, deadline, Sender(journal.sender))
    assert isinstance(found, list)
    entries = [
        Entry(one.number, int(time.time()), CAMPAIGN, one.action.id, one.action.group, one.recipients) for one in found
    ]
    assert journal.append(*entries, until_ms=int(deadline * 1000))
    return journal, taken


def again(ledger: Store, dead: Journal, folder: Path) -> Journal:
    """The process that takes over the journal, and what it does first."""
    dead.close()
    journal = Journal(folder)
    journal.open()
    assert journal.sender == dead.sender
    Recovery(ledger, {CAMPAIGN: campaign()}, journal).attempt()
    return journal


def states(ledger: Store, actions: list[Action]) -> list[str]:
    return [" ".join({one.state.value for one in ledger.letters.of_action(action)}) for action in actions]


def test_what_had_not_begun_is_due_again_and_what_had_an_answer_is_accepted(ledger: Store, tmp_path: Path):
    """Only the call that was on its way stays in doubt, until its claim runs out or it is reported on."""
    dead, actions = claimed(ledger, tmp_path, 4)
    assert dead.go_on(2, "the-id-of-the-first")
    with logged_by(unfinished_module) as said:
        journal = again(ledger, dead, tmp_path)
    assert states(ledger, actions) == ["accepted", "sending", "queued", "queued"]
    assert {letter.message_id for letter in ledger.letters.of_action(actions[0])} == {"the-id-of-the-first"}
    assert set(ledger.agenda.due_actions(CAMPAIGN, 10, 60_000)) == {action.id for action in actions[2:]}
    assert [(line["event"], line["given_back"], line["accepted"]) for line in said] == [("claims.recovered", 4, 2)]
    assert ledger.tallies.verify(CAMPAIGN) == []
    journal.close()


def test_it_is_done_once_however_often_the_worker_dies(ledger: Store, tmp_path: Path):
    """What another sender has claimed since is theirs."""
    dead, actions = claimed(ledger, tmp_path, 3)
    second = again(ledger, dead, tmp_path)
    assert isinstance(ledger.letters.settle_and_claim([], CAMPAIGN, [actions[2].id], time.time() + 60), list)
    third = again(ledger, second, tmp_path)
    assert states(ledger, actions) == ["sending", "queued", "sending"]
    third.close()


def test_a_call_of_which_nobody_knows_more_stays_in_doubt(ledger: Store, tmp_path: Path):
    """One claim that began at once, and one that the provider answered in some other way."""
    dead, actions = claimed(ledger, tmp_path, 2)
    assert dead.go_on(2, "")
    again(ledger, dead, tmp_path).close()
    assert states(ledger, actions) == ["sending", "sending"]


def test_a_campaign_whose_file_is_gone_keeps_no_worker_from_starting(ledger: Store, tmp_path: Path):
    """What had an answer waits for its report."""
    dead, actions = claimed(ledger, tmp_path, 3)
    assert dead.go_on(2, "the-id-of-the-first")
    dead.close()
    journal = Journal(tmp_path)
    journal.open()
    Recovery(ledger, {}, journal).attempt()
    assert states(ledger, actions) == ["sending", "sending", "queued"]
    journal.close()


def test_also_if_the_claim_has_run_out_meanwhile(ledger: Store, tmp_path: Path):
    """A worker that comes back late: what nobody had begun is not in doubt any more."""
    dead, actions = claimed(ledger, tmp_path, 4, until=-1.0)
    assert dead.go_on(2, "the-id-of-the-first")
    ledger.letters.expire_claims()
    assert states(ledger, actions) == ["unknown"] * 4
    again(ledger, dead, tmp_path).close()
    assert states(ledger, actions) == ["accepted", "unknown", "queued", "queued"]
    assert ledger.tallies.verify(CAMPAIGN) == []


def test_what_ran_out_in_a_later_claim_stays_in_doubt(ledger: Store, tmp_path: Path):
    """An operator let it be sent again, and that sender died as well: it may have left then."""
    dead, actions = claimed(ledger, tmp_path, 2, until=-2.0)
    ledger.letters.expire_claims()
    second = [letter.id for letter in ledger.letters.of_action(actions[1])]
    assert ledger.unknowns.settle(CAMPAIGN, second, State.QUEUED, 20_000, "operator") == [True, True]
    assert isinstance(ledger.letters.settle_and_claim([], CAMPAIGN, [actions[1].id], time.time() - 1), list)
    ledger.letters.expire_claims()
    again(ledger, dead, tmp_path).close()
    assert states(ledger, actions) == ["unknown", "unknown"]


def test_a_ledger_that_is_away_is_asked_again(ledger: Store, valkey: str, tmp_path: Path):
    dead, actions = claimed(ledger, tmp_path, 2)
    dead.close()
    journal, server, is_back = Journal(tmp_path), urlsplit(valkey), threading.Event()
    journal.open()

    def target() -> tuple[str, int]:
        if not is_back.is_set():
            raise ConnectionRefusedError
        return "127.0.0.1", server.port or 0

    with Relay(target) as relay:
        store = Store.connect(f"redis://127.0.0.1:{relay.port}{server.path}", ledger.ids)
        recovery = Recovery(store, {CAMPAIGN: campaign()}, journal)
        recovery.attempt()
        assert states(ledger, actions) == ["sending", "sending"]
        is_back.set()
        recovery.attempt()
        assert states(ledger, actions) == ["sending", "queued"]
        store.close()
    journal.close()


def lines(*words: str) -> list[bytes]:
    return [word.encode() for word in words]


def claim_line(number: int) -> str:
    return f"{number} {number} 1790000000 clean-rivers a{number} d{number} 1,2"


def test_what_was_written_before_the_machine_went_down_is_not_believed():
    """The last lines may be lost then, and with them that a call began."""
    kept = lines(f"boot {BOOT.decode()}", "until 1790000090000 2 7", claim_line(7), claim_line(8))
    assert [one.entry.number for one in unfinished(kept, BOOT)] == [8]
    assert unfinished(kept, b"33333333-4444") == []
    assert unfinished([*kept, b"boot 33333333-4444"], b"33333333-4444") == []


@pytest.mark.parametrize("torn", ["until 17", "until x y z", "next 8", "next - m", "boot", "", "\x00\x00", "next 99 m"])
def test_lines_that_nobody_can_read_are_passed_over(torn: str):
    kept = lines(f"boot {BOOT.decode()}", torn, "until 1790000090000 2 7", claim_line(7), torn, claim_line(8), torn)
    assert [one.entry.number for one in unfinished(kept, BOOT)] == [8]


def test_claims_that_begin_at_once_leave_nothing_to_recover():
    """A single claim, or the letters of a summary, which leave together."""
    assert unfinished(lines(f"boot {BOOT.decode()}", claim_line(1), claim_line(2)), BOOT) == []


def test_a_deadline_comes_to_the_same_milliseconds_again():
    for until_ms in range(1_790_000_000_000, 1_790_000_003_000):
        kept = lines(f"boot {BOOT.decode()}", f"until {until_ms} 2 1", claim_line(1), claim_line(2))
        assert int(unfinished(kept, BOOT)[0].deadline * 1000) == until_ms


def test_this_machine_knows_when_it_started():
    assert len(boot_id()) > 8
