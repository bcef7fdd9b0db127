"""``mobilise places``: any CSV with a postcode and a GSS code, and one question: where is this?"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.people import CAMPAIGN, candidate
from workers.campaign.boundaries import generation_of_codes, generation_of_column
from workers.campaign.sectors import Place
from workers.store import Store


@pytest.mark.parametrize(
    ("header", "begun"),
    [
        ("pcds,pcon_gss_2010", "2010"),
        ("Postcode,GSS Code", "2010"),
        ("pcd,pcon25cd", "2024"),
        ("PCD7,PCON24CD", "2024"),
        ("postcode,constituency_code", "2010"),
        ("postcode,pcon", "2010"),
        ("postcode,constituency", "2010"),
        ("\ufeffpcds,pcon19cd", "2010"),
    ],
)
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_columns_are_known_by_the_names_in_use(import_text, store: Store, header: str, begun: str, separator: str):
    """Every publisher has its own."""
    status, report = import_text(f"{header}\r\nab12 5dx,E14000530\r\n".replace(",", separator))
    assert (status, report["generations"]) == (0, {begun: 1})
    assert store.places.find("AB12 5DX") == {begun: Place(("E14000530",))}


@pytest.mark.parametrize(
    ("column", "begun"), [("pcon05cd", "2005"), ("pcon_gss_2023", "2010"), ("pcon_gss_2024", "2024"), ("gss", "")]
)
def test_digits_in_a_column_tell_the_boundaries(column: str, begun: str):
    """Codes are published again each year, but boundaries change seldom."""
    assert generation_of_column(column) == begun


def test_bad_rows_are_counted_and_stop_nothing(import_text, store: Store):
    """The first twenty are told; postcodes in no constituency are no mistake."""
    good = 'pcds,oa,pcon_gss_2010\nM1 1AB,,E14000530\n"M1 1AD","a,b",E14000530\n'
    bad = (
        'M1 1AE,,north\nnowhere,,E14000530\nM1,,E14000530\nM1 1AF,E14000530\n"M1 1AG,,E14000530\n'
        + "x,,E14000530\n" * 30
    )
    status, report = import_text(good + bad + "JE2 3AB,,L99999999\nM1 1AH,,\nM1 1AJ,,E14000530\n")
    assert (status, report["generations"], report["rows"]) == (3, {"2010": 3}, 3)
    assert (report["refused"], len(report["refused_rows"]), report["in_no_constituency"]) == (35, 20, 2)
    assert report["refused_rows"][0] == {"row": 4, "reason": "gss: not a GSS code, such as E14000530"}
    assert store.places.find("M1 1AJ") == {"2010": Place(("E14000530",))}


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (b"", "empty"),
        (b"a,b\n1,2\n", "no column of postcodes"),
        (b"postcode,pcon_name_2010\nM1 1AB,North\n", "no column of GSS codes"),
        (b"postcode,gss\nnowhere,E14000530\n", "no row holds"),
        (b"PK\x03\x04", "not whole"),
        ("postcode,gss\n".encode("utf-16"), "UTF-16"),
        (b"\x00\xff" * 100_000, "no column of postcodes"),
    ],
)
def test_a_file_that_cannot_be_used_changes_nothing(import_text, store: Store, raw: bytes, says: str):
    """One sentence, status 1, and the places of yesterday."""
    import_text("postcode,gss\nM1 1AB,E14000530\n")
    status, error = import_text(raw)
    assert (status, says in error) == (1, True)
    assert store.places.known().keys() == {"2010"}


def test_a_line_without_an_end_is_read_in_bounded_pieces(import_text):
    """Nobody's memory is filled by a broken file."""
    status, report = import_text("postcode,gss\nM1 1AB,E14000530\n" + "x" * 1_000_000 + "\nM1 1AD,E14000530\n")
    assert (status, report["rows"]) == (3, 2)


def test_find_explains_what_it_found(mobilise, import_text, store: Store):
    """The seat for each generation, by name where a campaign knows it, and whose candidates stand there."""
    import_text("pcds,pcon10cd,pcon24cd\nM1 1AB,E14999001,E14999002\n")
    store.candidates.apply(CAMPAIGN, [candidate(1, constituency_name="Northmoor"), candidate(2)])
    status, out, _ = mobilise("places", "find", "m1\u00a0iab")
    assert status == 0
    assert "boundaries of 2010: E14999001 Northmoor" in out
    assert f"{CAMPAIGN}: 2 candidates" in out
    report = json.loads(mobilise("places", "find", "M1 1AB", "--json")[1])
    assert report["postcode"] == "M1 1AB"
    seen = {name: report["places"][1][name] for name in ("boundaries", "constituency", "name", "candidates", "file")}
    assert seen == {
        "boundaries": "2024",
        "constituency": "E14999002",
        "name": "",
        "candidates": {},
        "file": "places.csv",
    }
    assert "from places.csv, imported 20" in out


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("M2 1AB", "not among"),
        ("M1 1BB", "not among those imported; in its sector are M1 1AB"),
        ("M1", "first half"),
        ("BFPO 3", "Forces"),
        ("75001", "not a UK postcode"),
        ("D02 AF30", "not a UK postcode"),
        ("\x1b[2J", "not a"),
    ],
)
def test_find_says_what_is_wrong_with_a_postcode(mobilise, import_text, typed: str, says: str):
    """And does not repeat it."""
    import_text("postcode,gss\nM1 1AB,E14000530\n")
    status, _, err = mobilise("places", "find", typed)
    assert (status, says in err, "\x1b[2J" in err) == (1, True, False)


def test_the_postcodes_of_the_shared_file_import_whole(mobilise, shared: Path, store: Store):
    """Two generations, 1,580 postcodes each."""
    status, out, _ = mobilise("places", "import", shared / "postcodes.csv")
    assert (status, "1,580 rows" in out) == (0, True)
    assert [known.postcodes for known in store.places.known().values()] == [1580, 1580]


@pytest.mark.parametrize(
    ("codes", "begun"),
    [
        (["E14001062", "W07000041", "S14000001", "N06000001"], "2010"),
        (["E14001063", "S14000021", "N05000018"], "2024"),
        (["W07000112", "S14000060"], "2024"),
        (["S14000021"], ""),
        ([f"S140000{n}" for n in range(10, 20)], "2010"),
        (["E05000001"], ""),
    ],
)
def test_codes_tell_their_boundaries(codes: list[str], begun: str):
    """Scotland kept five seats unchanged: so few of the old codes tell nothing."""
    assert generation_of_codes(codes) == begun


def test_quick_and_careful_reading_find_the_same(import_text, store: Store):
    """Most rows are split at once; quotation marks, line breaks and separators within a cell are still understood."""
    rows = [
        'M1 1AB,"x",,E14001063',
        '"M1 1AD","x","","E14001063"',
        '"M1 1AE","x, y","","E14001063"',
        '"M1 1AF","x\ny","","E14001063"',
        'M1 1AG,"x ""y""",199606,E14001063',
        "m1 1ah,x,,E14001063",
        "M1 1AJ,,,E14001063",
    ]
    status, report = import_text("pcds,name,doterm,pcon\r\n" + "\r\n".join(rows))
    assert (status, report["rows"], report["changes"]["2024"]["terminated"]) == (0, 7, 1)
    assert store.places.beside("M1 1AB") == [f"M1 1A{letter}" for letter in "BDEFHJ"]
