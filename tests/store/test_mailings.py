"""Calls and bulletins in the ledger: approved once, gathered once, claimed on their terms."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
import redis

from workers.campaign.ids import Ids
from workers.campaign.mailings import Content, Kind, Mailing, Stage
from workers.campaign.model import Consent, Person, Sender
from workers.campaign.profile import Profile
from workers.campaign.states import State
from workers.store import Store
from workers.store.claims import Claim, Refusal, Settled, Settlement, Terms
from workers.store.people import known_as

IDS = Ids("secret")
CONTENT = Content("News", "Hello", "<p>Hello", "token")
MAILING = Mailing("town", Kind.BULLETIN, "news", "1", Stage.APPROVED, "", CONTENT, Sender("Town", "post@town.example"))
TERMS = Terms("bulletins", "news", "bulletins", 20_000, tomorrow_ms=int(time.time() * 1000) + 3_600_000)


@pytest.fixture
def raw(valkey: str):
    with redis.Redis.from_url(valkey) as client:
        yield client


def person(number: int) -> Person:
    address = f"p{number}@supporter.example"
    return Person(IDS.person(address, f"Person {number}"), f"Person {number}", address, "")


def put(store: Store, *people: Person, mailed: tuple[int, ...] = (), domain: str = "mabcde") -> list[str]:
    """Their ids, in the order given; all agreed to bulletins."""
    yes = Consent("bulletins", "Yes", 1, "stall")
    store.people.put(
        known_as(one, Profile(IDS.address(one.email), domain, purposes=("bulletins",), mailed=mailed), [yes])
        for one in people
    )
    return [one.id for one in people]


def order(store: Store, people: list[str]) -> str:
    """One order of the mailing, which is being sent."""
    assert store.mailings.approve(MAILING, len(people))
    assert store.mailings.move(MAILING.book, Stage.GATHERING, Stage.APPROVED)
    assert store.mailings.write(MAILING, 0, people) == len(people)
    assert store.mailings.move(MAILING.book, Stage.SENDING, Stage.GATHERING)
    return store.mailings.order_of(MAILING, 0)[0]


def claim(store: Store, order_id: str, **changed: object) -> Claim | Refusal:
    return store.letters.claim(MAILING.book, order_id, time.time() + 60, terms=TERMS._replace(**changed))  # type: ignore[arg-type]


def claimed(store: Store, order_id: str, **changed: object) -> list[str]:
    found = claim(store, order_id, **changed)
    return [one.id for one, _ in found.readers] if isinstance(found, Claim) else []


def states(store: Store) -> dict[str, int]:
    return {state: n for state, n in store.tallies.totals(MAILING.book).letters.items() if n}


def settle(store: Store, taken: Claim, state: State) -> None:
    letters = [Settled(one.id, state, int(state is State.ACCEPTED)) for one, _ in taken.readers]
    store.letters.settle(Settlement(taken.action, letters, ["m1"], TERMS.day, deadline=taken.deadline))


def test_what_was_approved_is_what_is_sent(store: Store):
    """Approving again is for an edition that has not started; after that nobody changes what it says."""
    assert store.mailings.approve(MAILING, 10)
    newer = replace(MAILING, content=replace(CONTENT, text="Hello again"))
    assert store.mailings.approve(newer, 10)
    store.mailings.move(MAILING.book, Stage.GATHERING, Stage.APPROVED)
    assert not store.mailings.approve(MAILING, 10)
    assert store.mailings.get(MAILING.book).content.text == "Hello again"
    assert [one.book for one in store.mailings.of("town")] == [MAILING.book]


def test_an_order_is_written_once(store: Store):
    """A worker that died while it gathered begins again: nobody is in the audience twice."""
    people = put(store, person(1), person(2))
    order(store, people)
    store.mailings.move(MAILING.book, Stage.GATHERING, Stage.SENDING)
    assert store.mailings.write(MAILING, 0, [*people, *put(store, person(3))]) == 0
    assert store.mailings.get(MAILING.book).audience == 2
    assert states(store) == {"queued": 2}


def test_a_copy_goes_to_whom_nothing_keeps_it_from(store: Store, raw: redis.Redis):
    """Who is gone, left, is suppressed or had enough gets none, and the books say why."""
    stays, gone, left, suppressed, enough = put(store, *map(person, range(5)))
    put(store, person(4), mailed=(19_999, 19_998))
    taken = order(store, [stays, gone, left, suppressed, enough])
    raw.delete(f"person:{gone}")
    raw.hset("preferences", left, "seldom,no-bulletins")
    raw.hset("suppressions", IDS.address(person(3).email), "unsubscribed 1 report")
    assert claimed(store, taken, per_week=2) == [stays]
    assert states(store) == {"sending": 1, "withheld": 4}
    reasons = {one.candidate: one.reason for one in store.letters.of_group(store.mailings.order_of(MAILING, 0)[1])}
    assert reasons[gone] == "person-gone"
    assert reasons[left] == "opted-out"
    assert reasons[suppressed] == "suppressed"
    assert reasons[enough] == "enough-mail"


def test_a_copy_that_left_counts_among_its_persons_mailings(store: Store):
    """So the next call or bulletin knows."""
    (one,) = put(store, person(1))
    taken = claim(store, order(store, [one]))
    assert isinstance(taken, Claim)
    settle(store, taken, State.ACCEPTED)
    profile = store.people.profile(one)
    assert profile
    assert profile.mailed == (20_000,)
    assert states(store) == {"accepted": 1}
    assert store.tallies.verify(MAILING.book) == []


def test_no_more_leave_in_a_second_than_the_rate_allows(store: Store):
    """The rest of an order is due again, and leaves in the next call."""
    taken = order(store, put(store, *map(person, range(5))))
    assert len(claimed(store, taken, per_second=2.0)) == 2
    assert states(store) == {"queued": 3, "sending": 2}
    assert claimed(store, taken, per_second=2.0) == []


def test_one_mail_domain_holds_up_no_other(store: Store):
    """The rate for a domain is that domain's alone."""
    here = put(store, *map(person, range(3)), domain="mhere1")
    there = put(store, person(7), domain="mthere")
    assert claimed(store, order(store, [*here, *there]), per_domain=1.0) == [here[0], *there]


