"""The page of a call: letters that stand written, sent by one press, once, by whom the call was sent to."""

from __future__ import annotations

import pytest

from tests.web.reader import FORM, SLUG, Reader, enter, reader
from workers.campaign.ids import Ids
from workers.campaign.model import Action
from workers.campaign.signature import Signature
from workers.store import Store
from workers.store.calls import Response

__all__ = ["reader"]

_ALL = [("candidate", "1"), ("candidate", "2"), ("candidate", "3")]
_LETTER = "I have fished here for years."


def action(reader: Reader) -> Action:
    return next(reader.ledger.actions.newest_first(SLUG))


def send(reader: Reader, *fields: tuple[str, str], message: str = _LETTER, postcode: str = "SW1A 1AA"):
    own = {"subject": "Please sign", "message": message, "postcode": postcode}
    return reader.press(reader.act, fields or _ALL, **own)


def test_the_letters_stand_written_and_one_press_sends_them(reader: Reader):
    """Name, postcode and words are there; nothing is to be confirmed, for the link proves the mailbox."""
    page = reader.page(reader.act)
    assert "Sam Sample" in page
    assert all(f"Candidate {number}" in page for number in (1, 2, 3))
    assert "Candidate 4" not in page
    assert page.count(_LETTER) == 2
    answer = send(reader)
    assert (answer.status, answer.headers["location"]) == (303, reader.act)
    taken = action(reader)
    assert (taken.person, taken.candidates, taken.source) == (reader.person.id, ("1", "2", "3"), "call:last-push")
    assert (taken.subject, taken.message) == ("", _LETTER)
    assert "Thank you: you have written" in reader.page(reader.act)
    assert reader.ledger.calls.response(SLUG, "last-push") == Response(1, 1, 3)


def test_a_second_press_says_that_it_is_done(reader: Reader):
    """Impatient people press twice, and open the mail again a week later."""
    fields = f"form={reader.form}&postcode=SW1A+1AA&candidate=1&subject=Please+sign&message=Hello"
    assert reader.site.ask("POST", reader.act, fields, FORM).status == 303
    again = reader.site.ask("POST", reader.act, fields.replace("candidate=1", "candidate=2"), FORM)
    assert "Thank you: you have written" in again.body.decode()
    assert reader.ledger.actions.count(SLUG) == 1
    assert reader.ledger.calls.response(SLUG, "last-push") == Response(1, 1, 1)


def test_the_campaigns_own_words_are_left_to_the_campaign(reader: Reader):
    """Who empties the field gets what the campaign writes, which may differ by candidate."""
    send(reader, ("candidate", "2"), message="")
    assert (action(reader).message, action(reader).candidates) == ("", ("2",))


def test_who_signed_or_has_a_letter_already_is_left_out(reader: Reader):
    """Nobody is asked for what they did; nobody gets two letters from one supporter."""
    reader.ledger.signatures.record(SLUG, Signature("1", 1_790_000_000, "link"))
    group = reader.ledger.ids.group(SLUG, "letter", "", reader.person.id)
    before = Action("a" + "b" * 16, SLUG, reader.person.id, group, ("2",), 1_790_000_000)
    reader.ledger.actions.take(reader.person, before, nudge_at_ms=0)
    reader.ledger.letters.write(SLUG, [before.id], 60_000)
    page = reader.page(reader.act)
    assert "Has signed already:" in page
    assert "You have written already to:" in page
    assert page.count('type="checkbox"') == 1
    assert send(reader).status == 303
    assert action(reader).candidates == ("3",)


def test_nothing_is_left_to_write(reader: Reader):
    """All have signed, or nobody is ticked: a page that says so."""
    form = reader.form
    assert send(reader, ("candidate", "99")).status == 422
    for number in ("1", "2", "3"):
        reader.ledger.signatures.record(SLUG, Signature(number, 1_790_000_000, "link"))
    assert "Good news: all have signed here" in reader.page(reader.act)
    late = reader.site.ask("POST", reader.act, f"form={form}&postcode=SW1A+1AA&candidate=1", FORM)
    assert (late.status, "all have signed here" in late.body.decode()) == (422, True)
    assert reader.ledger.actions.count(SLUG) == 0


