"""Tests of config/demo: a small invented election that has every quirk of a real one."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

from workers.campaign.candidate_file import read_candidates
from workers.campaign.place_file import PlaceFile
from workers.campaigns import load_campaigns

DEMO = Path(__file__).resolve().parents[2] / "config" / "demo"
CAMPAIGN = load_campaigns(DEMO / "campaigns")["warm-homes"]


def rows() -> list[dict[str, str]]:
    with (DEMO / "candidates.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_every_candidate_can_be_taken():
    """The demo is the first import that anybody sees."""
    with (DEMO / "candidates.csv").open(newline="") as file:
        read = read_candidates(file, str.strip)
    assert (len(read.candidates), read.refused, read.unsaid) == (40, (), frozenset())


def test_the_addresses_have_the_quirks_of_real_ones():
    """Missing, shared in one seat and across seats, capitals, blanks: all normal, and nobody's."""
    found = rows()
    plain = Counter((row["gss_code"], row["email"].strip().casefold()) for row in found if row["email"])
    across = Counter(row["email"].strip().casefold() for row in found if row["email"])
    assert sum(not row["email"] for row in found) == 4
    assert max(plain.values()) == 2
    assert sum(count == 2 for count in across.values()) == 2
    assert any(row["email"] != row["email"].strip() for row in found)
    assert any(row["email"] != row["email"].lower() for row in found)
    assert all(address.endswith(".example") for address in across)


def test_every_postcode_leads_to_candidates():
    """In the generation of constituencies that the campaign names."""
    with (DEMO / "postcodes.csv").open("rb") as file:
        places = PlaceFile(file)
        found = list(places)
    assert places.refused == 0
    assert {generation for _, generation, _, _ in found} == {CAMPAIGN.boundaries}
    assert {gss for _, _, gss, _ in found} == {row["gss_code"] for row in rows()}


def test_every_variant_is_used():
    """The demo shows what rules are for."""
    with (DEMO / "candidates.csv").open(newline="") as file:
        candidates = read_candidates(file, str.strip).candidates
    assert {CAMPAIGN.variant(candidate).name for candidate in candidates} == {one.name for one in CAMPAIGN.variants}
