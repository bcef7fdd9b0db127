"""Files of people: what a row says, and why one is refused."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import msgspec
import pytest

from workers.campaign.ids import Ids
from workers.campaign.model import Consent, Person
from workers.campaign.spreadsheet import safe_cell
from workers.errors import InputError
from workers.peoplefile import Entry, PeopleFile, consent

HEADER = "name,email,postcode,tags,language,consent_purpose,consent_wording,consent_at,consent_source"


def read(ids: Ids, *lines: str, agreed: Consent | None = None) -> tuple[list[Entry], list[tuple[int, str]]]:
    """(rows that can be used, the others)"""
    refused: list[tuple[int, str]] = []
    file = PeopleFile([f"{line}\n".encode() for line in lines], ids, agreed)
    return list(file.read(lambda row, why: refused.append((row, why)))), refused


def why(ids: Ids, row: str) -> str:
    """Why the only row of a file is refused."""
    entries, refused = read(ids, HEADER, row)
    assert (entries, [row for row, _ in refused]) == ([], [2])
    return refused[0][1]


def test_a_row_is_a_person_with_what_they_agreed_to(ids: Ids):
    """The separator, capitals and blanks do not matter."""
    (entry,), refused = read(
        ids,
        "Name;E-mail;Post code;Tags;Language;Consent purpose;Consent wording;Consent at;Consent source",
        'Robin  Vale;Robin@Supporter.example ;ze411aa;Door to door|b;Welsh;Bulletins;"Yes; mail me";2026-05-01;a stall',
    )
    assert refused == []
    robin = ids.person("robin@supporter.example", "robin vale")
    person = Person(robin, "Robin Vale", "Robin@Supporter.example", "ZE41 1AA")
    assert entry.person == msgspec.json.encode(person), "byte for byte as an action leaves them"
    assert (entry.address, entry.domain) == (
        ids.address("robin@supporter.example"),
        ids.domain("a@supporter.example")[:6],
    )
    assert entry.words == "cy b,door-to-door bulletins"
    ((purpose, packed),) = entry.consents
    assert purpose == "bulletins"
    agreed = msgspec.json.decode(packed, type=Consent)
    assert agreed == Consent("bulletins", "Yes; mail me", 1_777_593_600, "a stall")


def test_a_tag_may_be_taken_away(ids: Ids):
    """By a dash before it; a cell that begins with one is no formula here."""
    (entry,), _ = read(ids, "name,email,tags", "Robin,robin@supporter.example,-old;new")
    assert entry.words == "- -old,new -"


def test_first_and_last_names_are_a_name(ids: Ids):
    """As mail programs export them."""
    (entry,), _ = read(ids, "Email Address,First Name,Last Name", "robin@supporter.example,Robin,Vale")
    assert entry.id == ids.person("robin@supporter.example", "Robin Vale")
    assert (entry.postcode, entry.words, entry.consents) == ("", "- - -", ())


def test_a_purpose_that_mails_nobody_is_a_consent_all_the_same(ids: Ids):
    """A profile says only what mailings ask."""
    (entry,), _ = read(ids, HEADER, "Robin,robin@supporter.example,,,,phone,Call me,2026-05-01,")
    assert (entry.words, entry.consents[0][0]) == ("- - -", "phone")


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (",a@b.example,,,,,,,", "name: must not be empty"),
        ("Robin,,,,,,,,", "email: must not be empty"),
        ("Robin,a@b@c.example,,,,,,,", "email: must be one plain e-mail address"),
        ("Robin,a@mailinator.com,,,,,,,", "email: is at a provider of throw-away addresses"),
        ("Robin,a@x.mailinator.com,,,,,,,", "email: is at a provider of throw-away addresses"),
        ("Robin,a@b.example,ZZ1,,,,,,", "postcode: "),
        ("Robin,a@b.example,,ta*g,,,,,", "tags: must each be"),
        ("Robin,a@b.example,,,Klingonese 1,,,,", "language: is no language"),
        ("Robin,a@b.example,,,,bulletins,,2026-05-01,", "consent_wording: must be the exact wording"),
        ("Robin,a@b.example,,,,bulletins,Yes,,", "consent_at: must be a time such as"),
        ("Robin,a@b.example,,,,bulletins,Yes,2999-01-01,", "consent_at: must be a time in the past"),
        ("Robin,a@b.example,,,,,Yes,,", "consent_purpose: is missing"),
        ("Robin,a@b.example,,,,mail me,Yes,2026-05-01,", "consent_purpose: must be"),
        ("Robin,a@b.example", "has 2 columns where the header has 9"),
        ('Robin,"a@b.example,,,,,,,', "a quotation mark is opened and never closed"),
    ],
)
def test_a_row_that_cannot_be_used_says_why(ids: Ids, row: str, reason: str):
    """In words for who can mend it, and without what the row says."""
    said = why(ids, row)
    assert reason in said
    assert "b.example" not in said


def test_one_bad_encoding_costs_its_row_only(ids: Ids):
    """And its neighbours keep their accents."""
    refused: list[int] = []
    lines = [b"name,email\n", "Zoë,z@b.example\n".encode(), b"Zo\xeb,y@b.example\n", b'"Zo\xeb, A",x@b.example\n']
    found = list(PeopleFile(lines, ids).read(lambda row, _: refused.append(row)))
    assert ([one.row for one in found], refused) == ([2], [3, 4])


@pytest.mark.parametrize(
    ("header", "field"),
    [
        ("name,phone", "file: has no column of addresses"),
        ("email,first_name", "file: has no column of names"),
        ("name,email,consent_purpose", "file: says what people agreed to, but not the wording"),
        ("name,email,email", "file: the column email is there twice"),
    ],
)
def test_a_file_that_lacks_something_is_refused_as_a_whole(ids: Ids, header: str, field: str):
    """Before anything is written."""
    with pytest.raises(InputError, match=field):
        read(ids, header, "Robin,robin@supporter.example")


def test_one_consent_may_be_said_for_all(ids: Ids):
    """A file without consents: the operator says what everybody agreed to; one with them speaks for itself."""
    agreed = consent("bulletins", "Yes", "2026-05-01", "stall")
    (entry,), _ = read(ids, "name,email", "Robin,robin@supporter.example", agreed=agreed)
    assert entry.words == "- - bulletins"
    with pytest.raises(InputError, match="says itself what people agreed to"):
        read(ids, HEADER, agreed=agreed)


def test_what_an_export_protects_comes_back_as_it_was(ids: Ids):
    """The apostrophe before a formula is the spreadsheet's, not the person's."""
    (entry,), _ = read(ids, "name,email", f"{safe_cell('=Robin')},robin@supporter.example")
    assert entry.id == ids.person("robin@supporter.example", "=Robin")


def test_hostile_words_are_data_or_are_refused(ids: Ids, shared: Path):
    """In any column; never an exception, never a line that breaks a profile."""
    strings = json.loads((shared / "hostile" / "blns.json").read_text())
    strings += (shared / "hostile" / "csv_formula.txt").read_text().splitlines()
    out = io.StringIO()
    table = csv.writer(out)
    table.writerow(HEADER.split(","))
    for number, text in enumerate(strings):
        table.writerow([text, f"a{number}@b.example", "", "", "", "", "", "", ""])
        table.writerow(["Robin", text, "", text, "", "", "", "", ""])
        table.writerow(["Robin", f"b{number}@b.example", "", text, text[:9], "bulletins", text, "2026-05-01", text])
    entries, refused = read(ids, *out.getvalue().splitlines())
    assert len(entries) > len(strings) / 2
    assert len(entries) + len(refused) >= 3 * len(strings)
    assert all(len(entry.words.split(" ")) == 3 for entry in entries)
