"""``GET /api/campaigns/{campaign}/signatories``: who signed, for anyone who wants to show it, and nothing private."""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
from dataclasses import replace
from typing import Any
from xml.etree import ElementTree as ET

import jsonschema
import pytest

from tests.support.wait import wait_until
from tests.web.asking import Site
from tests.web.conftest import candidate
from workers.campaign.signature import Signature
from workers.store import Store

API, PAGE = "/api/campaigns/clean-rivers/signatories", "/campaigns/clean-rivers/signatories"
ATOM = "{http://www.w3.org/2005/Atom}"
#: 2023-11-14T22:13:20Z, a Tuesday.
NOON = 1_700_000_000


def signed(site: Site, ledger: Store, *signatures: Signature) -> None:
    """These sign, and the site knows."""
    for one in signatures:
        ledger.signatures.record("clean-rivers", one)
    expected = {(one.candidate, one.evidence) for one in ledger.signatures.all("clean-rivers").values()}
    wait_until(lambda: {(one["candidate_id"], one["evidence_url"]) for one in listed(site)} == expected)


def listed(site: Site, query: str = "") -> list[dict[str, Any]]:
    """Who is listed."""
    return list(site.get(f"{API}.json{query}").json()["signatories"])


@pytest.fixture
def three(site: Site, ledger: Store) -> Site:
    """Three who signed, in two parties, regions and constituencies."""
    people = [
        replace(candidate(1), name="Zoë Alder", region="North"),
        replace(candidate(2), name="Ann Birch", region="North"),
        replace(candidate(3, email=""), name="Bea Cole", constituency_name="Ambleford", region="South"),
    ]
    ledger.candidates.apply("clean-rivers", people)
    evidence = "https://news.example/charter?a=1&b=2"
    signed(
        site,
        ledger,
        Signature("1", NOON, "form", by="Paula Private"),
        Signature("2", NOON + 3600, "paper", evidence),
        Signature("3", NOON - 90_000, "link"),
    )
    wait_until(lambda: [one["region"] for one in listed(site)] == ["South", "North", "North"])
    return site


def test_the_list_says_who_when_and_how(three: Site):
    """By constituency and name: nobody is first for having been early, or for their party."""
    found = three.get(API).json()
    assert (found["campaign"], found["total"]) == ("clean-rivers", 3)
    assert [one["name"] for one in found["signatories"]] == ["Bea Cole", "Ann Birch", "Zoë Alder"]
    assert found["signatories"][1] == {
        "candidate_id": "2",
        "name": "Ann Birch",
        "party": "Hill & Dale Party",
        "constituency": "Testford",
        "gss": "E14999001",
        "region": "North",
        "when": "2023-11-14T23:13:20Z",
        "how": "paper",
        "evidence_url": "https://news.example/charter?a=1&b=2",
    }


def test_who_entered_a_signature_and_addresses_stay_private(three: Site):
    """In no format, on no page."""
    for path in (f"{API}.json", f"{API}.csv", f"{API}.atom", PAGE, "/campaigns/clean-rivers"):
        text = three.get(path).body.decode()
        assert "Ann Birch" in text
        assert "Paula" not in text
        assert "@candidates.example" not in text


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("?q=zoe", ["Zoë Alder"]),
        ("?q=TESTFORD+birch", ["Ann Birch"]),
        ("?q=dale", ["Ann Birch"]),
        ("?q=nobody", []),
        ("?q=%25%27%22%3Cscript%3E", []),
        ("?q=" + "x" * 5000, []),
        ("?party=River+Party", ["Bea Cole", "Zoë Alder"]),
        ("?region=North", ["Ann Birch", "Zoë Alder"]),
        ("?region=North&party=River+Party", ["Zoë Alder"]),
        ("?order=name", ["Ann Birch", "Bea Cole", "Zoë Alder"]),
        ("?order=party", ["Ann Birch", "Bea Cole", "Zoë Alder"]),
        ("?order=region", ["Ann Birch", "Zoë Alder", "Bea Cole"]),
        ("?order=newest", ["Ann Birch", "Zoë Alder", "Bea Cole"]),
        ("?order=newest&limit=1", ["Ann Birch"]),
    ],
)
def test_the_list_can_be_searched_and_ordered(three: Site, query: str, names: list[str]):
    """Without regard to capitals and accents; every word must be there."""
    assert [one["name"] for one in listed(three, query)] == names


