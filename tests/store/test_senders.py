"""A ledger beside its senders' journals: who knows more, what that stops, and how an operator lets it go on."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
import redis

from tests.support.campaigns import OPEN
from tests.support.logs import logged_by
from tests.support.people import CAMPAIGN, candidate, person, take
from tests.support.ports import free_port
from tests.support.processes import ROOT, environment
from tests.support.valkey import flush
from workers import doubts, publisher
from workers.app import App, boot
from workers.campaign.model import Action
from workers.doubts import Doubts, Lookout
from workers.errors import UnsafeError
from workers.journal import Journal
from workers.journal_files import Entry
from workers.settings import Settings
from workers.store import Store
from workers.store.letters import Claim, Refusal, Sender
from workers.store.scripts import WENT_BACK


@pytest.fixture
def ledger(store: Store) -> Store:
    """Two candidates who can be reached."""
    store.candidates.apply(CAMPAIGN, [candidate(1), candidate(2)])
    return store


@pytest.fixture
def app(valkey: str, tmp_path: Path):
    """A sender with a journal; nobody listens where the provider should be, so that no letter leaves."""
    (tmp_path / "campaigns").mkdir()
    (tmp_path / "campaigns" / f"{CAMPAIGN}.toml").write_text(OPEN)
    env = environment(
        REDIS_URL=valkey,
        SENDGRID_API_KEY="outbox",
        SENDGRID_BASE_URL=f"http://127.0.0.1:{free_port()}",
        MOBILISE_WORKER__JOURNAL=str(tmp_path / "journal"),
        MOBILISE_CAMPAIGNS__FOLDER=str(tmp_path / "campaigns"),
    )
    app = boot(Settings.load(ROOT, env), ROOT)
    app.journal.open()
    yield app
    app.journal.close()
    app.close()


@pytest.fixture
def raw(valkey: str):
    with redis.Redis.from_url(valkey) as client:
        yield client


def written(ledger: Store, number: int):
    action = take(ledger, person(ledger.ids, number), ("1", "2"))
    ledger.letters.write(CAMPAIGN, [action.id], 60_000)
    return action


def claim(ledger: Store, action, sender: Sender) -> Claim | Refusal:
    return ledger.letters.claim(CAMPAIGN, action.id, time.time() + 90, sender)


def number(found: Claim | Refusal) -> int:
    assert isinstance(found, Claim)
    return found.number


def send(app: App, *actions: Action) -> list[tuple[str, str]]:
    """As a worker does; which actions' letters were requeued, and why."""
    with logged_by(publisher) as said:
        app.broker.get_actor("send_letters").fn(campaign=CAMPAIGN, actions=[action.id for action in actions])
    return [(line["action"], line["reason"]) for line in said if line["event"] == "letters.requeued"]


def states(ledger: Store, action) -> list[str]:
    return [letter.state.value for letter in ledger.letters.of_action(action)]


def test_claims_are_numbered_for_each_sender(ledger: Store):
    """One that took nothing has no number; one without a journal neither."""
    first, second, third = (written(ledger, supporter) for supporter in range(3))
    one, other = Sender("one"), Sender("other")
    assert number(claim(ledger, first, one)) == 1
    assert claim(ledger, first, one) == Refusal("nothing")
    assert number(claim(ledger, second, one)) == 2
    assert number(claim(ledger, third, other)) == 1
    assert number(claim(ledger, written(ledger, 4), Sender())) == 0


def test_a_claim_on_a_ledger_that_knows_less_is_refused_and_everything_stops(ledger: Store):
    """In the same script: no other sender, behind or not, takes a letter any more."""
    first, second = written(ledger, 1), written(ledger, 2)
    assert claim(ledger, first, Sender("one", 3)) == Refusal("behind")
    assert ledger.pauses.all()["all"].reason == WENT_BACK
    assert claim(ledger, second, Sender("other")) == Refusal("paused")
    assert states(ledger, first) == ["queued", "queued"]
    assert [entry.body for entry in ledger.events.newest(9) if entry.kind == "ledger.went_back"] == ["one 0 3"]


def test_the_hold_is_not_lifted_by_the_way(ledger: Store):
    """``campaigns resume all`` is a habit; this needs a look at the doubts."""
    ledger.senders.compare({"one": 1})
    with pytest.raises(UnsafeError, match="mobilise ledger accept"):
        ledger.pauses.resume("all")
    assert ledger.pauses.went_back()


def test_a_new_connection_compares_before_it_is_used(ledger: Store, valkey: str, raw):
    """A sender that was idle when the server went back would know of nothing by itself."""
    raw.hset("senders", "one", 2)
    first = written(ledger, 1)
    known = {"one": 2}
    store = Store.connect(valkey, ledger.ids, lambda: known)
    store.ping()
    assert ledger.pauses.all() == {}
    known["one"] = 3
    store.close()  # as a server's restart does to every connection
    assert claim(store, first, Sender("idle")) == Refusal("paused")
    assert ledger.pauses.went_back()


def test_a_pause_by_hand_stays_when_the_doubts_are_accepted(ledger: Store):
    """The operator paused for a reason of their own."""
    ledger.pauses.pause("all", "by hand")
    assert ledger.senders.compare({"one": 1}) == {"one": 0}
    assert ledger.senders.accept({"one": 1}) is False
    assert ledger.pauses.all()["all"].reason == "by hand"
    assert ledger.senders.compare({"one": 1}) == {}


