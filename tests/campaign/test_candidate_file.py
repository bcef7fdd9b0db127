"""Candidate files as they really come: two generations, any separator, and rows that nobody should send."""

from __future__ import annotations

import contextlib
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.campaign.reading import GOOD, NEW, OLD, known, only, read, reasons
from workers.campaign.candidate_file import read_regions
from workers.campaign.difference import difference
from workers.campaign.model import Candidate
from workers.campaign.table import decode
from workers.errors import InputError


def test_a_file_of_2015_is_known_by_its_header():
    """Nobody should need to remember a flag."""
    file = read(OLD + GOOD)
    expected = Candidate("1", "Ada Ash", "Lilac Party", "E14000530", "Northmoor", "ada@ash.example", region="England")
    assert (file.generation, only(file)) == ("2015", expected)


def test_a_file_of_today_is_known_by_its_header():
    """The same candidate, in the words of another decade."""
    file = read(NEW + GOOD)
    assert (file.generation, only(file)) == ("today", only(read(OLD + GOOD)))


def test_a_post_id_stands_in_for_a_missing_gss_code():
    """Today's core columns have no GSS code of their own."""
    file = read("person_id,person_name,party_name,post_label,gss,post_id\n1,Ada,Lilac,Northmoor,,gss:E14001063\n")
    assert only(file).constituency == "E14001063"


def test_columns_come_in_any_order_and_others_are_passed_over():
    """A spreadsheet is rearranged by whoever opens it."""
    file = read(
        "twitter_username,Email, GSS Code ,party,NAME,id\n@ada,ada@ash.example,E14000530,Lilac Party,Ada Ash,1\n"
    )
    assert only(file).email == "ada@ash.example"


@pytest.mark.parametrize("separator", [";", "\t", "|"])
def test_other_separators_are_understood(separator: str):
    """Spreadsheets of many countries write semicolons."""
    assert only(read((OLD + GOOD).replace(",", separator))) == only(read(OLD + GOOD))


@pytest.mark.parametrize("ending", ["\r\n", "\r"])
def test_other_line_ends_and_a_byte_order_mark_are_understood(ending: str):
    """Excel writes both."""
    assert only(read("\ufeff" + (OLD + GOOD).replace("\n", ending))) == only(read(OLD + GOOD))


def test_western_bytes_are_read_as_such_only_where_that_is_clear():
    """A file saved by an old Excel has names with accents, not rubbish."""
    raw = (OLD + GOOD.replace("Ada", "Zoë")).encode("cp1252")
    assert "Windows-1252" in decode(raw)[1]
    assert only(read(raw)).name == "Zoë Ash"


def test_one_broken_byte_in_a_utf8_file_costs_its_row_only():
    """Taking the whole file for another encoding would spoil every other name."""
    rows = OLD + GOOD.replace("Ada", "Zoë") + GOOD.replace("1,", "2,")
    file = read(rows.encode().replace(b"2,Ada", b"2,Ad\xff"))
    assert [candidate.name for candidate in file.candidates] == ["Zoë Ash"]
    assert reasons(file) == {3: "name: not UTF-8"}


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (b"", "empty"),
        (b"\n\n,,,\n", "empty"),
        (b"PK\x03\x04rest of a spreadsheet", "spreadsheet"),
        ((OLD + GOOD).encode("utf-16"), "UTF-16"),
        (b"postcode,gss\n", "no candidate file"),
        (b"id,name,party,email\n", "2015, but has no column gss_code"),
        (b"person_id,person_name,gss\n", "today, but has no column party_name"),
        (OLD.replace("email", "email,Email").encode(), "email is there twice"),
        (b"\x00" * 5000, "no candidate file"),
        (b'"id', "2015, but has no column name"),
    ],
)
def test_a_file_that_cannot_be_used_says_what_it_lacks(raw: bytes, says: str):
    """One sentence mends more than a traceback."""
    with pytest.raises(InputError, match=says):
        read(raw)


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("2,,Lilac,N,E14000530,", "name: empty"),
        ("2,Bo,,N,E14000530,", "party: empty"),
        (",Bo,Lilac,N,E14000530,", "id: takes"),
        ("two words,Bo,Lilac,N,E14000530,", "id: takes"),
        ("٢,Bo,Lilac,N,E14000530,", "id: takes"),
        ("../etc,Bo,Lilac,N,E14000530,", "id: takes"),
        ("2,Bo,Lilac,N,E1400053,", "constituency: not a GSS"),
        ("2,Bo,Lilac,N,northmoor,", "constituency: not a GSS"),
        ("2,Bo,Lilac,N,,", "constituency: not a GSS"),
        (f"2,{'B' * 121},Lilac,N,E14000530,", "name: longer than 120"),
        (f"2,Bo,{'L' * 200_000},N,E14000530,", "broken"),
        ('2,"Bo\r\nBcc: x",Lilac,N,E14000530,', "name: holds a line break"),
        ('2,Bo,"Lilac\nParty",N,E14000530,', "party: holds a line break"),
        ("2,B\x00o,Lilac,N,E14000530,", "name: holds a line break or control"),
        ("2,Bo\u202egnp,Lilac,N,E14000530,", "name: holds a line break or control"),
        ("2,=1+1,Lilac,N,E14000530,", "name: begins like a spreadsheet formula"),
        ("2,\uff20SUM(A1),Lilac,N,E14000530,", "name: begins like a spreadsheet formula"),
        ("2,Bo,Lilac,N,E14000530,bo", "email: not an address"),
        ("2,Bo,Lilac,N,E14000530,bo@ash.example\x00", "email: not an address"),
        ("2,Bo,Lilac,N,E14000530,Bo <bo@ash.example>", "email: not an address"),
        ('2,Bo,Lilac,N,E14000530,"a@ash.example\r\nBcc: b@ash.example"', "email: not an address"),
        ("2,Bo,Lilac,N,E14000530", "has 5 columns where the header has 6"),
        ("2,Bo,Lilac,N,E14000530,,more", "has 7 columns where the header has 6"),
        ('2,"Bo,Lilac,N,E14000530,', "a quotation mark is opened and never closed"),
        ('2,"Bo" Ash,Lilac,N,E14000530,', "the quotation marks or separators are broken"),
        ("1,Bo,Lilac,N,E14000530,", "id: row 2 has it already"),
    ],
)
def test_a_bad_row_is_refused_with_its_number_and_stops_no_other(row: str, says: str):
    """The reason stands beside the row, and never repeats what was in it."""
    file = read(OLD + GOOD + row + "\n" + GOOD.replace("1,Ada", "3,Cy"))
    assert [candidate.id for candidate in file.candidates] == ["1", "3"]
    assert says in reasons(file)[3]