def test_a_warm_up_ends_the_day_early(store: Store):
    """What is left is due tomorrow."""
    taken = order(store, put(store, *map(person, range(5))))
    assert len(claimed(store, taken, most=2)) == 2
    assert claimed(store, taken, most=2) == []
    assert len(claimed(store, taken, most=2, day=20_001)) == 2


@pytest.mark.parametrize("scope", ["all", "campaign:town", "queue:bulletins", "mailing:town/bulletin.news.1"])
def test_a_pause_stops_copies(store: Store, scope: str):
    """Each of the scopes does, and nothing is claimed under it."""
    taken = order(store, put(store, person(1)))
    store.pauses.pause(scope, "by hand")
    found = claim(store, taken)
    assert isinstance(found, Refusal)
    assert found.why == "paused"


def test_only_what_failed_is_tried_again(store: Store):
    """Cancelled and retried copies move by their state, whatever order they are in."""
    first, second = put(store, person(1), person(2))
    taken = claim(store, order(store, [first, second]))
    assert isinstance(taken, Claim)
    letters = [Settled(first, State.ACCEPTED, 1), Settled(second, State.REJECTED, 0, "400")]
    store.letters.settle(Settlement(taken.action, letters, ["m1"], 1, deadline=taken.deadline))
    assert store.mailings.turn(MAILING.book, [State.REJECTED], State.QUEUED, "retried") == 1
    assert claimed(store, store.mailings.order_of(MAILING, 0)[0]) == [second]
    assert store.mailings.turn(MAILING.book, [State.QUEUED], State.CANCELLED, "by hand") == 0
    assert not store.mailings.is_idle(MAILING.book)


def test_a_copy_that_comes_back_to_a_cancelled_mailing_waits_no_more(store: Store):
    """The provider said "later" while somebody cancelled: it would have waited for ever."""
    first, second = put(store, person(1), person(2))
    taken = claim(store, order(store, [first, second]))
    assert isinstance(taken, Claim)
    assert store.mailings.move(MAILING.book, Stage.CANCELLED, Stage.SENDING)
    letters = [Settled(first, State.ACCEPTED, 1), Settled(second, State.QUEUED, 0, "429")]
    store.letters.settle(Settlement(taken.action, letters, ["m1"], 1, deadline=taken.deadline))
    assert states(store) == {"accepted": 1, "cancelled": 1}
    assert store.mailings.is_idle(MAILING.book)
    assert store.tallies.verify(MAILING.book) == []


def test_a_mailing_is_finished_only_when_its_books_balance(store: Store, raw: redis.Redis):
    """Neither while a copy waits, nor while its states are not its audience."""
    taken = claim(store, order(store, put(store, person(1), person(2))))
    assert isinstance(taken, Claim)
    assert not store.mailings.move(MAILING.book, Stage.FINISHED, Stage.SENDING)
    settle(store, taken, State.ACCEPTED)
    raw.hincrby(f"tally:{MAILING.book}", "accepted", -1)
    assert not store.mailings.move(MAILING.book, Stage.FINISHED, Stage.SENDING)
    store.tallies.repair(MAILING.book)
    assert store.mailings.move(MAILING.book, Stage.FINISHED, Stage.SENDING)


def test_a_copy_that_is_sent_again_does_not_count_as_another_mailing(store: Store):
    """Its person would have had enough mail by the copy that perhaps never came."""
    (one,) = put(store, person(1), mailed=(19_990,))
    today = int(time.time()) // 86_400
    taken = claim(store, order(store, [one]), day=today)
    assert isinstance(taken, Claim)
    letters = [Settled(one, State.UNKNOWN, 0, "timeout")]
    store.letters.settle(Settlement(taken.action, letters, [], today, deadline=taken.deadline))
    assert (profile := store.people.profile(one))
    assert profile.mailed[-1] == today
    assert store.mailings.turn(MAILING.book, [State.UNKNOWN], State.QUEUED, "retried") == 1
    store.pauses.end_hold()
    assert claimed(store, store.mailings.order_of(MAILING, 0)[0], day=today, per_week=1) == [one]


def test_copies_of_a_sender_that_fell_silent_count_as_mailings(store: Store):
    """They may have arrived: nobody is to get more mail for a machine that died."""
    people = [*put(store, person(1)), *put(store, person(2), mailed=(1,))]
    store.letters.claim(MAILING.book, order(store, people), time.time() - 1, terms=TERMS)
    assert [n for _, _, n in store.letters.expire_claims()] == [2]
    today = int(time.time()) // 86_400
    assert all((profile := store.people.profile(one)) and profile.mailed == (today,) for one in people)


def test_an_order_of_thousands_is_claimed_whole(store: Store):
    """An audience may grow while it is gathered; Lua unpacks no more than some thousands of words at once."""
    people = [one for start in range(0, 9_000, 1_000) for one in put(store, *map(person, range(start, start + 1_000)))]
    assert claimed(store, order(store, people)) == people
