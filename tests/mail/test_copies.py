"""Tests of copies: the fewest calls, a way out in each, and names that stay names."""

from __future__ import annotations

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.contracts.test_sendgrid_payload import SCHEMA, assert_within_limits
from tests.mail import post_office
from tests.mail.post_office import GROUP, Shape
from tests.mail.presses import call, frozen, posted, reader
from tests.mail.test_hostile import hostile
from tests.support.people import candidate
from workers.mail.copies import filled
from workers.mail.sendgrid import payload
from workers.mail.words import one_line

BODY = "Dear {{ person.name }},\n\nin {{ person.constituency }}.\n\n{{ candidates | under('Who stands') }}"


def test_a_thousand_copies_share_a_call():
    """In their order; one more begins another."""
    envelopes = posted(BODY, [reader(number) for number in range(2001)])
    assert [len(envelope.recipients) for envelope in envelopes] == [1000, 1000, 1]
    deliveries = [one.delivery for envelope in envelopes for one in envelope.recipients]
    assert deliveries == [f"{GROUP}-{number}" for number in range(2001)]
    for envelope in envelopes:
        read = json.loads(payload(envelope))
        SCHEMA.validate(read)
        assert_within_limits(read)
        assert read["categories"] == ["clean-rivers", "bulletin.post"]


def test_an_address_is_in_a_call_only_once():
    """SendGrid would refuse it; families share one."""
    envelopes = posted(BODY, [reader(1), reader(2, email=" R1@Readers.example "), reader(3)])
    numbers = [[int(one.delivery[len(GROUP) + 1 :]) for one in envelope.recipients] for envelope in envelopes]
    assert numbers == [[0, 2], [1]]


def test_every_copy_has_its_own_way_out():
    """One click in the mail program itself, as RFC 8058 has it."""
    for personal in json.loads(payload(posted(call(BODY), [reader(1), reader(2)])[0]))["personalizations"]:
        number = personal["to"][0]["email"][1]
        assert personal["headers"] == {
            "List-Unsubscribe": f"<https://campaign.example/unsubscribe/u{number}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        }
        assert personal["custom_args"] == {"delivery": f"{GROUP}-{int(number) - 1}"}


def test_who_has_too_many_candidates_gets_a_call_alone():
    """Substitutions have a limit; a copy has none."""
    many = tuple(candidate(number, name=f"Candidate {'x' * 80} {number}") for number in range(80))
    envelopes = posted(BODY, [reader(1), reader(2, candidates=many, constituency="Great Testford"), reader(3)])
    assert [len(envelope.recipients) for envelope in envelopes] == [2, 1]
    copy = post_office.copies(envelopes[1])[0]
    assert copy.text.count("Candidate xxx") == copy.html.count("Candidate xxx") == 80
    assert "Dear Reader 2," in copy.text
    assert "-html-" not in copy.html


def test_readers_of_one_seat_share_a_block_unless_they_differ():
    """What is kept for a constituency is not shown to another, nor when somebody has signed since."""
    readers = [reader(1), reader(2, signed=frozenset()), reader(3, constituency="Elsewhere", candidates=())]
    texts = [copy.text for copy in post_office.copies(posted(BODY, readers)[0])]
    assert ["(has signed)" in text for text in texts] == [True, False, False]
    assert ["Candidate 1" in text for text in texts] == [True, True, False]


_CONTENT = frozen(BODY)
_FRAME = Shape(_CONTENT.html).elements


@given(name=st.text(max_size=90), place=st.text(max_size=90))
@settings(max_examples=60, deadline=None, database=None)
def test_no_words_become_markup(name: str, place: str):
    """Of whatever characters they are: the same elements as in everybody's mail, and the words are all there."""
    got = filled(_CONTENT, reader(1, name=name, constituency=place, candidates=()))
    shape = Shape(got.html)
    assert {tag for tag, _ in shape.elements} == {tag for tag, _ in _FRAME}
    assert not shape.others
    assert f"Dear {one_line(name, 70) or 'friend'}," in got.text
    assert f"Dear {one_line(name, 70) or 'friend'}," in shape.words


def test_no_name_breaks_the_mail(shared):
    """Whatever somebody calls themselves, no element, attribute or header comes of it."""
    names = list(hostile(shared))
    readers = [reader(number, name=name, constituency=name) for number, name in enumerate(names)]
    plain = Shape(post_office.copies(posted(BODY, [reader(1)])[0])[0].html)
    envelope = posted(BODY, readers)[0]
    SCHEMA.validate(json.loads(payload(envelope)))
    frame, words = plain.elements, [to.substitutions or {} for to in envelope.recipients]
    for own in words:
        for tag, value in own.items():
            if tag.startswith(("-html-name-", "-html-constituency-")):
                assert not Shape(value).elements
                assert not {"<", ">", '"'} & set(value)
    for copy in post_office.copies(envelope)[::97]:
        assert {tag for tag, _ in Shape(copy.html).elements} == {tag for tag, _ in frame}
        assert "\n" not in copy.to.display_name