def test_broken_lines_beside_each_other_are_refused_one_by_one():
    """An open quotation mark must not swallow the rest of the file."""
    broken = '2,"Bo,Lilac,N,E14000530,\n' * 3
    file = read(OLD + broken + GOOD + '4,"Di",Lilac,N,E14000530,"di@ash.example"\n')
    assert [candidate.id for candidate in file.candidates] == ["1", "4"]
    assert set(reasons(file)) == {2, 3, 4}


def test_blank_lines_are_no_rows():
    """Files end in commas."""
    file = read("\n" + OLD + "\n" + GOOD + ",,,,,\n\n")
    assert only(file).id == "1"


def test_a_reason_never_holds_the_address():
    """Reasons are printed and logged; addresses are not."""
    file = read(OLD + "2,Bo,Lilac,N,E14000530,bo@@secret.example\n")
    assert "secret" not in str(file.refused)


@pytest.mark.parametrize(
    ("cell", "address"),
    [
        (" Ada@Ash.EXAMPLE  ", "Ada@ash.example"),
        ("\u00a0ada@ash.example", "ada@ash.example"),
        ("ada@ash.test", "ada@ash.test"),
        ("ada@bücher.example", "ada@xn--bcher-kva.example"),
        ("", ""),
        ("   ", ""),
    ],
)
def test_an_address_is_trimmed_and_kept_as_mail_is_sent_to_it(cell: str, address: str):
    """Real files hold blanks and capitals; no address is normal."""
    assert only(read(OLD + GOOD.replace("ada@ash.example", cell))).email == address


@pytest.mark.parametrize("between", ["; ", " ", ";", " / "])
def test_of_several_addresses_two_are_kept_in_their_order(between: str):
    """Letters go to the second when the first bounces; whoever looks after the file should know of a third."""
    three = between.join(["a@ash.example", "A@ash.example", "b@ash.example", "c@ash.example"])
    file = read(OLD + GOOD.replace("ada@ash.example", three))
    assert (only(file).email, only(file).second_email) == ("a@ash.example", "b@ash.example")
    assert "holds 3 addresses, the first two are used" in file.notes[0].text


@pytest.mark.parametrize("column", ["email_2", "Email 2", "email2", "second_email"])
def test_a_second_address_may_have_a_column_of_its_own(column: str):
    """It becomes the first where there is no other."""
    head, good = OLD.replace("email", f"email,{column}"), GOOD.rstrip("\n")
    assert only(read(f"{head}{good},b@ash.example\n")).second_email == "b@ash.example"
    alone = only(read(f"{head}{good.replace('ada@ash.example', '')},b@ash.example\n"))
    assert (alone.email, alone.second_email) == ("b@ash.example", "")


def test_a_second_address_that_is_none_is_noted_and_refuses_nothing():
    """The first one is good."""
    file = read(OLD + GOOD.replace("ada@ash.example", "a@ash.example; b@-.example"))
    assert (only(file).email, only(file).second_email) == ("a@ash.example", "")
    assert "a further address is not one" in file.notes[0].text


