"""What is kept aside: taken once when it is confirmed, forgotten when it is not, asked about at most twice a day."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
import redis

from tests.support.people import CAMPAIGN, candidate, person, take
from workers.campaign.ids import Ids
from workers.campaign.intents import Intent, Over, Patience, Question, Wanted, changed, kept_aside
from workers.campaign.model import Action, Consent
from workers.errors import NotFoundError
from workers.store import Store

AGREED = Consent("updates", "Tell me what becomes of my letters.", 1_790_000_000, "form")
PATIENCE = Patience()


def intent(ids: Ids, number: int = 1, to: tuple[str, ...] = ("1", "2"), slug: str = CAMPAIGN, **own: Any) -> Intent:
    """What supporter ``number`` asked for."""
    supporter = replace(person(ids, number), consents=(AGREED,))
    group = ids.group(slug, "letter", "", supporter.id)
    action = Action(ids.action(slug, supporter.id, to), slug, supporter.id, group, to, 1_790_000_000, **own)
    return kept_aside(ids, action, supporter)


def kept(store: Store, one: Intent, patience: Patience = PATIENCE) -> Intent:
    """The same, as it is in the store."""
    store.intents.keep(one, patience, nudge_at_ms=0)
    found = store.intents.find(one.id)
    assert isinstance(found, Intent)
    return found


@pytest.fixture
def raw(valkey: str):
    with redis.Redis.from_url(valkey) as client:
        yield client


def test_nothing_is_taken_before_it_is_confirmed(store: Store):
    """The books hold only what people meant."""
    one = kept(store, intent(store.ids))
    assert store.intents.count(CAMPAIGN) == 1
    assert store.actions.count(CAMPAIGN) == 0
    with pytest.raises(NotFoundError):
        store.people.get(one.action.person)
    assert store.agenda.due_unwritten(CAMPAIGN, 10, 60_000) == []


def test_what_is_confirmed_is_an_action_like_any_other(store: Store):
    """With its person, what they agreed to, and letters that are to be written."""
    one = kept(store, intent(store.ids, message="My own words."))
    assert store.intents.confirm(one, one, nudge_at_ms=0) == "confirmed"
    action = store.actions.get(one.id)
    assert (action.message, action.candidates) == ("My own words.", ("1", "2"))
    assert store.people.get(action.person).consents == (AGREED,)
    assert store.agenda.due_unwritten(CAMPAIGN, 10, 60_000) == [one.id]
    assert store.intents.find(one.id) == Over("confirmed", one.id)
    assert store.intents.count(CAMPAIGN) == 0


def test_two_tabs_confirm_once(store: Store):
    """Whoever presses twice, or in two places at the same moment, has written once."""
    one = kept(store, intent(store.ids))
    fewer = changed(store.ids, one, Wanted("", "", ("1",)))
    with ThreadPoolExecutor(8) as pool:
        said = list(pool.map(lambda want: store.intents.confirm(one, want, nudge_at_ms=0), [one, fewer] * 8))
    assert set(said) == {"confirmed"}
    assert store.actions.count(CAMPAIGN) == 1


def test_fewer_candidates_are_another_action(store: Store):
    """Ids are derived from who is written to: the others can still be written to later."""
    store.candidates.apply(CAMPAIGN, [candidate(1), candidate(2)])
    one = kept(store, intent(store.ids))
    fewer = changed(store.ids, one, Wanted("My subject", "My words", ("2", "99")))
    store.intents.confirm(one, fewer, nudge_at_ms=0)
    found = store.intents.find(one.id)
    assert isinstance(found, Over)
    action = store.actions.get(found.action)
    assert action.candidates == ("2",)
    assert action.id == store.ids.action(CAMPAIGN, action.person, ("2",))
    assert store.intents.keep(intent(store.ids), PATIENCE, nudge_at_ms=0), "the whole ballot can be asked for again"


def test_what_changed_since_it_was_shown_is_not_confirmed(store: Store):
    """Somebody else who types the same name and address cannot slip words under a supporter's hand."""
    shown = kept(store, intent(store.ids, message="Mine."))
    kept(store, intent(store.ids, message="Somebody else's."))
    assert store.intents.confirm(shown, shown, nudge_at_ms=0) == "changed"
    assert store.intents.edit(shown, shown) == "changed"
    assert store.actions.count(CAMPAIGN) == 0


def test_words_are_kept_when_they_are_changed(store: Store):
    """A supporter who looks at the letters again sees their new words."""
    one = kept(store, intent(store.ids))
    assert store.intents.edit(one, changed(store.ids, one, Wanted("S", "M", ("2",)))) == "kept"
    again = store.intents.find(one.id)
    assert isinstance(again, Intent)
    assert (again.action.subject, again.action.message, again.action.candidates) == ("S", "M", ("2",))


