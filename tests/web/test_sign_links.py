"""What a personal link is good for, and what it is not: forged, late, of another campaign, pressed from elsewhere."""

from __future__ import annotations

import re
from dataclasses import replace
from urllib.parse import urlencode

import pytest

from tests.support.people import campaign as push
from tests.support.processes import Running
from tests.support.wait import wait_until
from tests.web.asking import Site
from tests.web.conftest import OLD_SEAT, candidate, start
from tests.web.signing import FORM, SLUG, Link, link, pushes, state, token
from workers.campaign.ids import Ids
from workers.campaign.links import Links
from workers.campaign.model import Campaign
from workers.store import Store

__all__ = ["link", "pushes"]


def _tampered(right: str) -> list[str]:
    flipped = [
        right[:place] + chr(ord(right[place]) ^ 1 << bit) + right[place + 1 :]
        for place in range(len(right))
        for bit in range(5)
    ]
    others = ["", "x", "a" * 60, right[:-1], right + "a", right.upper(), f"2{right[1:]}", f"{right}%00", f"{right}%0a"]
    return [one for one in flipped + others if one != right]


def test_a_link_with_one_bit_changed_does_nothing(link: Link):
    """404, a page that says what to do, and nothing changed: not by POST either."""
    before, form = state(link.ledger), urlencode({"form": "x", "answer": "sign"})
    for wrong in _tampered(link.token):
        path = "/sign/" + wrong.replace("?", "%3f").replace("#", "%23").replace("/", "%2f")
        path = "".join(char if " " < char < "\x7f" else f"%{ord(char):02x}" for char in path)
        assert link.site.get(path).status == 404, wrong
    for wrong in _tampered(link.token)[::16]:
        path = "/sign/" + "".join(char if char.isalnum() or char in "-._:" else f"%{ord(char):02x}" for char in wrong)
        assert link.site.ask("POST", path, form, FORM).status == 404, wrong
    assert state(link.ledger) == before
    page = link.site.get("/sign/no-such-link", accept="text/html")
    assert "This link does not work" in page.body.decode()


def test_a_link_is_good_for_its_candidate_and_campaign_alone(
    link: Link, ids: Ids, pushes: dict[str, Campaign], ledger: Store
):
    """The same person in another campaign has another link; a link of another secret is none."""
    ledger.candidates.apply("old-lines", [candidate(1, constituency=OLD_SEAT)])
    other = token(ids, pushes, candidate(1), "old-lines")
    assert other != link.token
    assert link.site.get(f"/sign/{other}").status == 200
    assert link.site.get(f"/sign/{other[:-24]}{link.token[-24:]}").status == 404
    assert link.site.get(f"/sign/{token(Ids('somebody else'), pushes, candidate(1))}").status == 404
    assert link.site.get(f"/sign/{token(ids, pushes, candidate(99))}").status == 404


def test_a_link_ends_with_the_election(site: Site, ledger: Store, ids: Ids, pushes: dict[str, Campaign]):
    """410: it was right once; a candidate who does not stand any more cannot sign either."""
    ledger.candidates.apply("is-over", [candidate(1)])
    over = site.get(f"/sign/{token(ids, pushes, candidate(1), 'is-over')}", accept="text/html")
    assert over.status == 410
    assert "expired" in over.body.decode()
    form = urlencode({"answer": "sign"})
    assert site.ask("POST", f"/sign/{token(ids, pushes, candidate(1), 'is-over')}", form, FORM).status == 410
    assert site.get(f"/sign/{token(ids, pushes, candidate(4))}").status == 410
    assert ledger.signatures.all("is-over") == {}


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "none"},
        {"origin": "https://evil.example"},
        {"origin": "null"},
    ],
)
def test_a_form_on_another_page_is_refused(link: Link, headers: dict[str, str]):
    """Whoever has got hold of a link cannot make its candidate's browser press."""
    assert link.press("sign", headers).status == 403
    assert link.ledger.signatures.all(SLUG) == {}


def test_a_form_must_be_this_pages_own(link: Link, ids: Ids, pushes: dict[str, Campaign]):
    """Its hidden field is bound to the link; another link's does not do, and neither does another kind of body."""
    other = Links(ids, "").form(token(ids, pushes, candidate(2)))
    for form in ("", "x", "é", other):
        assert link.press("sign", form=form).status == 403
    assert link.press("everything").fields() == ["answer"]
    assert link.press("sign", {"content-type": "application/json"}).status == 415
    assert link.site.ask("POST", link.path, b"\xff=\xff", FORM).status in {400, 403}
    assert link.site.ask("POST", link.path, b"a=1&" * 40, FORM).status == 400
    assert link.site.ask("POST", link.path, b"a" * 100_000, FORM).status == 413
    assert link.ledger.signatures.all(SLUG) == {}


def test_the_same_origin_may_press(link: Link):
    """As browsers say it, with and without the newer header."""
    assert link.press("less-often", {"origin": link.site.url}).status == 303
    assert link.press("sign", {"origin": link.site.url, "sec-fetch-site": "same-origin"}).status == 303


def test_names_are_words(site: Site, ledger: Store, ids: Ids, pushes: dict[str, Campaign]):
    """Whatever a candidate file holds."""
    hostile = replace(candidate(1), name="<img src=x>", party='"><script>', constituency_name="{{ 7*7 }}")
    ledger.candidates.apply(SLUG, [hostile])
    html = Link(site, ledger, token(ids, pushes, hostile)).page()
    assert "&lt;img src=x&gt;" in html
    assert "<script>" not in html
    assert "{{ 7*7 }}" in html


def test_no_token_and_no_reason_is_ever_logged(link: Link, web: tuple[Running, Site]):
    """Law 9: not when it works, not when it is refused; the events name candidates by id."""
    link.press("declined", reason="a private word")
    link.press("sign", {"origin": "https://evil.example"})
    link.site.get(f"{link.path}x")
    link.site.ask("PUT", link.path)
    process = web[0]
    wait_until(lambda: [one for one in process.events("candidate.answered") if one["said"] == "declined"])
    assert link.token not in process.text
    assert link.token[-24:] not in process.text
    assert "a private word" not in process.text


def test_a_ledger_that_is_away_is_said(tmp_path, ids: Ids, pushes: dict[str, Campaign]):
    """503, and the candidate may press again."""
    process, site = start(tmp_path, "redis://127.0.0.1:1/0", MOBILISE_REDIS__REQUIRE_DURABLE="false")
    try:
        path = f"/sign/{token(ids, pushes, candidate(1))}"
        assert site.get(path).status == 503
        assert site.ask("POST", path, urlencode({"answer": "sign"}), FORM).status == 503
    finally:
        process.close()


def test_a_token_is_short_and_url_safe(ids: Ids):
    """It must survive line breaks in plain text, and programs that guess where an address ends."""
    links = Links(ids, "https://campaign.example/")
    for identity in ("1", "90001", "90001.E14000001", "x" * 25):
        found = links.sign_token(push(), replace(candidate(1), id=identity))
        assert len(found) <= 60
        assert re.fullmatch(r"[A-Za-z0-9_.:-]+[a-z2-7]", found)
    assert links.sign_url(push(), candidate(1)).startswith("https://campaign.example/sign/1-")
