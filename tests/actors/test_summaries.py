"""Summaries: who has more letters waiting than is bearable gets one mail a day; each letter stays itself."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest

from tests.actors.summing import PUSH, Provider, flood, send, states, summaries, write
from tests.support.people import CAMPAIGN, candidate
from workers import journal_files
from workers.campaign.events import SendingPaused, SummaryAccepted, SummaryRejected, SummaryRequeued, SummaryUnknown
from workers.campaign.outcomes import Answer, Outcome
from workers.campaign.signature import Signature
from workers.mail.templates import Templates
from workers.store import Store
from workers.store.claims import gathering

LATER = Answer(Outcome.LATER, 429, reason="slow down", retry_at=time.time() + 3600)


@pytest.fixture
def ledger(store: Store) -> Store:
    store.candidates.apply(CAMPAIGN, [candidate(1), candidate(2)])
    return store


def test_one_mail_holds_every_letter_and_each_is_a_contact(ledger: Store, tmp_path: Path):
    """In the ledger each is itself, with the provider's id and its place; the journal knew of all before they left."""
    actions, provider = flood(ledger, 5), Provider()
    (told,) = send(ledger, provider, folder=tmp_path / "journal")
    assert isinstance(told, SummaryAccepted)
    assert (told.letters, told.message_id, told.summary) == (5, "m1", provider.deliveries[0])
    (call,) = provider.calls
    for number in range(1, 6):
        assert call.text.count(f"| Words of {number}.\n") == call.html.count(f"<p>Words of {number}.</p>") == 1
        assert f"mailto:s{number}@supporters.example?subject=Re%3A%20Please%20sign" in call.html
    letters = [one for action in actions for one in ledger.letters.of_action(action)]
    assert {one.state.value for one in letters} == {"accepted"}
    assert {one.message_id for one in letters} == {"m1"}
    assert sorted(one.summary for one in letters) == [
        f"{told.summary.partition('-')[0]} {place}" for place in range(1, 6)
    ]
    assert ledger.tallies.totals(CAMPAIGN).contacts == 5
    assert ledger.tallies.verify(CAMPAIGN) == []
    assert ledger.letters.claims_in_flight() == 0
    assert ledger.agenda.waiting(CAMPAIGN) == 0
    noted = list(
        journal_files.entries(tmp_path / "journal", after=dict.fromkeys(journal_files.known(tmp_path / "journal"), 0))
    )
    assert {(entry.group, *entry.candidates) for entry in noted} == {(action.group, "1") for action in actions}


def test_a_summary_is_sent_once_however_often_it_is_asked_for(ledger: Store):
    """Messages are repeated; letters are not."""
    flood(ledger)
    provider = Provider()
    for _ in range(3):
        send(ledger, provider)
    assert len(provider.calls) == 1


def test_too_much_for_one_mail_leaves_in_parts_at_once(ledger: Store, monkeypatch: pytest.MonkeyPatch):
    """A backlog that grew by a mail each day would never end."""
    monkeypatch.setattr("workers.summaries.LETTERS", 2)
    flood(ledger, 5)
    provider = Provider()
    told = send(ledger, provider)
    assert [event.letters for event in told if isinstance(event, SummaryAccepted)] == [2, 2, 1]
    first, second, third = [call.subject for call in provider.calls]
    assert first == "2 letters from your constituents (part 1 of 3)"
    assert second == "2 letters from your constituents (part 2 of 3)"
    assert re.fullmatch(r"A letter from Supporter \d \(part 3 of 3\)", third)
    assert len(set(provider.deliveries)) == 3
    assert [len(re.findall(r"^\d+\. ", call.text, re.MULTILINE)) for call in provider.calls] == [2, 2, 1]


def test_a_mail_is_bounded_in_bytes_too(ledger: Store, monkeypatch: pytest.MonkeyPatch):
    """One letter fits, however long it is."""
    monkeypatch.setattr("workers.summaries.BYTES", 10)
    flood(ledger, 4)
    provider = Provider()
    send(ledger, provider)
    assert len(provider.calls) == 4


@pytest.mark.parametrize("scope", ["all", f"campaign:{CAMPAIGN}", "queue:letters"])
def test_a_pause_wins(ledger: Store, scope: str):
    """Nothing is posted, and everything is there when it goes on."""
    flood(ledger)
    ledger.pauses.pause(scope, "stop")
    provider = Provider()
    assert send(ledger, provider) == []
    assert not provider.calls
    assert states(ledger) == ["queued"] * 4
    assert ledger.letters.claims_in_flight() == 0
    assert ledger.agenda.due_summaries(CAMPAIGN, 10, 0) == []
    ledger.pauses.resume(scope)
    send(ledger, provider)
    assert states(ledger) == ["accepted"] * 4


def test_a_pause_in_the_middle_of_the_claims_gives_them_back(ledger: Store, monkeypatch: pytest.MonkeyPatch):
    """A part of a summary would be a second mail on the same day."""
    flood(ledger)
    claim = ledger.summaries.claim

    def paused_meanwhile(campaign, candidate, actions, deadline, sender):
        first = claim(campaign, candidate, actions[:2], deadline, sender)
        ledger.pauses.pause("all", "stop")
        return [*first, *claim(campaign, candidate, actions[2:], deadline, sender)]

    monkeypatch.setattr(ledger.summaries, "claim", paused_meanwhile)
    provider = Provider()
    assert send(ledger, provider) == []
    assert not provider.calls
    assert states(ledger) == ["queued"] * 4
    assert ledger.letters.claims_in_flight() == 0
    assert ledger.tallies.verify(CAMPAIGN) == []