def test_a_journal_has_what_is_about_to_be_posted(ledger: Store, app: App):
    """Before the call begins: whether it leaves or not."""
    action = written(ledger, 1)
    ((requeued, why),) = send(app, action)
    assert (requeued, why) != (action.id, "journal")
    (noted,) = app.journal.entries({app.journal.sender: 0})
    assert (noted.number, noted.action, noted.group, noted.candidates) == (1, action.id, action.group, ("1", "2"))


def test_what_cannot_be_noted_is_not_posted(ledger: Store, app: App, tmp_path: Path):
    """Its letters wait again, and the sender takes no others."""
    first, second = written(ledger, 1), written(ledger, 2)
    (tmp_path / "journal" / f"{app.journal.sender}.log").unlink()
    assert send(app, first, second) == [(first.id, "journal")]
    assert states(ledger, first) == ["queued", "queued"]
    assert ledger.letters.claims_in_flight() == 0
    assert send(app, second) == []
    assert ledger.tallies.verify(CAMPAIGN) == []


def test_letters_that_a_lost_past_may_have_posted_are_never_posted_again(ledger: Store, app: App, raw, tmp_path: Path):
    """Queued and held ones become unknown; absent ones do when they come again; what went further stays."""
    ledger.candidates.apply(CAMPAIGN, [candidate(3, email="")])
    held = take(ledger, person(ledger.ids, 1), ("1", "3"))
    ledger.letters.write(CAMPAIGN, [held.id], 60_000)
    before = raw.dump(f"deliveries:{held.group}")
    tallies = {key: raw.dump(key) for key in raw.keys(f"tally:{CAMPAIGN}*")}
    ledger.candidates.apply(CAMPAIGN, [candidate(3)])
    ledger.letters.release(CAMPAIGN, "3")
    send(app, held)
    absent = person(ledger.ids, 2)
    gone = take(ledger, absent, ("1",))
    raw.delete("hold")
    ledger.letters.write(CAMPAIGN, [gone.id], 60_000)
    send(app, gone)

    raw.delete("senders", "hold", f"deliveries:{gone.group}", f"action:{gone.id}", f"actions:{CAMPAIGN}", "claims")
    raw.rpush(f"actions:{CAMPAIGN}", held.id)
    for key, value in {f"deliveries:{held.group}": before, **tallies}.items():
        raw.restore(key, 0, value, replace=True)
    assert states(ledger, held) == ["queued", "held"]

    found = Doubts(ledger, [tmp_path / "journal"])
    told = {doubt.letter.partition("-")[2] + doubt.action[:4]: (doubt.says, doubt.lost) for doubt in found.letters()}
    assert told == {
        f"1{held.id[:4]}": ("queued", False),
        f"3{held.id[:4]}": ("held", False),
        f"1{gone.id[:4]}": ("absent", True),
    }
    assert found.accept() == (2, 1, True)
    assert found.accept() == (0, 0, False)
    assert states(ledger, held) == ["unknown", "unknown"]
    again = take(ledger, absent, ("1", "2"))
    ledger.letters.write(CAMPAIGN, [again.id], 60_000)
    assert states(ledger, again) == ["unknown", "queued"]
    assert {letter.reason for letter in ledger.letters.unknown(CAMPAIGN)} == {"ledger-went-back"}
    assert ledger.tallies.verify(CAMPAIGN) == []
    assert raw.exists("doubts") == 0


def test_an_empty_ledger_is_an_alarm_to_those_who_remember_another_and_to_nobody_else(
    ledger: Store, app: App, valkey: str, tmp_path: Path
):
    """A volume that was lost looks the same as a fresh start: a new journal folder makes it one."""
    send(app, written(ledger, 1))
    flush(valkey)
    with logged_by(doubts) as said:
        Lookout(ledger, Journal(tmp_path / "another")).look()
        assert ledger.pauses.all() == {}
        lookout = Lookout(ledger, Journal(tmp_path / "journal"))
        lookout.look()
        lookout.look()
    (line,) = [line for line in said if line["event"] == "ledger.went_back"]
    assert (line["sender"], line["ledger"], line["journal"], line["in_doubt"]) == (app.journal.sender, 0, 1, 2)
    assert "mobilise ledger accept" in line["mend"]
    assert ledger.pauses.went_back()


def test_a_receipt_that_a_lost_past_may_have_posted_is_not_sent_again(ledger: Store):
    """Every kind of delivery keeps the law, not letters alone."""
    supporter, book = person(ledger.ids, 1), ledger.receipts.book(CAMPAIGN)
    group = ledger.ids.group(CAMPAIGN, "receipt", "undelivered about", supporter.id)
    entry = Entry(1, 1_790_000_000, book, "a" * 17, group, (supporter.id,))
    assert ledger.senders.doubt([entry]) == (0, 1)
    order = ledger.receipts.queue(CAMPAIGN, supporter, "undelivered", "about")
    assert ledger.letters.claim(book, order, time.time() + 90) == Refusal("nothing")
    assert [letter.state.value for letter in ledger.letters.unknown(book)] == ["unknown"]
