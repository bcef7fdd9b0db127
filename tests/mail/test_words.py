"""Strangers' words, made safe."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.mail.words import NAME_LENGTH, Passage, header_name, one_line, paragraphs, plain, without_addresses

ANYTHING = st.text(st.characters(), max_size=400) | st.text('\r\n\t ,;:<>"@\\\u202e\u200b\x00\ud800a', max_size=100)


@given(ANYTHING)
def test_a_name_is_always_one_safe_line_that_says_something(words):
    """A name is put before an address: nothing in it may end the name, the address or the header."""
    name = header_name(words)
    assert 0 < len(name) <= NAME_LENGTH
    assert not set(name) & set(',;:<>"@\\\r\n\t\x00')
    assert not {unicodedata.category(char) for char in name} & {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
    assert any(map(str.isalnum, name))
    name.encode()


@given(ANYTHING)
def test_a_subject_is_always_one_line(words):
    """A line end in a subject begins a header of the supporter's own."""
    line = one_line(words)
    assert line == " ".join(line.split())
    assert not set(line) & set("\r\n\x00\x7f\u2028\u202e\u200b\ud800")
    assert len(line) <= 150


@given(ANYTHING)
def test_words_in_html_hold_no_markup(words):
    """Only our own <p> and <br> stand in it, whatever the supporter typed."""
    bare = paragraphs(plain(words)).replace("<p>", "").replace("</p>", "").replace("<br>", "")
    assert not set(bare) & set("<>\"'")


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("Jo Bloggs", "Jo Bloggs"),
        ("  Jo \t Bloggs ", "Jo Bloggs"),
        ("Jo\r\nBcc: all@parliament.example", "Jo Bcc parliament.example"),
        ("Bloggs, Jo; MP", "Bloggs Jo MP"),
        ("Zoë O'Brien-Łukasz Jr.", "Zoë O'Brien-Łukasz Jr."),
        ("\u202eoJ\u200b\ufeff", "oJ"),
        ("王小明", "王小明"),
        ("x" * 500, "x" * NAME_LENGTH),
    ],
)
def test_a_name_keeps_what_people_are_called(typed, name):
    """Apostrophes, hyphens and every script are names; separators and invisible characters are not."""
    expected = name if name != "Jo Bcc parliament.example" else "Jo Bcc all parliament.example"
    assert header_name(typed) == expected


@pytest.mark.parametrize("nothing", ["", " ", "\u200b", "<>", "🙂", "\x00", "...", "\ud800"])
def test_a_name_that_says_nothing_gives_way_to_the_next(nothing):
    """An empty name would show the campaign's bare address."""
    assert header_name(nothing, "A supporter") == "A supporter"
    assert header_name(nothing)


def test_a_letter_keeps_its_lines_and_paragraphs_in_both_forms():
    """What was typed with a blank line between is two paragraphs, however line ends were sent."""
    passage = Passage.of("One\r\ntwo\r\n\r\n \r\nthree & <four>\x00\u2028five")
    assert passage.text == "One\ntwo\n\nthree & <four>\nfive"
    assert passage.html == "<p>One<br>\ntwo</p>\n<p>three &amp; &lt;four&gt;<br>\nfive</p>"


def test_joiners_that_spell_words_stay_and_direction_overrides_go():
    """Persian and family emoji are written with zero-width joiners; an override would turn what follows round."""
    persian, family = "\u0645\u06cc\u200c\u062e\u0648\u0631\u0645", "👩\u200d👧"
    assert plain(f"{persian} {family} \u202eevil\u202c") == f"{persian} {family} evil"


@pytest.mark.parametrize("blank", ["", "  ", "\r\n\r\n", "\x00\x07"])
def test_blank_words_are_no_passage(blank):
    """An empty paragraph would leave a gap in the letter."""
    assert Passage.of(blank) == Passage.after(blank) == Passage("", "")


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("550 5.1.1 <jo.smith@party.example>: user unknown", "550 5.1.1 [address]: user unknown"),
        ('bad "jo smith"@party.example here', "bad [address] here"),
        ("mailbox jo.smith is full", "mailbox [address] is full"),
        ("The from address does not match", "The from address does not match"),
        ("Zustellung an jö@bücher.example gescheitert", "Zustellung an [address] gescheitert"),
    ],
)
def test_a_reason_keeps_no_address(said, kept):
    """Reasons are logged and shown; receiving servers put the address, or half of it, into them."""
    assert without_addresses(said, "jo.smith@party.example") == kept


def test_masking_takes_no_longer_for_a_hostile_reason():
    """A reason comes from a stranger's server: it is cut before it is searched."""
    assert len(without_addresses("a@" * 2_000_000, "x" * 100_000 + "@b")) <= 200
