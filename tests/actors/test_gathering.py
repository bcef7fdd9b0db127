"""Who gets a daily summary, from when on and until when; everybody else gets their letters one by one."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from tests.actors.summing import PUSH, Provider, alone, flood, send, states, write
from tests.support.people import CAMPAIGN, candidate, person, take
from workers import pacing
from workers.campaign.answers import Answer as Said_
from workers.campaign.answers import Said
from workers.campaign.pace import Pace
from workers.store import Store
from workers.store.claims import gathering


@pytest.fixture
def ledger(store: Store) -> Store:
    store.candidates.apply(CAMPAIGN, [candidate(1), candidate(2)])
    return store


def less_often(store: Store) -> None:
    """Candidate 1 presses the button."""
    store.answers.put(CAMPAIGN, "1", Said_(Said.LESS_OFTEN, int(time.time())))


def test_too_many_letters_wait_for_the_next_morning(ledger: Store):
    """Only those to the candidate with too many: the others of the same supporters leave as ever."""
    first, *_, last = flood(ledger)
    both = write(ledger, 9, ("1", "2"))
    assert alone(ledger, both) == ["2"]
    assert alone(ledger, first) == alone(ledger, last) == []
    due = ledger.summaries.all(CAMPAIGN)
    assert due == {"1": gathering(PUSH, time.time()).due_ms // 1000}
    assert states(ledger) == ["queued"] * 5
    # They are looked at again only after the summary, however often they are due before.
    for action in (first, last, both):
        found = ledger._client.zscore(f"agenda:{CAMPAIGN}", action.id)  # noqa: SLF001
        assert float(found or 0) == (due["1"] + 600) * 1000
    assert ledger.tallies.verify(CAMPAIGN) == []


def test_as_many_as_are_bearable_leave_one_by_one(ledger: Store):
    """Three are."""
    assert [alone(ledger, action) for action in flood(ledger, 3)] == [["1"]] * 3
    assert ledger.summaries.all(CAMPAIGN) == {}


def test_letters_that_were_released_at_once_are_gathered_as_well(ledger: Store):
    """An address came, and a hundred letters had waited for it: whatever the way, a letter passes its claim."""
    ledger.candidates.apply(CAMPAIGN, [candidate(3, email="")])
    actions = [take(ledger, person(ledger.ids, number), ("3",)) for number in range(4)]
    ledger.letters.write(CAMPAIGN, [action.id for action in actions], 60_000, gathering(PUSH, time.time()))
    assert ledger.summaries.all(CAMPAIGN) == {}
    ledger.candidates.apply(CAMPAIGN, [candidate(3)])
    assert ledger.letters.release(CAMPAIGN, "3") == 4
    assert alone(ledger, actions[0]) == []
    assert list(ledger.summaries.all(CAMPAIGN)) == ["3"]


def test_without_the_table_in_its_file_a_campaign_gathers_nothing(ledger: Store):
    """Also when the table was there yesterday."""
    first, *_ = flood(ledger)
    assert list(ledger.summaries.all(CAMPAIGN)) == ["1"]
    without, provider = replace(PUSH, summary=None), Provider()
    assert send(ledger, provider, push=without) == []
    assert alone(ledger, first, without) == ["1"]
    assert not provider.calls


def test_after_a_summary_letters_leave_one_by_one_again(ledger: Store):
    """Until too many wait again."""
    flood(ledger)
    send(ledger, Provider())
    assert ledger.summaries.all(CAMPAIGN) == {}
    assert alone(ledger, write(ledger, 7)) == ["1"]


def test_what_comes_while_a_summary_leaves_is_due_once_it_has_left(ledger: Store):
    """Few letters: the next day's summary is not waited for."""
    flood(ledger)
    provider, late = Provider(), []

    def post(envelope):
        late.append(write(ledger, 7))
        assert alone(ledger, late[0]) == []
        return Provider.post(provider, envelope)

    slow = Provider()
    slow.post = post  # type: ignore[method-assign]
    send(ledger, slow)
    assert late[0].id in ledger.agenda.due_actions(CAMPAIGN, 10, 0)
    assert alone(ledger, late[0]) == ["1"]


def test_who_wants_letters_less_often_gets_them_together(ledger: Store):
    """Each day, also a single one, which is then answered by a reply; until they want them as before."""
    less_often(ledger)
    only = write(ledger, 1)
    assert alone(ledger, only) == []
    provider = Provider()
    send(ledger, provider)
    (call,) = provider.calls
    assert (call.reply_to_address, call.subject) == ("s1@supporters.example", "A letter from Supporter 1")
    assert list(ledger.summaries.all(CAMPAIGN).values()) == [gathering(PUSH, time.time()).due_ms // 1000]
    more = write(ledger, 2)
    assert alone(ledger, more) == []
    assert ledger.answers.withdraw(CAMPAIGN, "1", Said.LESS_OFTEN, "link")
    assert ledger.summaries.all(CAMPAIGN) == {}
    assert alone(ledger, more) == ["1"]


def test_a_day_without_letters_has_no_mail(ledger: Store):
    """They asked for less, and nobody wrote."""
    less_often(ledger)
    ledger.summaries.begin(CAMPAIGN, "1", gathering(PUSH, 0))
    provider = Provider()
    assert send(ledger, provider) == []
    assert not provider.calls
    assert list(ledger.summaries.all(CAMPAIGN).values()) == [gathering(PUSH, time.time()).due_ms // 1000]


def test_letters_that_find_no_time_at_the_pace_leave_together(ledger: Store):
    """The last day, and four letters a day would be left: the summary takes what no slot could."""
    now = datetime.now(UTC)
    push = replace(PUSH, pace=Pace(1, 1, quiet=()), closes=datetime.fromtimestamp(time.time() + 7000, UTC))
    push = replace(push, polling_day=date(2098, 1, 1))
    pacing.publish(ledger, [push])
    ledger.paces.retime_all(CAMPAIGN)
    flood(ledger, 4, push=push)
    assert states(ledger) == ["queued"] * 4
    assert list(ledger.summaries.all(CAMPAIGN)) == ["1"]
    assert now.timestamp() < ledger.summaries.all(CAMPAIGN)["1"] < push.closes.timestamp()
    provider = Provider()
    send(ledger, provider, push=push)
    assert states(ledger) == ["accepted"] * 4


def test_who_gets_a_summary_uses_up_no_slots(ledger: Store):
    """Else the letters of the days after would wait for times that nobody keeps."""
    push = replace(PUSH, pace=Pace(60, 600, quiet=()))
    pacing.publish(ledger, [push])
    ledger.paces.retime_all(CAMPAIGN)
    flood(ledger, 30, push=push)
    assert ledger.paces.newest(CAMPAIGN)["1"] < (time.time() + 600) * 1_000_000
    send(ledger, Provider(), push=push)
    assert states(ledger) == ["accepted"] * 30
    assert ledger.paces.newest(CAMPAIGN)["1"] <= time.time() * 1_000_000


def test_an_hour_that_an_operator_made_quiet_is_waited_for(ledger: Store):
    """The file's own hour was not quiet; the operator's word counts."""
    flood(ledger)
    hour = datetime.now(ZoneInfo("Europe/London")).hour
    paced = Pace(60, 600, quiet=(hour, (hour + 1) % 24))
    pacing.change(ledger, PUSH, lambda _: paced)
    ledger.paces.retime_all(CAMPAIGN)
    provider = Provider()
    assert send(ledger, provider) == []
    assert not provider.calls
    (due,) = ledger.summaries.all(CAMPAIGN).values()
    assert time.time() + 3600 < due <= time.time() + 2 * 3600
