"""Leaving: one press of anything leaves at once, looking at a page never does, and what was agreed to stays known."""

from __future__ import annotations

import time

import pytest

from tests.web.reader import BOOK, CALL_BOOK, FORM, LONG_AGO, SLUG, Reader, enter, reader
from workers.campaign.mailings import Kind

__all__ = ["reader"]

_MULTIPART = (
    b'--b\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--b--\r\n',
    {"content-type": "multipart/form-data; boundary=b"},
)


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        ("List-Unsubscribe=One-Click", FORM),
        _MULTIPART,
        ("", {}),
        ("\xff\xfe", {"content-type": "text/plain"}),
        ("List-Unsubscribe=One-Click", {**FORM, "origin": "https://mail.example", "sec-fetch-site": "cross-site"}),
    ],
)
def test_the_button_of_a_mail_program_leaves_at_once(reader: Reader, body, headers):
    """RFC 8058: a bare POST from anywhere, without cookies; the answer is no redirect."""
    before = time.time()
    answer = reader.site.ask("POST", reader.leave, body, headers)
    assert (answer.status, "set-cookie" in answer.headers) == (200, False)
    assert "You get no more bulletins" in answer.body.decode()
    assert reader.agreed == {"calls", "updates"}
    assert not reader.choices.gets(Kind.BULLETIN)
    left = reader.consents()["withdrawn:bulletins"]
    assert left.wording == "I said yes to bulletins"
    assert left.source == "one click; agreed 2023-11-14, stall"
    assert before - 2 < left.at < time.time() + 2
    assert reader.ledger.preferences.left(BOOK) == 1


def test_leaving_twice_changes_nothing_more(reader: Reader):
    """Mail programs repeat what timed out."""
    reader.one_click(reader.leave)
    first = reader.consents()
    assert reader.one_click(reader.leave).status == 200
    assert reader.press(reader.leave, answer="stop").status == 303
    assert reader.consents() == first
    assert reader.ledger.preferences.left(BOOK) == 1


def test_a_call_leaves_calls_and_everything_leaves_all(reader: Reader):
    """Of its kind all, and nothing that nobody meant; the page offers the rest."""
    assert reader.press(reader.leave_calls, answer="stop").status == 303
    assert reader.agreed == {"bulletins", "updates"}
    assert "Send me nothing at all" in reader.page(reader.leave_calls)
    assert reader.press(reader.leave_calls, answer="everything").status == 303
    assert reader.agreed == set()
    assert reader.choices.gets_nothing
    assert set(reader.consents()) == {"withdrawn:bulletins", "withdrawn:calls", "withdrawn:updates"}
    assert "Nothing more is sent to you" in reader.page(reader.leave_calls)
    assert reader.ledger.preferences.left(CALL_BOOK) == 1


def test_a_mistake_is_undone_and_both_are_known(reader: Reader):
    """The new yes is a consent of its own, with its words and time."""
    reader.one_click(reader.leave)
    assert reader.press(reader.leave, answer="again").status == 303
    assert reader.agreed == {"bulletins", "calls", "updates"}
    assert reader.choices.gets(Kind.BULLETIN)
    consents = reader.consents()
    assert consents["bulletins"].wording == "Send me bulletins by e-mail."
    assert consents["bulletins"].at >= consents["withdrawn:bulletins"].at > LONG_AGO


def test_a_list_does_not_bring_back_who_left(reader: Reader):
    """Whoever imports an old list does not overrule a person."""
    reader.press(reader.leave, answer="everything")
    enter(reader.ledger, reader.person.name, reader.person.email)
    assert reader.agreed == set()
    assert "bulletins" not in reader.consents()


@pytest.mark.parametrize("path", ["leave", "choose"])
def test_looking_changes_nothing(reader: Reader, path):
    """Mail scanners follow links; HEAD and GET are looks."""
    url, before = getattr(reader, path), (reader.choices, reader.consents())
    for method in ("GET", "HEAD"):
        answer = reader.site.ask(method, f"{url}?answer=everything&List-Unsubscribe=One-Click")
        assert answer.status == 200
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert "noindex" in answer.headers["x-robots-tag"]
    assert (reader.choices, reader.consents()) == before


@pytest.mark.parametrize("path", ["leave", "leave_calls", "choose"])
def test_who_is_not_known_any_more_is_told_so(reader: Reader, path):
    """Erased, or never there: the link works, nothing is written, and the page is friendly."""
    person = enter(reader.ledger, "Gone Person", "gone@supporters.example")
    gone = Reader(reader.site, reader.ledger, person)
    reader.ledger._client.delete(f"person:{person.id}", f"consents:{person.id}")  # noqa: SLF001 -- as erasing does
    reader.ledger._client.hdel(f"profiles:{person.id[1:4]}", person.id)  # noqa: SLF001 -- the same
    url = getattr(gone, path)
    assert "You get no mail from us" in gone.page(url)
    if path != "choose":
        assert gone.one_click(url).status == 200
    assert gone.consents() == {}
    assert not gone.choices.words


