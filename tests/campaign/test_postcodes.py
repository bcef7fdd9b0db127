"""Postcodes as people type them."""

from __future__ import annotations

import csv

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.campaign.postcodes import normal_postcode
from workers.errors import InputError


@pytest.mark.parametrize(
    "typed",
    [
        "SW1A 1AA",
        "sw1a1aa",
        " Sw1a  1aA ",
        "sw1a\u00a01aa",
        "SW1A-1AA",
        "sw1a\u20091aa\n",
        "\uff33\uff37\uff11\uff21 \uff11AA",
        "S W 1 A 1 A A",
        '"SW1A 1AA".',
    ],
)
def test_capitals_blanks_and_dashes_do_not_matter(typed: str):
    """Every usual way means the same place."""
    assert normal_postcode(typed) == "SW1A 1AA"


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("SWIA IAA", "SW1A 1AA"),
        ("0X1 2AB", "OX1 2AB"),
        ("EC1A OBB", "EC1A 0BB"),
        ("S1O 1AA", "S10 1AA"),
        ("M1 IAE", "M1 1AE"),
        ("1G11 1AA", "IG11 1AA"),
    ],
)
def test_figures_and_letters_that_look_alike_are_understood(typed: str, meant: str):
    """O and 0, I and 1 are told apart by where they stand."""
    assert normal_postcode(typed) == meant


@pytest.mark.parametrize(
    "typed", ["M1 1AE", "B33 8TH", "CR2 6XH", "DN55 1PT", "W1A 0AX", "EC1A 1BB", "OX1 1AA", "IP1 1AA"]
)
def test_every_shape_of_postcode_stays_as_it_is(typed: str):
    """What is right already is not corrected."""
    assert normal_postcode(typed) == typed
    assert normal_postcode(typed.replace(" ", "")) == typed


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("", "empty"),
        ("   ", "empty"),
        ("EC1A", "first half"),
        ("EC1A 1A", "not a complete"),
        ("75001", "another country"),
        ("H2X 1Y4", "another country"),
        ("ZZ1 1AA", "not a complete"),
        ("SW1A 1AC", "not a complete"),
        ("BFPO 12", "Forces"),
        ("BF1 2AA", "Forces"),
        ("JE2 3AB", "Jersey"),
        ("IM1 1AA", "Isle of Man"),
        ("GX11 1AA", "Gibraltar"),
        ("FIQQ 1ZZ", "overseas"),
        ("GIR 0AA", "bank"),
        ("<script>", "not a British"),
        ("SW1A 1AA; DROP", "not a"),
        ("\x00", "not a British"),
        ("\u0661" * 6, "not a British"),
        pytest.param("A" * 5_000_000, "not a British", id="long"),
        pytest.param("\ufdfa" * 40, "not a British", id="grows"),
    ],
)
def test_what_is_no_postcode_is_refused_with_a_reason(typed: str, says: str):
    """The reason helps, and never repeats what was typed."""
    with pytest.raises(InputError, match=says) as caught:
        normal_postcode(typed)
    assert caught.value.field == "postcode"
    assert not typed.strip() or typed not in str(caught.value)


def test_every_known_postcode_is_normal_however_it_is_written(shared):
    """The whole of the file, with and without blank, in small letters."""
    with (shared / "postcodes.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            assert normal_postcode(row["pcds"]) == row["pcds"]
            assert normal_postcode(row["pcds"].replace(" ", "").lower()) == row["pcds"]


@given(st.text(max_size=12) | st.text("ABEGIJLNOSWX0123 -", max_size=9))
def test_a_normal_postcode_is_its_own_normal_form(typed: str):
    """Asking twice is asking once; anything else is refused, never broken."""
    try:
        normal = normal_postcode(typed)
    except InputError:
        return
    assert normal_postcode(normal) == normal
