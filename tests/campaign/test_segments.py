"""Tests of segments: what each wording means, that text and rule are one, and that an error points at its word."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workers.campaign import segment_rules as rules
from workers.campaign.segment_words import LONGEST
from workers.campaign.segments import EVERYBODY, FIELDS, SegmentError, parse
from workers.campaign.traits import Traits

ADA = Traits("W07000041", "Wales", frozenset(["volunteer", "donor"]), "cy", wrote=True, signed=False, mailed_days=10)
BO = Traits("E14000530", "South East", frozenset(), "en-GB", wrote=False, signed=True)

MEANINGS = [
    ("", "ada bo"),
    ("region = 'Wales'", "ada"),
    ("region = 'wales'", "ada"),
    ('region == "Wales"', "ada"),
    ("region != 'Wales'", "bo"),
    ("region <> 'Wales'", "bo"),
    ("region in ('Wales', 'South  East')", "ada bo"),
    ("region NOT IN ('Wales')", "bo"),
    ("constituency = 'e14000530'", "bo"),
    ("constituency = ''", ""),
    ("tag = 'volunteer'", "ada"),
    ("tags has 'Donor'", "ada"),
    ("tag in ('donor', 'other')", "ada"),
    ("tag != 'donor'", "bo"),
    ("language = 'cy'", "ada"),
    ("language = 'en'", "bo"),
    ("language = 'en-GB'", "bo"),
    ("language = 'en-US'", ""),
    ("wrote", "ada"),
    ("not wrote", "bo"),
    ("not not wrote", "ada"),
    ("signed and not wrote", "bo"),
    ("mailed in 10 days", "ada"),
    ("mailed in the last 9 days", ""),
    ("mailed within 2 weeks", "ada"),
    ("not mailed in 10 days", "bo"),
    ("mailed_days > 9", "ada bo"),
    ("mailed_days >= 11", "bo"),
    ("mailed_days < 11", "ada"),
    ("mailed_days <= 9", ""),
    ("wrote or signed and wrote", "ada"),
    ("(wrote or signed) and not wrote", "bo"),
    ("not (wrote and signed)", "ada bo"),
    ("Wrote\n  OR Signed", "ada bo"),
]


@pytest.mark.parametrize(("text", "who"), MEANINGS)
def test_each_wording_means_what_it_says(text, who):
    """One language for the file and the command line; who was never mailed was not mailed in any number of days."""
    segment = parse(text)
    assert [name for name, traits in [("ada", ADA), ("bo", BO)] if segment.matches(traits)] == who.split()


@pytest.mark.parametrize(("text", "_who"), MEANINGS)
def test_what_a_segment_says_of_itself_is_the_same_segment(text, _who):
    """The rule that is kept with a mailing can be read again years later."""
    segment = parse(text)
    assert parse(str(segment)) == segment
    assert str(parse(str(segment))) == str(segment)


def test_a_segment_knows_which_traits_it_needs():
    """What nobody asks for is not looked up, a million times."""
    asked = parse("tag = 'x' and (not wrote or mailed_days > 3)")
    assert asked.needs == {"tags", "wrote", "mailed_days"}
    assert asked.needs <= set(Traits._fields)
    assert EVERYBODY.needs == frozenset()


@pytest.mark.parametrize("example", FIELDS.values())
def test_the_examples_of_the_help_can_be_typed(example):
    """They are the first that a newcomer tries."""
    assert str(parse(example)) == example


@pytest.mark.parametrize(
    ("text", "word", "says"),
    [
        ("regoin = 'Wales'", "regoin", "did you mean region?"),
        ("wrote and colour = 'red'", "colour", "known here are constituency, region"),
        ("region = Wales", "Wales", "write it in quotes: 'Wales'"),
        ("region = 'Wales", "'", "this quote is never closed"),
        ("region = \u2018Wales\u2019", "\u2018", "straight quotes"),
        ("region 'Wales'", "'Wales'", "expected =, != or in after region"),
        ("region = and wrote", "and", "expected a text in quotes"),
        ("constituency = 'Aberavon'", "'Aberavon'", "not a GSS code"),
        ("tag = 'two words'", "'two words'", "not a tag"),
        ("language = 'welsh!'", "'welsh!'", "not a language"),
        ("region in 'Wales'", "'Wales'", "expected a list in brackets"),
        ("region in ('Wales' 'London')", "'London'", "expected a comma"),
        ("region not 'Wales'", "'Wales'", "expected in after not"),
        ("wrote = 'yes'", "=", "wrote stands alone"),
        ("wrote signed", "signed", "expected and, or"),
        ("(wrote", "(", "never closed"),
        ("(wrote signed)", "(", "expected and, or, or a closing bracket"),
        ("wrote)", ")", "never opened"),
        ("wrote and", "", "expected a condition"),
        ("or wrote", "or", "expected a condition"),
        ("'Wales' = region", "'Wales'", "expected a condition"),
        ("mailed 14 days", "14", "expected in and a number"),
        ("mailed in some days", "some", "expected a number of days"),
        ("mailed in 14 years", "years", "expected days or weeks"),
        ("mailed in 32 days", "32", "remembered for 31 days"),
        ("mailed in 99999999999999999999 weeks", "99999999999999999999", "remembered for 31 days"),
        ("mailed_days = 3", "=", "expected <, <=, > or >="),
        ("mailed_days < 0", "0", "write 1 or more"),
        ("wrote; drop", ";", "means nothing here"),
        ("not " * 50 + "wrote", "not", "40 deep"),
        ("(" * 50 + "wrote" + ")" * 50, "(", "40 deep"),
    ],
)
def test_an_error_points_at_the_word(text, word, says):
    """Whoever typed it sees at once what to mend."""
    with pytest.raises(SegmentError) as caught:
        parse(text)
    said, line, marks = str(caught.value).split("\n")
    assert says in said
    assert f"(column {caught.value.column})" in said
    assert text[caught.value.column - 1 :].startswith(word)
    assert line[marks.index("^") :].startswith(word)
    assert marks.count("^") == max(1, len(word))


def test_an_error_in_a_text_of_several_lines_names_the_line():
    """A segment in a file may be long."""
    with pytest.raises(SegmentError, match=r"line 3, column 5\)\n  and wrotten\n      \^{7}$"):
        parse("\nregion = 'Wales'\nand wrotten\n")


def test_a_text_without_end_is_refused():
    """A wrong file is not read for minutes."""
    with pytest.raises(SegmentError, match="longer than 20,000"):
        parse("wrote or " * LONGEST)
    everywhere = ", ".join(f"'E{14000000 + number}'" for number in range(650))
    assert parse(f"constituency in ({everywhere})").matches(BO)


names = st.sampled_from(["Wales", "South East", "L'Île", "a 'b' \"c\""])
conditions = st.one_of(
    st.sampled_from([rules.Flag("wrote"), rules.Flag("signed")]),
    st.builds(rules.Mailed, st.integers(0, 31)),
    st.builds(rules.Is, st.just("region"), st.lists(names, min_size=1, max_size=3, unique=True).map(tuple)),
    st.builds(rules.Is, st.just("tag"), st.just(("volunteer",))),
)
trees = st.recursive(
    conditions,
    lambda inner: st.one_of(
        inner.map(rules.negated),
        st.builds(rules.joined, st.sampled_from([rules.Every, rules.Some]), st.lists(inner, min_size=1, max_size=3)),
    ),
    max_leaves=12,
)


@given(trees)
@settings(max_examples=200, deadline=None)
def test_every_rule_survives_being_written_and_read(rule):
    """Brackets stand exactly where the meaning needs them."""
    assert parse(str(rule)).rule == rule


@given(st.text(alphabet="()'\"=<>!, \nandorti wroegs1€\x00", max_size=40) | st.text(max_size=40))
@settings(max_examples=300, deadline=None)
def test_any_text_is_a_segment_or_a_segment_error(text):
    """Nobody sees a traceback, whatever they type."""
    with suppress(SegmentError):
        assert parse(text).matches(ADA) in {True, False}