@pytest.mark.parametrize(
    ("query", "field"),
    [("?order=best", "order"), ("?limit=0", "limit"), ("?limit=" + "9" * 6000, "limit"), ("?format=pdf", "format")],
)
def test_what_is_not_offered_is_named(site: Site, query: str, field: str):
    """Better than a list that is not what was asked for."""
    answer = site.get(API + query)
    assert (answer.status, answer.fields()) == (422, [field])


@pytest.mark.parametrize(
    ("path", "accept", "media_type"),
    [
        (API, "", "application/json"),
        (API, "*/*", "application/json"),
        (API, "text/html,application/xhtml+xml,*/*;q=0.8", "application/json"),
        (API, "text/csv", "text/csv"),
        (API, "text/*;q=0.5, application/atom+xml;q=0.9", "application/atom+xml"),
        (API, "application/json;q=0.1, text/csv;q=0.2", "text/csv"),
        (f"{API}?format=csv", "application/json", "text/csv"),
        (f"{API}.atom", "application/json", "application/atom+xml"),
        (API, "text/html", "application/problem+json"),
        (API, "application/json;q=0", "application/problem+json"),
        (f"{API}.xml", "", "application/problem+json"),
    ],
)
def test_the_format_is_negotiated(site: Site, path: str, accept: str, media_type: str):
    """The path decides, then ``format``, then the Accept header."""
    answer = site.get(path, accept=accept) if accept else site.get(path)
    assert answer.headers["content-type"].partition(";")[0] == media_type
    assert answer.status == {f"{API}.xml": 404}.get(path, 406 if media_type.endswith("problem+json") else 200)


def test_a_spreadsheet_shows_and_computes_nothing(three: Site, ledger: Store, shared):
    """A candidate's name comes from a file that somebody made: it is text, whatever it begins with."""
    hostile = [line for line in (shared / "hostile" / "csv_formula.txt").read_text().splitlines() if line.strip()]
    hostile += ["\t=1+1", "\r=1+1", "+441234", "-1", "@SUM(1)", '=HYPERLINK("x")', "plain, with a comma"]
    people = [replace(candidate(100 + number), name=name) for number, name in enumerate(hostile)]
    ledger.candidates.apply("clean-rivers", people)
    signed(three, ledger, *(Signature(one.id, NOON, "form") for one in people))
    answer = three.get(f"{API}.csv")
    assert answer.headers["content-disposition"] == 'attachment; filename="clean-rivers-signatories.csv"'
    rows = list(csv.DictReader(io.StringIO(answer.body.decode(), newline="")))
    assert len(rows) == 3 + len(hostile)
    assert {row["name"].removeprefix("'") for row in rows} >= set(hostile)
    for row in rows:
        assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in row.values()), row


def test_the_feed_is_atom(three: Site):
    """What RFC 4287 asks of a feed and an entry, with ids that stay and the newest first."""
    answer = three.get(f"{API}.atom")
    feed = ET.fromstring(answer.body)
    assert feed.tag == f"{ATOM}feed"
    assert feed.findtext(f"{ATOM}id") == "tag:rivers.example,2020:clean-rivers/signatories"
    assert feed.findtext(f"{ATOM}updated") == "2023-11-14T23:13:20Z"
    assert feed.findtext(f"{ATOM}author/{ATOM}name") == "Clean Rivers"
    assert [link.get("rel") for link in feed.findall(f"{ATOM}link")] == ["self", "alternate"]
    entries = feed.findall(f"{ATOM}entry")
    assert [entry.findtext(f"{ATOM}title") for entry in entries] == [
        "Ann Birch signed",
        "Zoë Alder signed",
        "Bea Cole signed",
    ]
    for entry in entries:
        assert [len(entry.findall(ATOM + name)) for name in ("id", "title", "updated", "summary")] == [1, 1, 1, 1]
        assert re.fullmatch(r"tag:rivers\.example,2020:clean-rivers/signatories/\d", entry.findtext(f"{ATOM}id") or "")
        assert [link for link in entry.findall(f"{ATOM}link") if link.get("rel") == "alternate"]
    assert three.get(f"{API}.atom").body == answer.body


