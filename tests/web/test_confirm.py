"""A supporter's confirm link: GET shows, POST does, and nothing else does anything."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.store.test_intents import intent
from tests.web.confirming import SLUG, Confirm, confirm
from tests.web.conftest import candidate
from workers.campaign.intents import Intent, Over, Patience
from workers.campaign.signature import Signature
from workers.campaign.supporter_links import SupporterLinks

__all__ = ["confirm"]


def test_the_page_shows_the_letters_as_they_will_be_sent(confirm: Confirm):
    """Subject and text to each candidate; who has no address is said to wait."""
    page = confirm.page()
    assert "Are these your letters?" in page
    assert "Supporter 1" in page
    for number in (1, 2, 3):
        assert f"Dear Candidate {number}," in page
    assert page.count("<strong>Please sign</strong>") == 3
    assert page.count("Will you sign?") == 3
    assert "no address is known yet" in page


def test_the_candidates_own_link_is_not_shown_to_the_supporter(confirm: Confirm):
    """Whoever has it can sign for the candidate."""
    assert "/sign/" not in confirm.page()
    assert "a personal link, for the candidate alone" in confirm.page()


def test_one_press_sends_them_on_their_way(confirm: Confirm):
    """And the page says what happens next, now and whenever it is opened again."""
    answer = confirm.press("confirm")
    assert (answer.status, answer.headers["location"]) == (303, confirm.path)
    assert confirm.found() == Over("confirmed", confirm.id)
    action = confirm.ledger.actions.get(confirm.id)
    assert action.candidates == ("1", "2", "3")
    assert action.message == action.subject == "", "each candidate gets what the campaign means for them"
    assert "Candidate 2" in confirm.page()
    assert "Thank you: you have written" in confirm.page()


def test_a_second_press_gives_the_same_page(confirm: Confirm):
    """Also from two tabs at the same moment, and with other words in one of them."""
    form = confirm.form()
    with ThreadPoolExecutor(6) as pool:
        said = list(pool.map(lambda n: confirm.press("confirm", form=form, message=f"Words {n}").status, range(6)))
    assert set(said) == {303}
    assert confirm.ledger.actions.count(SLUG) == 1
    assert confirm.press("withdraw").status == 303
    assert "Thank you: you have written" in confirm.page()


def test_letters_can_be_dropped_and_words_changed(confirm: Confirm):
    """What is sent is what stood in the form."""
    confirm.press("confirm", "2", subject="My river", message="I swim there.\r\n\r\nDo you?")
    found = confirm.found()
    assert isinstance(found, Over)
    action = confirm.ledger.actions.get(found.action)
    assert (action.candidates, action.subject, action.message) == (("2",), "My river", "I swim there.\n\nDo you?")


def test_changed_words_can_be_looked_at_first(confirm: Confirm):
    """Nothing is sent by looking."""
    assert confirm.press("save", "1", "3", subject="My river", message="I <b>swim</b> there.").status == 303
    page = confirm.page()
    assert page.count("I &lt;b&gt;swim&lt;/b&gt; there.") == 3, "in two letters and in the form"
    assert "Candidate 2" not in page
    assert confirm.ledger.actions.count(SLUG) == 0


@pytest.mark.parametrize(("answer", "says"), [("withdraw", "Taken back"), ("not-me", "Thank you for telling us")])
def test_letters_can_be_taken_back(confirm: Confirm, answer: str, says: str):
    """By one press, without a reason; what was typed is gone."""
    assert confirm.press(answer).status == 303
    assert says in confirm.page()
    assert "Supporter 1" not in confirm.page()
    assert confirm.press("confirm").status == 303
    assert confirm.ledger.actions.count(SLUG) == 0


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"subject": "two\nlines"}, "subject"),
        ({"subject": "s" * 151}, "subject"),
        ({"message": "m" * 10_001}, "message"),
        ({"message": "a \x07 bell"}, "message"),
    ],
)
def test_what_is_not_right_is_named_and_nothing_is_lost(confirm: Confirm, wrong: dict[str, str], field: str):
    """The form comes back as it was."""
    before = confirm.state()
    typed: dict[str, Any] = {"subject": "Typed subject", "message": "Typed words", **wrong}
    answer = confirm.press("confirm", "1", **typed)
    page = answer.body.decode()
    assert answer.status == 422
    assert f'href="#{field}"' in page
    assert "Typed" in page
    assert len(re.findall("checked", page)) == 1
    assert confirm.state() == before


def test_at_least_one_candidate_is_written_to(confirm: Confirm):
    """Who wants none takes the letters back."""
    answer = confirm.press("confirm", "a-stranger")
    assert answer.status == 422
    assert 'href="#candidates"' in answer.body.decode()


def test_what_somebody_else_changed_meanwhile_is_not_confirmed(confirm: Confirm):
    """The page shows the new words first."""
    form = confirm.form()
    other = intent(confirm.ledger.ids, 1, ("1", "2", "3"), message="Words of somebody else.")
    confirm.ledger.intents.keep(other, Patience(), nudge_at_ms=0)
    answer = confirm.press("confirm", form=form)
    assert answer.status == 409
    assert "have changed since you opened this page" in answer.body.decode()
    assert "Words of somebody else." in answer.body.decode()
    assert confirm.ledger.actions.count(SLUG) == 0


def test_a_link_that_is_altered_or_of_another_campaign_does_nothing(confirm: Confirm):
    """Every single character counts."""
    before, links = confirm.state(), SupporterLinks(confirm.ledger.ids, "")
    one_off = [confirm.token[:at] + chr(ord(confirm.token[at]) ^ 1) + confirm.token[at + 1 :] for at in range(46)]
    others = [links.confirm_token("no-such", confirm.id), confirm.token[:-1], confirm.token.upper(), "x"]
    for token in [*one_off, *others]:
        altered = confirm._replace(token=token)
        assert altered.site.get(altered.path.replace("?", "%3F"), accept="text/html").status == 404
        assert altered.press("confirm", form="x").status == 404
    assert confirm.state() == before


def test_get_and_head_change_nothing(confirm: Confirm):
    """However often: mail scanners open every link."""
    before = confirm.state()
    for _ in range(20):
        assert confirm.site.ask("HEAD", confirm.path).status == 200
        confirm.page()
    assert confirm.site.ask("PUT", confirm.path).status == 405
    assert confirm.state() == before


def test_a_form_on_somebody_elses_page_does_nothing(confirm: Confirm):
    """A browser says where a form stood."""
    before = confirm.state()
    for headers in ({"sec-fetch-site": "cross-site"}, {"origin": "https://elsewhere.example"}):
        assert confirm.press("confirm", headers=headers).status == 403
    assert confirm.press("nonsense").status == 422
    assert confirm.state() == before


def test_a_link_whose_letters_are_gone_says_so(confirm: Confirm):
    """After a week nothing is left of them; the page is friendly about it."""
    found = confirm.found()
    assert isinstance(found, Intent)
    confirm.ledger.intents.drop(found)
    assert "It is gone" in confirm.page(410)
    assert confirm.press("confirm", form="x").status == 303


def test_the_page_is_nobody_elses(confirm: Confirm):
    """Its address holds the token: it is not kept, listed, or passed on."""
    headers = confirm.site.get(confirm.path).headers
    assert headers["cache-control"] == "no-store"
    assert headers["referrer-policy"] == "no-referrer"
    assert "noindex" in headers["x-robots-tag"]


def test_who_signed_or_withdrew_meanwhile_is_named_without_a_box(confirm: Confirm):
    """This campaign does not thank."""
    confirm.ledger.signatures.record(SLUG, Signature("1", 1_790_000_000, "form"))
    confirm.ledger.candidates.apply(SLUG, [candidate(2, status="withdrawn")])
    page = confirm.page()
    assert "Has signed already:</strong> Candidate 1 (River Party)" in page
    assert "Does not stand any more:</strong> Candidate 2" in page
    assert set(re.findall(r'name="candidate" value="(\d)"', page)) == {"3"}
    assert "Dear Candidate 1," not in page
    assert "Dear Candidate 2," not in page
    assert "Is this your letter?" in page
    assert confirm.press("confirm", "3").status == 303
    assert "Your letter is confirmed and goes its way." in confirm.page()


def test_where_all_have_signed_meanwhile_nothing_is_left_to_send(confirm: Confirm):
    """A page that was opened before sends nothing either; the words can be taken back."""
    form = confirm.form()
    for number in "123":
        confirm.ledger.signatures.record(SLUG, Signature(number, 1_790_000_000, "form"))
    page = confirm.page()
    assert "Everybody you wrote to has signed meanwhile" in page
    assert "Yes, send" not in page
    assert re.findall(r'name="answer" value="([\w-]+)"', page) == ["withdraw"]
    late = confirm.press("confirm", form=form)
    assert (late.status, "Nothing is left to send" in late.body.decode()) == (409, True)
    assert confirm.ledger.actions.count(SLUG) == 0
    assert confirm.press("withdraw").status == 303
    assert confirm.found() == Over("withdrawn")


def test_who_says_yes_without_words_sends_those_that_are_kept(confirm: Confirm):
    """The button below the letters sends what stands above it."""
    confirm.press("save", subject="My river", message="I swim there.")
    confirm.press("confirm")
    found = confirm.found()
    assert isinstance(found, Over)
    action = confirm.ledger.actions.get(found.action)
    assert (action.subject, action.message) == ("My river", "I swim there.")


def test_a_closed_campaign_takes_no_confirmation(site, ledger):
    """The letters could not leave; they can still be taken back."""
    one = intent(ledger.ids, 1, ("1",), "is-over")
    ledger.intents.keep(one, Patience(), nudge_at_ms=0)
    late = Confirm(site, ledger, SupporterLinks(ledger.ids, "").confirm_token("is-over", one.id), one.id)
    assert "The campaign is closed" in late.page()
    assert late.press("confirm", form="x").status == 409
    assert late.press("withdraw").status == 303
    assert late.found() == Over("withdrawn")


def test_the_same_person_writes_again_by_the_link_of_a_confirmed_page(confirm: Confirm):
    """The page gives it once the letters are confirmed, and never before."""
    assert "?by=" not in confirm.page()
    confirm.press("confirm")
    assert "?by=" in confirm.page()