def test_giving_back_a_summary_leaves_what_another_sender_has(ledger: Store):
    """The letter of the same action to another candidate may be on its way, claimed in the same millisecond."""
    flood(ledger)
    action, deadline = write(ledger, 9, ("1", "2")), time.time() + 90
    ledger.summaries.claim(CAMPAIGN, "1", [action.id], deadline, summaries(ledger, Provider()).sending.sender)
    ledger.letters.claim(CAMPAIGN, action.id, deadline, terms=gathering(PUSH, time.time()))
    assert ledger.summaries.unclaim(CAMPAIGN, "1", [action.id], deadline) == 1
    found = {one.candidate: one.state.value for one in ledger.letters.of_action(action)}
    assert found == {"1": "queued", "2": "sending"}
    assert ledger.letters.claims_in_flight() == 1


def test_a_signature_wins(ledger: Store):
    """What waited asks for what was given: nothing leaves."""
    flood(ledger)
    entered = Signature("1", int(time.time()), "form")
    ledger.signatures.record(CAMPAIGN, entered)
    provider = Provider()
    assert send(ledger, provider) == []
    assert not provider.calls
    assert states(ledger) == ["withheld"] * 4
    assert ledger.summaries.all(CAMPAIGN) == {}


def test_a_suppressed_address_wins(ledger: Store):
    """So it is for single letters."""
    flood(ledger)
    ledger.suppressions.put([(ledger.ids.address("c1@candidates.example"), "complained")], "operator")
    provider = Provider()
    assert send(ledger, provider) == []
    assert not provider.calls
    assert states(ledger) == ["withheld"] * 4


def test_letters_go_to_the_address_that_works(ledger: Store):
    """An address that is known to bounce gives way to the second one."""
    ledger.candidates.apply(CAMPAIGN, [candidate(1, second_email="office@candidates.example")])
    ledger.suppressions.put([(ledger.ids.address("c1@candidates.example"), "bounced")], "operator")
    flood(ledger)
    provider = Provider()
    send(ledger, provider)
    assert [to.email for call in provider.calls for to in call.recipients] == ["office@candidates.example"]


def test_a_call_that_may_have_left_is_never_made_again(ledger: Store):
    """All its letters are unknown; those that come later do not wait for that."""
    flood(ledger)
    provider = Provider([Answer(Outcome.UNKNOWN, reason="no answer within 30 s")])
    (told,) = send(ledger, provider)
    assert isinstance(told, SummaryUnknown)
    assert states(ledger) == ["unknown"] * 4
    assert len(ledger.letters.unknown(CAMPAIGN)) == 4
    send(ledger, provider)
    assert len(provider.calls) == 1
    assert ledger.summaries.all(CAMPAIGN) == {}


def test_a_lost_sender_leaves_unknown_letters(ledger: Store):
    """It had claimed them all and is not heard of again: nobody knows whether the mail left."""
    actions = flood(ledger)
    sender = summaries(ledger, Provider()).sending.sender
    ledger.summaries.claim(CAMPAIGN, "1", [one.id for one in actions], time.time() - 1, sender)
    assert sum(letters for _, _, letters in ledger.letters.expire_claims()) == 4
    assert states(ledger) == ["unknown"] * 4
    assert ledger.tallies.verify(CAMPAIGN) == []


def test_what_surely_did_not_leave_is_tried_again_when_the_provider_says(ledger: Store):
    """With whatever has come since: it is still one mail."""
    flood(ledger)
    provider = Provider([LATER])
    (told,) = send(ledger, provider)
    assert isinstance(told, SummaryRequeued)
    assert states(ledger) == ["queued"] * 4
    assert list(ledger.summaries.all(CAMPAIGN).values()) == [int(LATER.retry_at)]
    assert ledger.pauses.hold_ms() > 3_000_000
    ledger._client.delete("hold")  # noqa: SLF001 - the provider's hour is over
    write(ledger, 8)
    send(ledger, provider)
    assert states(ledger) == ["accepted"] * 5
    assert len(provider.calls) == 2


def test_a_refused_mail_is_one_refusal_for_the_breaker(ledger: Store):
    """Or one address of one candidate would stop the campaign."""
    flood(ledger, 60)
    provider = Provider([Answer(Outcome.REFUSED, 400, reason="to: does not contain a valid address")])
    (told,) = send(ledger, provider)
    assert isinstance(told, SummaryRejected)
    assert states(ledger) == ["rejected"] * 60
    assert ledger.windows.read({CAMPAIGN: 5})[CAMPAIGN].counts == {"rejected": 1}


def test_what_cannot_be_noted_is_not_posted(ledger: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """The journal's disk is full after the second line."""
    flood(ledger)
    made, provider = summaries(ledger, Provider(), tmp_path / "journal"), Provider()
    noted = iter([True, True, False])
    monkeypatch.setattr(made.sending.journal, "append", lambda *_, **__: next(noted))
    assert list(made.send(PUSH, "1")) == []
    assert not provider.calls
    assert states(ledger) == ["queued"] * 4
    assert list(ledger.summaries.all(CAMPAIGN)) == ["1"]


def test_a_template_that_fails_pauses_the_campaign(ledger: Store, tmp_path: Path):
    """No letter is lost by it."""
    flood(ledger)
    provider = Provider()
    made = summaries(ledger, provider)
    (tmp_path / "letter" / "summary").mkdir(parents=True)
    (tmp_path / "letter" / "summary" / "subject.txt").write_text("{{ nobody.knows }}")
    made.writer._templates = Templates(tmp_path)  # noqa: SLF001
    (told,) = made.send(PUSH, "1")
    assert isinstance(told, SendingPaused)
    assert states(ledger) == ["queued"] * 4
    assert f"campaign:{CAMPAIGN}" in ledger.pauses.all()