def test_hard_addresses_never_stop_the_import(shared):
    """isemail's worst: each row is a candidate or a refused row, and nothing else happens."""
    from xml.etree import ElementTree as ET

    tree = ET.parse(shared / "email" / "isemail_tests.xml")
    cells = [(node.text or "").replace('"', '""') for node in tree.iter("address")]
    rows = [f'{number},Ada,Lilac,N,E14000530,"{cell}"\n' for number, cell in enumerate(cells)]
    file = read(OLD + "".join(rows))
    assert len(file.candidates) + len(file.refused) == len(cells)
    assert all("\r" not in candidate.email and "\n" not in candidate.email for candidate in file.candidates)


def test_naughty_names_are_kept_as_they_are_or_refused(shared):
    """Markup and templates are only text here; line breaks and controls never pass."""
    import csv

    names = [text for text in json.loads((shared / "hostile" / "blns.json").read_text()) if "\ud800" not in text]
    out = io.StringIO()
    csv.writer(out).writerows([str(number), name, "Lilac", "N", "E14000530", ""] for number, name in enumerate(names))
    file = read(OLD.replace("\n", "\r\n") + out.getvalue())
    assert file.candidates
    assert all(not set(candidate.name) & set("\r\n\x00\x1b") for candidate in file.candidates)


@pytest.mark.parametrize(("word", "sits"), [("true", True), ("Yes", True), ("t", True), ("", False), ("False", False)])
def test_an_incumbent_is_told_by_a_word(word: str, sits: bool):
    """Letters differ for those who sit already."""
    header, row = OLD.replace("email", "incumbent"), GOOD.replace("ada@ash.example", word)
    assert only(read(header + row)).incumbent is sits


@pytest.mark.parametrize(
    ("gss", "nation"), [("N06000001", "Northern Ireland"), ("S14000001", "Scotland"), ("W07000041", "Wales")]
)
def test_a_region_is_the_column_else_the_table_else_the_nation(gss: str, nation: str):
    """Rules on regions work with any file."""
    row = GOOD.replace("E14000530", gss)
    assert only(read(OLD + row)).region == nation
    assert only(read(OLD + row, regions={gss: "North"})).region == "North"
    with_column = read(OLD.replace("email", "region") + row.replace("ada@ash.example", "East"), regions={gss: "North"})
    assert only(with_column).region == "East"


def test_regions_come_from_the_statistics_office(shared):
    """The file as it is published: quoted names with commas in them."""
    text = (shared / "constituency_regions.csv").read_text(encoding="utf-8-sig")
    regions = read_regions(io.StringIO(text))
    assert (len(regions), regions["E14000530"]) == (650, "South East")
    with pytest.raises(InputError, match="Region"):
        read_regions(["a,b\n"])


def test_an_election_result_changes_nothing_and_a_cancelled_poll_withdraws():
    """Who was elected stood all the same; whose poll is cancelled does not stand."""
    file = read(
        NEW.replace("email", "elected,cancelled_poll")
        + "1,Ada,Lilac,N,E14000530,True,False\n2,Bo,Lilac,N,E14000530,False,t\n"
    )
    assert [candidate.status for candidate in file.candidates] == ["standing", "withdrawn"]


def test_who_stands_twice_is_two_candidates_whatever_the_order():
    """Supporters of both constituencies can write; the id known first stays, so that a sorted file changes nothing."""
    second = GOOD.replace("E14000530", "E14000531")
    file = read(OLD + GOOD + second)
    assert [candidate.id for candidate in file.candidates] == ["1", "1.E14000531"]
    homes = {candidate.id: candidate.constituency for candidate in file.candidates}
    again = read(OLD + second + GOOD, homes=homes)
    assert difference(known(file), again).put == ()


def test_another_name_under_the_same_id_is_refused():
    """One of the two is a mistake, and nobody can tell which."""
    file = read(OLD + GOOD + GOOD.replace("Ada Ash", "Bo Elm").replace("E14000530", "E14000531"))
    assert reasons(file) == {3: "id: row 2 has it already"}


def test_the_list_of_2015_is_read_whole(shared):
    """3,971 rows: two are repeats, about one in ten has no address."""
    file = read((shared / "ge2015_candidates.csv").read_bytes())
    assert (len(file.candidates), len(file.refused)) == (3969, 2)
    assert len({candidate.constituency for candidate in file.candidates}) == 650
    assert sum(not candidate.email for candidate in file.candidates) == 368


@given(st.binary(max_size=300))
def test_no_bytes_break_the_reader(raw: bytes):
    """Whatever a file holds, the answer is candidates, refused rows or one sentence."""
    for text in (OLD.encode() + raw, raw):
        with contextlib.suppress(InputError):
            read(text)
