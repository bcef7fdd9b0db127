"""``mobilise bulletins`` and ``calls``: approved, scheduled, sent, stopped and retried, and what each says of it."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from tests.cli.operating import home
from tests.support.outbox import Outbox
from tests.support.people import CAMPAIGN, candidate, person
from workers.campaign.mailings import Stage
from workers.campaign.model import Consent
from workers.campaign.profile import Profile
from workers.campaign.states import State
from workers.cli import main
from workers.store import Store
from workers.store.people import known_as

BULLETIN = 'campaign = "clean-rivers"\ntitle = "News"\nsubject = "News"\n'
CALL = 'campaign = "clean-rivers"\ntitle = "Ask"\nsubject = "Ask"\n[reminder]\nafter_days = 2\nsubject = "Again"\n'
NAME = "news"


@pytest.fixture
def outbox(tmp_path: Path):
    with Outbox(tmp_path / "outbox") as running:
        yield running


@pytest.fixture
def mobilise(valkey, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd, outbox: Outbox):
    """Runs one command as an operator without a terminal would: (exit status, what --json said, stderr)."""
    folder = home(tmp_path / "home")
    for kind, toml, name in (("bulletin", BULLETIN, NAME), ("call", CALL, "ask")):
        made = folder / "config" / f"{kind}s" / name
        made.mkdir(parents=True)
        (made / f"{kind}.toml").write_text(toml)
        (made / "body.md").write_text("Dear {{ person.name }},\n\nwrite: {{ act_url }}" if kind == "call" else "Hello!")
    monkeypatch.setenv("REDIS_URL", valkey)
    monkeypatch.setenv("MOBILISE_SECRET", "a secret that only tests use")
    monkeypatch.setenv("MOBILISE_HOME", str(folder))
    monkeypatch.setenv("SENDGRID_BASE_URL", outbox.url)
    monkeypatch.setenv("SENDGRID_API_KEY", "SG.test")

    def run(*arguments: str) -> tuple[int, dict, str]:
        status = main([*arguments, "--json"])
        out, err = capfd.readouterr()
        return status, json.loads(out.splitlines()[-1]) if out else {}, err

    return run


@pytest.fixture
def readers(store: Store) -> list[str]:
    """Three who agreed to bulletins and to calls."""
    store.candidates.apply(CAMPAIGN, [candidate(1)])
    people = [person(store.ids, number) for number in range(3)]
    yes = [Consent(purpose, "Yes", 1, "stall") for purpose in ("bulletins", "calls")]
    agreed = ("bulletins", "calls")
    store.people.put(
        known_as(one, Profile(store.ids.address(one.email), "mabcde", purposes=agreed), yes) for one in people
    )
    return [one.id for one in people]


def test_nothing_is_sent_that_was_not_approved(mobilise, readers):
    """The mistake says what to do, and leaves nothing behind."""
    status, _, err = mobilise("bulletins", "send", NAME, "--yes")
    assert status == 1
    assert "mobilise bulletins approve news" in err
    assert mobilise("bulletins", "list")[1] == []


def test_an_edition_is_approved_then_sent(mobilise, readers, store: Store):
    """Each step asks once, and says how many it is for; --dry-run and --rehearse touch nothing."""
    status, said, _ = mobilise("bulletins", "approve", NAME, "--edition", "1", "--yes")
    assert (status, said["result"]) == (0, "approved; say mobilise bulletins send news")
    assert mobilise("bulletins", "send", NAME, "--dry-run")[1]["recipients"] == 3
    assert mobilise("bulletins", "status", NAME)[1]["stage"] == "approved"
    assert mobilise("bulletins", "send", NAME, "--yes")[1]["expected"] == 3
    assert store.mailings.get(f"{CAMPAIGN}/bulletin.news.1").stage is Stage.GATHERING
    status, _, err = mobilise("bulletins", "send", NAME, "--yes")
    assert status == 1
    assert "edition 1 is gathering" in err


def test_a_test_goes_to_one_address_alone(mobilise, readers, outbox: Outbox, store: Store):
    """Marked as a rehearsal, before anything is approved."""
    status, said, _ = mobilise("bulletins", "test", NAME, "--to", "me@town.example")
    assert (status, said["rehearsed"]) == (0, 1)
    (mail,) = outbox.accepted()
    assert mail.to.email == "me@town.example"
    assert mail.subject.startswith("[Rehearsal]")
    assert store.mailings.of() == []


@pytest.mark.parametrize("when", ["2020-01-01 09:00 Europe/London", "2027-03-28 01:30 Europe/London", "soon"])
def test_a_time_that_cannot_be_is_refused(mobilise, readers, when: str):
    """In the past, in the hour that the spring night does not have, or no time at all."""
    status, _, err = mobilise("bulletins", "approve", NAME, "--at", when, "--yes")
    assert status == 1
    assert "error: at: " in err
    assert mobilise("bulletins", "list")[1] == []


def test_an_approved_edition_gets_another_time(mobilise, readers, store: Store):
    """What it says stays what was approved."""
    mobilise("bulletins", "approve", NAME, "--edition", "1", "--yes")
    before = store.mailings.get(f"{CAMPAIGN}/bulletin.news.1").content
    status, said, _ = mobilise("bulletins", "schedule", NAME, "--at", "2027-01-02 09:00 Europe/London")
    after = store.mailings.get(f"{CAMPAIGN}/bulletin.news.1")
    assert (status, after.due_at, after.content) == (0, 1_798_880_400, before)
    assert said["due_at"] == after.due_at


def test_a_call_is_sent_with_its_reminder(mobilise, readers, store: Store):
    """One command: it counts, asks, sends, and the reminder stands for later."""
    assert mobilise("calls", "send", "ask", "--edition", "1", "--yes")[0] == 0
    call, reminder = (store.mailings.get(f"{CAMPAIGN}/call.ask.{name}") for name in ("1", "1-reminder"))
    assert (call.stage, reminder.stage) == (Stage.GATHERING, Stage.APPROVED)
    assert reminder.content.subject == "Again"
    assert 1.9 < (reminder.due_at - time.time()) / 86_400 < 2.1
    status = mobilise("calls", "status", "ask")[1]
    assert (status["edition"], status["acted"], status["where"]) == ("1", 0, "not wrote")


def test_a_mailing_is_paused_resumed_and_cancelled(mobilise, readers, store: Store):
    """And says in which stage it is, for whoever looks at two in the morning."""
    mobilise("calls", "send", "ask", "--edition", "1", "--yes")
    book = f"{CAMPAIGN}/call.ask.1"
    store.mailings.write(store.mailings.get(book), 0, readers)
    assert mobilise("calls", "pause", "ask", "--reason", "a typo")[1]["result"] == "paused"
    assert f"mailing:{book}" in store.pauses.all()
    assert mobilise("calls", "status", "ask")[1]["stage"] == "gathering, paused"
    assert mobilise("calls", "resume", "ask")[1]["result"] == "resumed"
    assert mobilise("calls", "cancel", "ask", "--yes")[1]["copies"] == 3
    status = mobilise("calls", "status", "ask")[1]
    assert (status["stage"], status["states"], status["balanced"]) == ("cancelled", {State.CANCELLED: 3}, True)
    assert mobilise("calls", "cancel", "ask", "--yes")[0] == 1


def test_nobody_in_the_audience_is_an_error(mobilise, store: Store):
    """Before anything is frozen."""
    status, _, err = mobilise("bulletins", "approve", NAME, "--yes")
    assert status == 1
    assert "nobody would get it" in err


def test_a_call_of_a_campaign_that_is_over_is_an_error(mobilise, readers):
    """Its page could only say that it is too late."""
    assert mobilise("campaigns", "close", CAMPAIGN, "--yes")[0] == 0
    status, _, err = mobilise("calls", "send", "ask", "--yes")
    assert status == 1
    assert "is over: nobody can act on a call" in err