def test_links_outlive_their_campaign(reader: Reader):
    """In ten years somebody opens an old mail; the campaign's file may be gone."""
    book = "a-campaign-long-gone/bulletin.news.1"
    path = reader.links.unsubscribe_url(book, reader.person.id)
    assert "No more bulletins?" in reader.page(path)
    assert reader.one_click(path).status == 200
    assert "bulletins" not in reader.agreed
    assert "What you get" in reader.page(reader.links.preferences_url("a-campaign-long-gone", reader.person.id))


def test_a_link_that_is_cut_off_is_refused_in_words(reader: Reader):
    """Mail programs break long lines."""
    for path in (reader.leave[:-3], reader.choose[:-3], "/unsubscribe/x", "/preferences/" + "x" * 500):
        answer = reader.site.ask("POST", path, "answer=stop", FORM)
        assert answer.status == 404, path
        assert "copy all of it" in answer.body.decode()
        assert reader.site.get(path, accept="text/html").status == 404
    assert reader.agreed == {"bulletins", "calls", "updates"}


def test_bulletins_are_chosen_by_name_and_how_often(reader: Reader):
    """What is not ticked does not come; the others of the same kind still do."""
    page = reader.page(reader.choose)
    assert "River news" in page
    assert "Walks &amp; &lt;talks&gt;" in page
    ticked = [("bulletin", "news"), ("purpose", "calls"), ("often", "seldom"), ("answer", "save")]
    answer = reader.press(reader.choose, ticked)
    assert (answer.status, answer.headers["location"]) == (303, f"{reader.choose}?saved=yes")
    assert reader.choices.gets_bulletin("news")
    assert not reader.choices.gets_bulletin("walks")
    assert reader.words == {"no:walks", "seldom", "no-updates"}
    assert reader.agreed == {"bulletins", "calls"}
    assert (
        reader.press(reader.choose, [("bulletin", "walks"), ("bulletin", "made-up"), ("answer", "save")]).status == 303
    )
    assert reader.words == {"no:news", "no-calls", "no-updates"}


def test_no_bulletin_ticked_means_none_and_one_begins_again(reader: Reader):
    """Who wants none is not asked again for one that begins later; who ticks one has agreed anew."""
    reader.press(reader.choose, [("purpose", "calls"), ("purpose", "updates"), ("answer", "save")])
    assert reader.words == {"no-bulletins"}
    assert "withdrawn:bulletins" in reader.consents()
    reader.press(
        reader.choose, [("bulletin", "news"), ("purpose", "calls"), ("purpose", "updates"), ("answer", "save")]
    )
    assert reader.words == {"no:walks"}
    assert reader.choices.gets_bulletin("news")
    assert reader.consents()["bulletins"].source == "preferences page"
    assert reader.consents()["calls"].source == "stall"


def test_one_press_on_the_page_ends_everything(reader: Reader):
    """Whatever is ticked."""
    reader.press(reader.choose, [("bulletin", "news"), ("answer", "nothing")])
    assert reader.choices.gets_nothing
    assert "Nothing more is sent to you" in reader.page(f"{reader.choose}?saved=yes")


def test_a_form_that_is_not_the_pages_own_does_nothing(reader: Reader):
    """Nothing half done: a form of another page, an answer that no page offers."""
    assert reader.site.ask("POST", reader.choose, "answer=nothing", FORM).status == 403
    assert reader.site.ask("POST", reader.choose, "answer=nothing&form=wrong", FORM).status == 403
    assert reader.press(reader.choose, answer="other").status == 422
    assert reader.press(reader.leave, answer="other").status == 422
    elsewhere = {**FORM, "origin": "https://other.example"}
    assert reader.site.ask("POST", reader.choose, "answer=nothing", elsewhere).status == 403
    assert reader.agreed == {"bulletins", "calls", "updates"}


def test_nothing_that_names_a_person_is_logged(reader: Reader, web):
    """Neither token nor address nor id of who left. What other tests did at the same server is not looked at."""
    before = len(web[0].text)
    reader.one_click(reader.leave)
    reader.press(reader.choose, answer="nothing")
    said = web[0].text[before:]
    assert "mailings.left" in said
    assert "mailings.chosen" in said
    for secret in (reader.leave.rsplit("/", 1)[1], reader.choose.rsplit("/", 1)[1], reader.person.id, "sam@"):
        assert secret not in said
    assert SLUG in said
