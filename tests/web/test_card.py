"""The picture of a signature: what a candidate may share, and only while it stands."""

from __future__ import annotations

import re
import struct
import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest

from tests.support.wait import wait_until
from tests.web.asking import Answer, Site
from tests.web.conftest import candidate
from workers.campaign.signature import Signature
from workers.store import Store

PAGE = "/campaigns/clean-rivers/signatories/1"
CARD, PNG = f"{PAGE}/card.svg", f"{PAGE}/card.png"


def shown(site: Site, words: str) -> Answer:
    """The picture, once it has these words: the page may be a second old, and of another test."""
    wait_until(lambda: words in site.get(CARD).body.decode())
    return site.get(CARD)


def test_the_picture_names_who_signed_and_what(site: Site, ledger: Store):
    """It is made on the server, from nothing but the public list; strangers' words stay words."""
    ledger.candidates.apply("clean-rivers", [candidate(1, constituency_name="Test & <Ford>")])
    ledger.signatures.record("clean-rivers", Signature("1", 1_790_000_000, "paper", by="Wilma"))
    answer = shown(site, "Test &amp; ")
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
    texts = list(ET.fromstring(shown(site, "Very Long").body).iter("{http://www.w3.org/2000/svg}text"))
    assert all(len(text.text or "") <= 60 for text in texts)
    assert all(int(text.attrib["y"]) <= 630 for text in texts)


def test_sites_that_take_no_svg_get_pixels(site: Site, ledger: Store):
    """As large as they want it, with the letters of names from all over Europe, on a server without fonts."""
    sizes = set()
    for name in ("Jo Bloggs", "Siân Ŵŷn-Žižek", "Ελένη Παππά"):
        ledger.candidates.apply("clean-rivers", [replace(candidate(1), name=name)])
        ledger.signatures.record("clean-rivers", Signature("1", 1_790_000_000, "paper"))
        shown(site, name)
        answer = site.get(PNG)
        assert answer.headers["content-type"] == "image/png"
        assert answer.body[:8] == b"\x89PNG\r\n\x1a\n"
        assert struct.unpack(">II", answer.body[16:24]) == (1200, 630)
        assert site.get(PNG, **{"if-none-match": answer.headers["etag"]}).status == 304
        sizes.add(len(answer.body))
    assert len(sizes) == 3
    assert min(sizes) > 15_000  # nothing but the frame would be smaller


def test_a_link_to_a_signature_shows_its_picture_elsewhere(site: Site, ledger: Store):
    """Addresses in full, as other sites want them; strangers' words stay words, and who entered it is private."""
    ledger.candidates.apply("clean-rivers", [replace(candidate(1), name='Jo "<b>" Blogg')])
    evidence = "https://news.example/?a=1&b=2"
    ledger.signatures.record("clean-rivers", Signature("1", 1_790_000_000, "paper", evidence, by="Wilma"))
    shown(site, "Blogg<")
    html = site.get(PAGE).body.decode()
    previewed = dict(re.findall(r'<meta (?:property|name)="([^"]+)" content="([^"]*)">', html))
    assert previewed["og:image"].startswith("http")
    assert previewed["og:image"].endswith(PNG)
    assert previewed["og:url"].endswith(PAGE)
    assert previewed["og:title"] == "Jo &#34;&lt;b&gt;&#34; Blogg has signed: Clean Rivers &amp; &lt;Lakes&gt;"
    assert "Signed on" in html
    assert 'href="https://news.example/?a=1&amp;b=2"' in html
    assert "Wilma" not in html
    assert "<b>" not in html


@pytest.mark.parametrize("who", ["2", "nobody", "%00", "..%2f..%2fetc"])
def test_who_has_not_signed_has_no_picture(site: Site, who: str):
    """Nobody can make one for a rival."""
    page = f"/campaigns/clean-rivers/signatories/{who}"
    wait_until(lambda: site.get(page).status == 404)  # another test's candidate may have signed a second ago
    for picture in ("card.svg", "card.png"):
        assert site.get(f"{page}/{picture}").status == 404


def test_a_signature_that_was_taken_back_has_no_picture(site: Site, ledger: Store):
    """The picture is as true as the list."""
    ledger.signatures.record("clean-rivers", Signature("1", 1_790_000_000, "paper"))
    wait_until(lambda: site.get(CARD).status == 200)
    ledger.signatures.withdraw("clean-rivers", "1", 1_790_000_001)
    wait_until(lambda: site.get(CARD).status == 404)
    assert site.get(PNG).status == site.get(PAGE).status == 404
