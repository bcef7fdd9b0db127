"""``mobilise letters settle`` and ``release``: a person decides, the risk is named, and the books stay balanced."""

from __future__ import annotations

import json
import time

import pytest
import redis

from tests.cli.operating import home, unknown, written
from tests.support.people import CAMPAIGN, candidate
from workers.campaign.mailings import Content, Kind, Mailing, Stage
from workers.campaign.model import Consent, Person, Sender
from workers.campaign.profile import Profile
from workers.campaign.states import State
from workers.cli import main
from workers.store import Store
from workers.store.claims import Terms
from workers.store.letters import Claim, Settled, Settlement
from workers.store.people import known_as
from workers.store.tallies import day_number


@pytest.fixture
def mobilise(valkey: str, tmp_path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """Runs one command as an operator without a terminal would: (exit status, stdout, stderr)."""
    monkeypatch.setenv("REDIS_URL", valkey)
    monkeypatch.setenv("MOBILISE_SECRET", "a secret that only tests use")
    monkeypatch.setenv("MOBILISE_HOME", str(home(tmp_path / "home")))

    def run(*arguments: object) -> tuple[int, str, str]:
        status = main([str(argument) for argument in arguments])
        return status, *capsys.readouterr()

    return run


@pytest.fixture
def ledger(store: Store) -> Store:
    for slug in (CAMPAIGN, "over"):
        store.candidates.apply(slug, [candidate(1), candidate(2), candidate(3, email="")])
    return store


def state(ledger: Store, letter_id: str) -> str:
    return ledger.letters.get(letter_id).state.value


def balanced(ledger: Store) -> bool:
    return ledger.tallies.verify(CAMPAIGN) == []


def test_an_unknown_letter_is_shown_with_what_is_known(mobilise, ledger: Store):
    """Since when, of which action, in which call, and why nobody knows."""
    letters = unknown(ledger)
    status, out, _ = mobilise("letters", "list", "-c", CAMPAIGN, "--state", "unknown", "--json")
    rows = json.loads(out)
    assert (status, {row["letter"] for row in rows}) == (0, set(letters))
    assert {(row["reason"], row["call"], row["action"][0]) for row in rows} == {("sender-lost", "no answer", "a")}
    assert all(row["since"] and row["hours"] < 1 for row in rows)


def test_one_that_left_is_counted_today(mobilise, ledger: Store):
    """It is a contact of the day on which it was found to be one."""
    one, other = unknown(ledger)
    status, out, _ = mobilise("letters", "settle", one, "--accepted", "--yes", "--json", "--by", "ops-1")
    assert (status, json.loads(out)["settled"]) == (0, [one])
    assert (state(ledger, one), state(ledger, other)) == ("accepted", "unknown")
    assert ledger.tallies.show(CAMPAIGN).days == {day_number(time.time(), "Europe/London"): 1}
    entry = ledger.events.newest(1)[0]
    assert (entry.kind, entry.body) == ("letters.settled", f"{one} accepted by ops-1")
    assert balanced(ledger)


def test_one_that_did_not_leave_is_due_at_once(mobilise, ledger: Store):
    """And may be claimed like any other."""
    one, _other = unknown(ledger)
    assert mobilise("letters", "settle", one, "--resend", "--yes")[:2] == (0, "1 letter due again now.\n")
    action = ledger.letters.get(one).action
    assert ledger.agenda.due_actions(CAMPAIGN, 10, 1000) == [action]
    claim = ledger.letters.claim(CAMPAIGN, action, time.time() + 90)
    assert isinstance(claim, Claim)
    assert [chosen.id for chosen in claim.candidates] == ["1"]
    assert balanced(ledger)


@pytest.mark.parametrize(("how", "risk"), [("--accepted", "one too many"), ("--resend", "arrives twice")])
def test_without_a_yes_the_risk_is_named_and_nothing_is_done(mobilise, ledger: Store, how: str, risk: str):
    """Law 3: only a person may have a letter posted twice."""
    one, _ = unknown(ledger)
    status, _, err = mobilise("letters", "settle", one, how)
    assert (status, risk in err, state(ledger, one)) == (2, True, "unknown")


def test_all_of_a_campaign_are_counted_before_they_are_settled(mobilise, ledger: Store):
    """The count comes first, and other campaigns stay."""
    letters = [letter for number in range(3) for letter in unknown(ledger, number)]
    elsewhere = unknown(ledger, 1, "over")
    _, _, err = mobilise("letters", "settle", "--all", "-c", CAMPAIGN, "--accepted")
    assert "Count 6 letters as accepted?" in err
    status, out, _ = mobilise("letters", "settle", "--all", "-c", CAMPAIGN, "--accepted", "--yes")
    assert (status, out) == (0, "6 letters counted as accepted.\n")
    assert {state(ledger, letter) for letter in letters} == {"accepted"}
    assert {state(ledger, letter) for letter in elsewhere} == {"unknown"}
    assert len([entry for entry in ledger.events.newest(20) if entry.kind == "letters.settled"]) == 6
    assert mobilise("letters", "settle", "--all", "-c", CAMPAIGN, "--accepted")[:2] == (
        0,
        "0 letters counted as accepted.\n",
    )
    assert balanced(ledger)


@pytest.mark.parametrize("wanted", [State.ACCEPTED, State.REJECTED, State.QUEUED])
def test_what_is_not_unknown_is_refused_and_the_others_stay(mobilise, ledger: Store, wanted: State):
    """Exit status 1: somebody is mistaken about one, so about none is decided."""
    one, _ = unknown(ledger)
    action = written(ledger, 2)
    ledger.letters.claim(CAMPAIGN, action.id, time.time() + 90)
    ledger.letters.settle(Settlement(action, [Settled("1", wanted), Settled("2", wanted)], (), 1))
    for how in ("--accepted", "--resend"):
        status, _, err = mobilise("letters", "settle", one, f"{action.group}-1", how, "--yes")
        assert status == 1
        assert f"is {wanted.value}, not unknown" in err
    assert state(ledger, one) == "unknown"
    assert balanced(ledger)


def test_nothing_is_sent_again_after_the_close(mobilise, ledger: Store):
    """It could not leave; it can still be counted."""
    one, _ = unknown(ledger, 1, "over")
    status, _, err = mobilise("letters", "settle", one, "--resend", "--yes")
    assert (status, "has closed" in err, state(ledger, one)) == (1, True, "unknown")
    assert mobilise("letters", "settle", one, "--accepted", "--yes")[0] == 0


@pytest.mark.parametrize(
    "typed", [["--accepted"], ["d-1"], ["--all", "--accepted"], ["d-1", "--all", "-c", CAMPAIGN, "--resend"]]
)
def test_a_half_said_deed_is_not_done(mobilise, ledger: Store, typed: list[str]):
    """Exit status 2."""
    assert mobilise("letters", "settle", *typed, "--yes")[0] == 2


def test_a_letter_that_is_none_is_told_so(mobilise):
    """Exit status 1."""
    status, _, err = mobilise("letters", "settle", "d" * 17 + "-9", "--accepted", "--yes")
    assert (status, "there is no letter" in err) == (1, True)


def test_a_report_that_comes_first_wins(mobilise, ledger: Store, monkeypatch):
    """Between the question and the deed the provider may have said it."""
    one, other = unknown(ledger)
    settle = ledger.unknowns.settle
    settle(CAMPAIGN, [one], State.ACCEPTED, 1, "report")
    assert settle(CAMPAIGN, [one, other], State.QUEUED, 1, "ops") == [False, True]
    assert balanced(ledger)


def test_the_name_of_who_decides_cannot_break_a_line(mobilise, ledger: Store):
    """It stands in the events."""
    one, _ = unknown(ledger)
    mobilise("letters", "settle", one, "--accepted", "--yes", "--by", "eve\n<x> \x1b[2J")
    assert ledger.events.newest(1)[0].body == f"{one} accepted by eve-x-2J"


def test_old_unknown_letters_and_the_breaker_are_shown_with_the_campaign(mobilise, ledger: Store, valkey: str):
    """What a person should look at stands in one place."""
    one, _ = unknown(ledger)
    with redis.Redis.from_url(valkey) as raw:
        raw.zadd(f"unknown:{CAMPAIGN}", {one: time.time() - 4000})
    _, out, _ = mobilise("campaigns", "show", CAMPAIGN, "--json")
    shown = json.loads(out)
    assert shown["unknown"] == {"letters": 2, "old": 1}
    assert shown["breaker"]["bounced"] == "0 of 0 (0.0%; stops above 0.1)"


def test_held_letters_are_released_once_the_candidate_can_be_reached(mobilise, ledger: Store, valkey: str):
    """And only those."""
    ledger.candidates.apply(CAMPAIGN, [candidate(4, email="")])
    action = written(ledger, 1, ("1", "3", "4"))
    assert mobilise("letters", "release", "-c", CAMPAIGN)[:2] == (0, "0 letters released, 2 still held.\n")
    with redis.Redis.from_url(valkey) as raw:  # an import that died before it told the letters
        for number in "34":
            raw.hset(f"reach:{CAMPAIGN}", number, ledger.ids.address(f"c{number}@candidates.example"))
    _, out, _ = mobilise("letters", "release", "-c", CAMPAIGN, "--candidate", "3", "--json")
    assert json.loads(out) == {"campaign": CAMPAIGN, "released": 1, "held": 1, "candidates": {"3": 1}}
    assert mobilise("letters", "release", "-c", CAMPAIGN)[:2] == (0, "1 letter released, 0 still held.\n")
    assert {letter.state for letter in ledger.letters.of_action(action)} == {State.QUEUED}
    assert mobilise("letters", "release", "-c", CAMPAIGN, "--candidate", "9")[0] == 1
    assert balanced(ledger)


def test_a_copy_that_may_have_left_is_listed_explained_and_sent_again(mobilise, ledger: Store):
    """As a letter is; its mailing, which had finished, goes on for it."""
    book, (copy, other) = unknown_copies(ledger)
    assert ledger.mailings.move(book, Stage.FINISHED, Stage.SENDING)
    status, out, _ = mobilise(
        "letters", "list", "-c", CAMPAIGN, "--mailing", "bulletin.news.1", "--state", "unknown", "--json"
    )
    assert (status, {row["letter"] for row in json.loads(out)}) == (0, {copy, other})
    status, out, _ = mobilise("letters", "show", copy, "--json")
    assert (status, json.loads(out)["mailing"], json.loads(out)["reason"]) == (0, book, "sender-lost")
    status, out, _ = mobilise("explain", copy)
    assert status == 0
    assert "copy of the bulletin news, edition 1" in out
    assert f"mobilise letters settle {copy} --resend" in out
    assert "post.example" not in out
    status, out, _ = mobilise("explain", copy.partition("-")[2])
    assert "They are in the audience of the bulletin news, edition 1" in out
    assert mobilise("letters", "settle", copy, "--resend", "--yes")[0] == 0
    assert mobilise("letters", "settle", other, "--accepted", "--yes")[0] == 0
    assert (state(ledger, copy), state(ledger, other)) == ("queued", "accepted")
    assert ledger.mailings.get(book).stage is Stage.SENDING
    status, out, _ = mobilise("explain", ledger.letters.get(copy).action)
    assert "1 copy queued: waiting for their turn." in out
    assert ledger.tallies.verify(book) == []
    status, out, _ = mobilise("tally", "verify", CAMPAIGN, "--json")
    assert (status, json.loads(out)["balanced"]) == (0, True)


def test_a_copy_of_a_cancelled_mailing_does_not_leave_any_more(mobilise, ledger: Store):
    """It would wait for ever."""
    book, (copy, _) = unknown_copies(ledger)
    assert ledger.mailings.move(book, Stage.CANCELLED, Stage.SENDING)
    status, _, err = mobilise("letters", "settle", copy, "--resend", "--yes")
    assert status
    assert "cancelled" in err
    assert state(ledger, copy) == "unknown"


def test_a_mailing_that_is_not_there_is_named(mobilise, ledger: Store):
    """Not an empty list."""
    status, _, err = mobilise("letters", "list", "-c", CAMPAIGN, "--mailing", "bulletin.none.1")
    assert (status > 0, "there is no mailing" in err) == (True, True)


def unknown_copies(ledger: Store) -> tuple[str, list[str]]:
    """A bulletin's book, and its two copies, whose sender fell silent."""
    ids, content = ledger.ids, Content("News", "Hello", "", "t")
    mailing = Mailing(
        CAMPAIGN, Kind.BULLETIN, "news", "1", Stage.APPROVED, "", content, Sender("R", "r@rivers.example")
    )
    people = [Person(ids.person(f"{n}@post.example", "R"), "R", f"{n}@post.example", "") for n in range(2)]
    yes = [Consent("bulletins", "Yes", 1, "stall")]
    ledger.people.put(
        known_as(one, Profile(ids.address(one.email), "m", purposes=("bulletins",)), yes) for one in people
    )
    ledger.mailings.approve(mailing, 1)
    ledger.mailings.move(mailing.book, Stage.GATHERING, Stage.APPROVED)
    ledger.mailings.write(mailing, 0, [one.id for one in people])
    ledger.mailings.move(mailing.book, Stage.SENDING, Stage.GATHERING)
    terms = Terms("bulletins", "news", "bulletins", day_number(time.time(), "UTC"))
    ledger.letters.claim(mailing.book, ledger.mailings.order_of(mailing, 0)[0], time.time() - 1, terms=terms)
    ledger.letters.expire_claims()
    return mailing.book, [ledger.mailings.copy_of(mailing, one.id) for one in people]