@pytest.mark.parametrize("fields", [{"message": "x" * 10_001}, {"subject": "y" * 200}, {"candidate": "nobody"}])
def test_what_is_not_right_is_said_beside_it_and_nothing_is_lost(reader: Reader, fields):
    """The form comes back with what was typed."""
    typed = {"subject": "My words", "message": "My long letter", "candidate": "1", "postcode": "SW1A 1AA", **fields}
    answer = reader.press(reader.act, **typed)
    assert answer.status == 422
    body = answer.body.decode()
    assert 'class="flaw"' in body
    assert typed["subject"] in body
    assert typed["message"] in body
    assert reader.ledger.actions.count(SLUG) == 0


def test_a_postcode_that_is_missing_or_changed_is_asked_for(site, ledger: Store):
    """Lists often have none; people move."""
    someone = enter(ledger, "No Postcode", "np@supporters.example", postcode="")
    reader = Reader(site, ledger, someone)
    assert "Your postcode" in reader.page(reader.act)
    assert "Candidate 1" in reader.page(f"{reader.act}?postcode=sw1a1aa")
    wrong = site.get(f"{reader.act}?postcode=ZE41+1AA", accept="text/html")
    assert (wrong.status, "not among the postcodes" in wrong.body.decode()) == (422, True)
    assert site.get(f"{reader.act}?postcode=AB12+5DX", accept="text/html").status == 422
    fields = f"form={reader.form}&postcode=SW1A+1AA&candidate=1&subject=&message=Hello"
    assert site.ask("POST", reader.act, fields, FORM).status == 303
    assert ledger.people.get(someone.id).postcode == "SW1A 1AA"
    assert action(reader).candidates == ("1",)


@pytest.mark.parametrize(
    ("slug", "says"),
    [
        ("is-over", "The campaign is closed"),
        ("not-yet", "Not yet: it begins on"),
        ("long-gone", "This campaign is over"),
    ],
)
def test_before_and_after_the_campaign_the_page_says_so(reader: Reader, slug, says):
    """No letter leaves then, whatever is sent."""
    path = reader.links.act_url(slug, "last-push", reader.person.id)
    assert says in reader.page(path)
    assert says in reader.site.ask("POST", path, "candidate=1", FORM).body.decode()
    assert reader.ledger.actions.count(slug) == 0


def test_looking_changes_nothing_and_being_seen_is_counted_once(reader: Reader):
    """Mail scanners open links; the page's script tells when somebody has it before them."""
    for method in ("GET", "HEAD", "GET"):
        assert reader.site.ask(method, reader.act).status == 200
    assert reader.ledger.calls.response(SLUG, "last-push") == Response()
    for _ in range(2):
        assert reader.site.ask("POST", f"{reader.act}/seen").status == 204
    assert reader.site.ask("POST", f"{reader.act}x/seen").status == 404
    assert reader.ledger.calls.response(SLUG, "last-push") == Response(1, 0, 0)
    assert reader.ledger.actions.count(SLUG) == 0


def test_strangers_get_a_friendly_page_and_cannot_act(reader: Reader, ids: Ids):
    """Erased, a link cut off, a form from elsewhere."""
    gone = reader.links.act_url(SLUG, "last-push", ids.person("gone@supporters.example", "Gone"))
    assert "We do not know you any more" in reader.page(gone)
    assert reader.site.ask("POST", f"{gone}/seen").status == 204
    assert reader.ledger.calls.response(SLUG, "last-push") == Response()
    assert reader.site.get(reader.act[:-2], accept="text/html").status == 404
    assert reader.site.ask("POST", reader.act, "candidate=1&form=wrong", FORM).status == 403
    assert reader.site.ask("POST", reader.act, "candidate=1", {**FORM, "sec-fetch-site": "cross-site"}).status == 403
    assert reader.ledger.actions.count(SLUG) == 0