def test_an_empty_feed_is_a_feed(site: Site):
    """Readers subscribe before anyone has signed."""
    wait_until(lambda: listed(site) == [])
    feed = ET.fromstring(site.get(f"{API}.atom").body)
    assert feed.findtext(f"{ATOM}updated") == "2020-01-01T00:00:00Z"
    assert feed.findall(f"{ATOM}entry") == []


@pytest.mark.parametrize("path", [f"{API}.json", f"{API}.csv", f"{API}.atom", PAGE])
def test_what_stands_still_is_not_sent_again(three: Site, ledger: Store, path: str):
    """By ETag, and by date for who knows no better; a withdrawal is a change as well."""
    first = three.get(path)
    etag, modified = first.headers["etag"], first.headers["last-modified"]
    assert (three.get(path, if_none_match=etag).status, three.get(path, if_modified_since=modified).status) == (
        304,
        304,
    )
    kept = three.get(path, if_none_match=f'"other", {etag}')
    assert (kept.body, kept.headers["etag"]) == (b"", etag)
    assert three.get(path, if_none_match='"other"', if_modified_since=modified).status == 200
    assert three.get(path, if_modified_since="yesterday").status == 200
    head = three.ask("HEAD", path)
    assert (head.status, head.body, head.headers["content-length"]) == (200, b"", str(len(first.body)))
    ledger.signatures.withdraw("clean-rivers", "3", NOON)
    wait_until(lambda: three.get(path, if_none_match=etag).status == 200)
    changed = three.get(path)
    assert b"Bea Cole" not in changed.body
    assert three.get(path, if_modified_since=modified).status == 200


def test_any_site_may_show_it(three: Site):
    """As with the tally."""
    headers = three.get(API, origin="https://news.example").headers
    assert headers["access-control-allow-origin"] == "*"
    assert headers["cache-control"] == "public, max-age=1"
    assert {"accept", "accept-encoding"} == {word.strip() for word in headers["vary"].split(",")}


def test_a_long_answer_is_packed_for_who_unpacks(three: Site):
    """A phone gets an eighth of the bytes."""
    plain, packed = three.get(PAGE), three.get(PAGE, accept_encoding="br, gzip;q=0.5")
    assert packed.headers["content-encoding"] == "gzip"
    assert gzip.decompress(packed.body) == plain.body
    for refused in ("gzip;q=0", "identity", "br"):
        assert "content-encoding" not in three.get(PAGE, accept_encoding=refused).headers


def test_the_answer_fits_its_description(three: Site):
    """Whoever generates a client from it can rely on it."""
    document = three.get("/openapi.json").json()
    schema = {"$ref": "#/components/schemas/SignatoriesOut", "components": document["components"]}
    jsonschema.validate(three.get(API).json(), schema, cls=jsonschema.Draft202012Validator)
    assert {"/api/campaigns/{campaign}/signatories"} <= document["paths"].keys()


def test_there_is_nothing_about_an_unknown_campaign(site: Site):
    """As for every other address."""
    for path in (
        "/api/campaigns/none/signatories",
        "/api/campaigns/none/signatories.csv",
        "/campaigns/none/signatories",
    ):
        assert site.get(path).status == 404
    assert json.loads(site.get("/api/campaigns/none/signatories").body)["type"] == "/docs#unknown-campaign"
