"""Outside production real people get no mail: who is let through, and what becomes of the rest."""

from __future__ import annotations

import threading

import pytest

from tests.actors.summing import PUSH, Provider, flood, summaries
from tests.mail.post_office import composer, write
from tests.support.people import CAMPAIGN, campaign, candidate, person, take
from tests.support.processes import ROOT
from workers.actors.letters import send_letters, send_summaries
from workers.app import boot
from workers.campaign.events import LettersStopped
from workers.campaign.outcomes import Outcome
from workers.doubts import Lookout
from workers.journal import Journal
from workers.mail.guard import Guard, Guarded
from workers.mail.posting import post_all
from workers.sending import Sending
from workers.settings import Settings
from workers.store import Store

REAL = "mp@river-parliament.org"
GUARD = Guard.of("ops@campaign-office.org, @Testers.org")


@pytest.mark.parametrize(
    "address",
    [
        "kim@supporter.example",
        "a@b.test",
        "a@deep.below.invalid",
        "a@example.org",
        "a@mail.example.com",
        "OPS@campaign-office.org",
        "ops+try@campaign-office.org",
        "anybody@testers.org",
    ],
)
def test_names_that_nobody_can_have_and_those_listed_are_let_through(address: str):
    """RFC 2606 and 6761 keep some names free; a tag and capitals make no other mailbox."""
    assert GUARD.lets(address)


@pytest.mark.parametrize(
    "address",
    [
        REAL,
        "a@notexample.org",
        "a@example.org.uk",
        "a@fake-example",
        "other@campaign-office.org",
        "a@sub.testers.org",
        "@testers.org@x.org",
        "",
    ],
)
def test_everybody_else_is_real(address: str):
    """Also what merely looks like one of them."""
    assert not GUARD.lets(address)


@pytest.mark.parametrize(
    ("environ", "guards"),
    [
        ({}, True),
        ({"MOBILISE_ENVIRONMENT": "staging", "MOBILISE_SECRET": "Zx81" * 8}, True),
        ({"MOBILISE_ENVIRONMENT": "production", "MOBILISE_SECRET": "Zx81" * 8}, False),
        ({"SENDGRID_BASE_URL": "http://127.0.0.1:8025"}, False),
        ({"SENDGRID_BASE_URL": "https://outbox:8025"}, False),
        ({"SENDGRID_BASE_URL": "https://api.eu.sendgrid.com"}, True),
        ({"SENDGRID_BASE_URL": "https://[2001:db8::1]"}, True),
    ],
)
def test_a_fresh_checkout_mails_nobody_real(environ: dict[str, str], *, guards: bool):
    """Only production does; the outbox, on this machine or beside it in compose, hands nothing on."""
    assert Settings.read(ROOT, environ)[0].guards_people is guards


def test_a_call_is_split_until_it_holds_only_who_may_be_mailed():
    """As for a refusal: one real address keeps no other letter of its action back."""
    provider, people = Provider(), [candidate(1), candidate(2, email=REAL), candidate(3), candidate(4)]
    posted = list(post_all(Guarded(provider, GUARD), write(people), 2**33, threading.Event()))
    assert [to.email for call in provider.calls for to in call.recipients] == [
        one.email for one in people if one.email != REAL
    ]
    outcomes = {delivery[-1]: one.answer.outcome for one in posted for delivery in one.deliveries}
    assert {delivery for delivery, outcome in outcomes.items() if outcome is Outcome.WITHHELD} == {"2"}


def test_what_is_withheld_says_why_and_the_books_balance(store: Store):
    """It is visible, it is no failure for the breaker, and it is told once for an action, without an address."""
    store.candidates.apply(CAMPAIGN, [candidate(1), candidate(2, email=REAL), candidate(3, email=f"x{REAL}")])
    action = take(store, person(store.ids, 1), ("1", "2", "3"))
    store.letters.write(CAMPAIGN, [action.id], 60_000)
    provider, journal = Provider(), Journal(None)
    sending = Sending(store, Guarded(provider, GUARD), journal, Lookout(store, journal), threading.Event(), 90.0)
    push = {CAMPAIGN: campaign()}
    told = list(send_letters.fn(CAMPAIGN, [action.id], sending=sending, composer=composer(), campaigns=push))
    (stopped,) = [event for event in told if isinstance(event, LettersStopped)]
    assert (stopped.letters, stopped.reason) == (2, "not-production")
    letters = {one.candidate: f"{one.state} {one.reason}".rstrip(" -") for one in store.letters.of_action(action)}
    assert letters == {"1": "accepted", "2": "withheld not-production", "3": "withheld not-production"}
    assert len(provider.calls) == 1
    assert store.tallies.totals(CAMPAIGN).contacts == 1
    assert store.tallies.verify(CAMPAIGN) == []
    assert store.windows.read({CAMPAIGN: 60})[CAMPAIGN].counts == {"accepted": 1}
    assert (store.letters.claims_in_flight(), store.agenda.waiting(CAMPAIGN)) == (0, 0)


def test_a_daily_summary_is_withheld_as_well(store: Store):
    """Whatever carries letters passes the same place."""
    store.candidates.apply(CAMPAIGN, [candidate(1, email=REAL)])
    flood(store)
    provider = Provider()
    made = summaries(store, Guarded(provider, GUARD))  # type: ignore[arg-type]
    (told,) = send_summaries.fn(campaign=CAMPAIGN, candidates=["1"], summaries=made, campaigns={CAMPAIGN: PUSH})
    assert isinstance(told, LettersStopped)
    assert (told.letters, provider.calls) == (4, [])
    assert {f"{one.state} {one.reason}" for one in store.letters.newest_first(CAMPAIGN)} == {"withheld not-production"}
    assert store.tallies.verify(CAMPAIGN) == []


@pytest.mark.parametrize(
    ("environ", "posted"),
    [
        ({}, False),
        ({"MOBILISE_MAIL__ALLOWED": "@river-parliament.org"}, True),
        ({"SENDGRID_BASE_URL": "http://127.0.0.1:1"}, True),
        ({"MOBILISE_ENVIRONMENT": "production", "MOBILISE_WEB__PUBLIC_URL": "https://x.example"}, True),
    ],
)
def test_no_process_has_another_mailer(valkey: str, environ: dict[str, str], *, posted: bool):
    """What boots is guarded: receipts, calls and bulletins post through it as letters do."""
    provider = Provider()
    own = {"REDIS_URL": valkey, "MOBILISE_SECRET": "Zx81" * 8, "MOBILISE_WORKER__JOURNAL": ""}
    app = boot(Settings.load(ROOT, {**own, **environ}), ROOT, mailer=provider)
    try:
        (letter,) = write([candidate(1, email=REAL)])
        assert app.mailer.post(letter).outcome is (Outcome.ACCEPTED if posted else Outcome.WITHHELD)
        assert len(provider.calls) == posted
    finally:
        app.close()