@pytest.mark.parametrize("how", ["withdrawn", "disowned", "dropped"])
def test_what_is_taken_back_leaves_nothing_of_the_person(store: Store, raw: Any, how: str):
    """Not the name, not the address, not a word."""
    one = kept(store, intent(store.ids, message="Words of mine."))
    ends = {"withdrawn": store.intents.withdraw, "dropped": store.intents.drop}
    _ = store.intents.disown(one, PATIENCE) if how == "disowned" else ends[how](one)
    assert store.intents.find(one.id) == (None if how == "dropped" else Over(how))
    assert not raw.exists(f"person:{one.id}")
    assert store.intents.count(CAMPAIGN) == 0
    assert store.intents.confirm(one, one, nudge_at_ms=0) == ("gone" if how == "dropped" else how)
    assert store.actions.count(CAMPAIGN) == 0
    assert "supporters.example" not in str(list(map(raw.dump, raw.scan_iter())))


def test_whoever_does_not_confirm_is_forgotten_by_the_server_itself(store: Store, raw: Any):
    """No job has to run for personal data to go."""
    one = kept(store, intent(store.ids), Patience(gone_s=600))
    assert 590 < raw.ttl(f"intent:{one.id}") <= 600
    assert 590 < raw.ttl(f"person:{one.id}") <= 600
    raw.delete(f"intent:{one.id}", f"person:{one.id}")
    assert store.intents.find(one.id) is None
    assert store.intents.confirm(one, one, nudge_at_ms=0) == "gone"


def test_an_action_that_was_taken_is_not_kept_aside(store: Store):
    """A key's word, or the supporter's own, stands."""
    one = intent(store.ids)
    take(store, person(store.ids, 1), ("1", "2"))
    assert not store.intents.keep(one, PATIENCE, nudge_at_ms=0)
    assert store.intents.find(one.id) == Over("confirmed", one.id)
    assert store.intents.count(CAMPAIGN) == 0


def asks(store: Store, *intents: Intent) -> list[bool | None]:
    return [store.intents.may_ask(one, Question.FIRST, 1, PATIENCE) for one in intents]


def test_an_address_is_asked_twice_a_day_whatever_the_campaign(store: Store, raw: Any):
    """A stranger's address is no target: however many forms are filled in, two mails."""
    four = [intent(store.ids, 1, to, slug) for slug in (CAMPAIGN, "other") for to in (("1",), ("2",))]
    with ThreadPoolExecutor(8) as pool:
        said = list(pool.map(lambda one: asks(store, one)[0], four))
    assert sorted(map(bool, said)) == [False, False, True, True]
    assert asks(store, *four) == said, "asked again for the same mail, the same is said"
    assert asks(store, intent(store.ids, 2)) == [True], "another address has mails of its own"
    key = f"questions:{store.ids.address(four[0].person.email)}"
    for member in raw.zrange(key, 0, -1):
        raw.zincrby(key, -86_400, member)
    assert asks(store, intent(store.ids, 1, ("1", "2"))) == [True], "tomorrow is another day"


def test_the_same_mailbox_is_asked_no_more_often_by_another_spelling(store: Store):
    """A tag, a capital or a dot are no other person."""
    spelt = ["s.am@gmail.com", "SAM+one@gmail.com", "sam@googlemail.com"]
    people = [replace(person(store.ids, 1), id=store.ids.person(email, "Sam"), email=email) for email in spelt]
    three = [intent(store.ids, 1, (str(number),)) for number in (1, 2, 3)]
    said = asks(store, *(replace(one, person=who) for one, who in zip(three, people, strict=True)))
    assert said == [True, True, False]


def test_nobody_is_asked_at_an_address_that_is_suppressed(store: Store):
    """Suppression wins."""
    one = intent(store.ids)
    store.suppressions.put([(store.ids.address(one.person.email), "bounced")], "report")
    assert asks(store, one) == [None]


def test_who_said_that_it_was_not_them_is_not_asked_again_in_this_campaign(store: Store, raw: Any):
    """For a while."""
    one = kept(store, intent(store.ids, 1, ("1",)))
    other = intent(store.ids, 1, ("2",))
    store.intents.disown(one, Patience(quiet_s=1000))
    assert asks(store, other, intent(store.ids, 1, ("2",), "other")) == [None, True]
    (mark,) = raw.scan_iter(f"disowned:{CAMPAIGN}:*")
    assert 990 < raw.ttl(mark) <= 1000
