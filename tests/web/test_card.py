"""The picture of a signature: what a candidate may share, and only while it stands."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

from tests.support.wait import wait_until
from tests.web.asking import Site
from tests.web.conftest import candidate
from workers.campaign.signature import Signature
from workers.store import Store

CARD = "/campaigns/clean-rivers/signatories/1/card.svg"


def test_the_picture_names_who_signed_and_what(site: Site, ledger: Store):
    """It is made on the server, from nothing but the public list; strangers' words stay words."""
    ledger.candidates.apply("clean-rivers", [candidate(1, constituency_name="Test & <Ford>")])
    ledger.signatures.record("clean-rivers", Signature("1", 1_790_000_000, "paper", by="Wilma"))
    wait_until(lambda: site.get(CARD).status == 200)
    answer = site.get(CARD)
    assert answer.headers["content-type"] == "image/svg+xml"
    assert b"Wilma" not in answer.body
    picture = ET.fromstring(answer.body)
    said = [text.text for text in picture.iter("{http://www.w3.org/2000/svg}text")]
    assert "Candidate 1" in said
    assert "River Party, Test & <Ford>" in said
    assert "Clean Rivers & <Lakes>" in said


def test_a_long_name_and_a_long_party_stay_inside(site: Site, ledger: Store):
    """What does not fit is cut, not drawn over the edge."""
    long = candidate(1, constituency_name="Very Long Name of a Constituency with Many Islands " * 3)
    ledger.candidates.apply("clean-rivers", [long])
    ledger.signatures.record("clean-rivers", Signature("1", 1_790_000_000, "paper"))
    wait_until(lambda: site.get(CARD).status == 200)
    texts = list(ET.fromstring(site.get(CARD).body).iter("{http://www.w3.org/2000/svg}text"))
    assert all(len(text.text or "") <= 60 for text in texts)
    assert all(int(text.attrib["y"]) <= 630 for text in texts)


@pytest.mark.parametrize("who", ["2", "nobody", "%00", "..%2f..%2fetc"])
def test_who_has_not_signed_has_no_picture(site: Site, who: str):
    """Nobody can make one for a rival."""
    assert site.get(f"/campaigns/clean-rivers/signatories/{who}/card.svg").status == 404


def test_a_signature_that_was_taken_back_has_no_picture(site: Site, ledger: Store):
    """The picture is as true as the list."""
    ledger.signatures.record("clean-rivers", Signature("1", 1_790_000_000, "paper"))
    wait_until(lambda: site.get(CARD).status == 200)
    ledger.signatures.withdraw("clean-rivers", "1", 1_790_000_001)
    wait_until(lambda: site.get(CARD).status == 404)
