"""Write to your candidates: the public page, from a postcode to "look into your mail"."""

from __future__ import annotations

import re
import time
from typing import Any
from urllib.parse import urlencode

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from tests.web.asking import Answer, Site
from tests.web.signing import FORM, pushes
from tests.web.test_pages import View, browser, opened
from workers.campaign.answers import Answer as Answered
from workers.campaign.answers import Said
from workers.campaign.choices import WORDINGS
from workers.campaign.intents import Intent
from workers.campaign.model import Campaign
from workers.campaign.signature import Signature
from workers.campaign.supporter_links import SupporterLinks
from workers.store import Store

__all__ = ["browser", "pushes"]

SLUG = "clean-rivers"
PATH = f"/campaigns/{SLUG}/letters"
FILLED = {"name": "Sam Sample", "email": "sam@supporters.example", "postcode": "SW1A 1AA"}


def page(site: Site, path: str = PATH, status: int = 200) -> str:
    answer = site.get(path, accept="text/html")
    assert answer.status == status, answer
    return answer.body.decode()


def send(site: Site, *candidates: str, headers: dict[str, str] | None = None, **fields: str) -> Answer:
    """Fills the form in and sends it; all are ticked if nobody is named."""
    boxes = [("candidate", one) for one in candidates or ("1", "2", "3")]
    return site.ask("POST", PATH, urlencode([*{**FILLED, **fields}.items(), *boxes]), {**FORM, **(headers or {})})


def kept(ledger: Store) -> list[Intent]:
    """What waits for its supporter."""
    person = ledger.ids.person(FILLED["email"], FILLED["name"])
    ballots: list[tuple[str, ...]] = [("1", "2", "3"), ("1",), ("2",), ("3",), ("1", "3"), ("2", "3"), ("1", "2")]
    found = ledger.intents.find_many([ledger.ids.action(SLUG, person, ballot) for ballot in ballots])
    return [one for one in found if isinstance(one, Intent)]


def test_a_postcode_leads_to_the_candidates(site: Site):
    """All are ticked, and the campaign's words stand ready to be changed."""
    assert "Find my candidates" in page(site)
    form = page(site, f"{PATH}?postcode=sw1a1aa")
    assert len(re.findall(r'name="candidate" value="\d" checked', form)) == 3
    assert "Testford" in form
    assert ">Our river is dirty.</textarea>" in form
    for purpose in ("updates", "bulletins", "calls"):
        assert re.search(rf'name="consent" value="{purpose}">', form), "nobody agrees by forgetting to look"


@pytest.mark.parametrize("typed", ["", "xx", "SW1A", "ZZ99 9ZZ", "75001", "<b>"])
def test_a_postcode_that_leads_nowhere_can_be_typed_again(site: Site, typed: str):
    """What was typed stands there, escaped."""
    found = page(site, f"{PATH}?{urlencode({'postcode': typed})}", 422)
    assert 'id="postcode-flaw"' in found
    assert "<b>" not in found


def test_the_page_of_a_postcode_is_kept_nowhere(site: Site):
    """It says where somebody lives."""
    headers = site.get(f"{PATH}?postcode=SW1A1AA").headers
    assert (headers["cache-control"], headers["referrer-policy"]) == ("no-store", "no-referrer")
    assert site.get(PATH).headers["cache-control"] == "no-cache"


def test_what_is_sent_waits_for_its_supporter(site: Site, ledger: Store):
    """The page that follows is the same for everybody; unchanged words are the campaign's, to each candidate."""
    answer = send(site, subject="Please sign", message="Our river\r\nis dirty.", consent="updates")
    assert (answer.status, answer.headers["location"]) == (303, f"{PATH}/unconfirmed")
    assert "Now look into your mail" in page(site, f"{PATH}/unconfirmed")
    assert site.get(f"{PATH}/no-such").status == 404
    (found,) = kept(ledger)
    assert (found.action.subject, found.action.message, found.action.source) == ("", "", "letters-page")
    assert [(one.purpose, one.wording) for one in found.person.consents] == [("updates", WORDINGS["updates"])]
    assert ledger.actions.count(SLUG) == 0


def test_own_words_to_some_candidates(site: Site, ledger: Store):
    """And no consent where no box was ticked."""
    assert send(site, "1", "3", message="I swim there.\r\nYou?").status == 303
    (found,) = kept(ledger)
    assert (found.action.candidates, found.action.message) == (("1", "3"), "I swim there.\nYou?")
    assert found.person.consents == ()


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "123"}, "name"),
        ({"email": "sam"}, "email"),
        ({"subject": "s" * 151}, "subject"),
        ({"message": "a \x07 bell"}, "message"),
    ],
)
def test_a_form_that_is_not_right_comes_back_as_it_was(site: Site, ledger: Store, wrong: dict[str, Any], field: str):
    """The field is named, and nobody types twice."""
    answer = send(site, "2", **{"message": "<i>typed</i> words", "consent": "updates", **wrong})
    shown = answer.body.decode()
    assert answer.status == 422
    assert f'href="#{field}"' in shown
    assert f'aria-describedby="{field}' in shown
    assert "<i>" not in shown
    assert ("&lt;i&gt;typed&lt;/i&gt; words" in shown) == (field != "message")
    assert re.findall(r'value="(\w+)" checked', shown) == ["2", "updates"]
    assert ledger.intents.count(SLUG) == 0


def test_nobody_to_write_to_is_told(site: Site):
    """No tick, or a candidate of another place."""
    nobody = site.ask("POST", PATH, urlencode(FILLED), FORM)
    assert (nobody.status, 'href="#candidates"' in nobody.body.decode()) == (422, True)
    assert send(site, "5").status == 422
    assert send(site, postcode="nowhere").status == 422


def test_a_form_on_somebody_elses_page_is_refused(site: Site, ledger: Store):
    """Else every visitor of a bad page would ask for mails in somebody's name."""
    assert send(site, headers={"sec-fetch-site": "cross-site"}).status == 403
    assert site.ask("POST", PATH, "{}", {"content-type": "application/json"}).status == 415
    assert ledger.intents.count(SLUG) == 0


@pytest.mark.parametrize(
    ("slug", "says"), [("not-yet", "From 1 January 2098 on"), ("is-over", "The campaign is closed")]
)
def test_a_campaign_that_is_not_open_says_so(site: Site, slug: str, says: str):
    """A page, not an error; and it takes nothing."""
    assert says in page(site, f"/campaigns/{slug}/letters")
    assert site.ask("POST", f"/campaigns/{slug}/letters", urlencode(FILLED), FORM).status == 409
    assert "Write to your candidates" not in page(site, f"/campaigns/{slug}")


def test_the_campaigns_page_leads_here(site: Site):
    """Otherwise who would find it?"""
    assert f'href="{PATH}"' in page(site, f"/campaigns/{SLUG}")


def test_who_gets_no_letter_is_named_without_a_box(site: Site, ledger: Store):
    """This campaign does not thank; and whether somebody declined, or only wants no letters, is their own affair."""
    open_before = [("candidate", one) for one in ("1", "2")]
    ledger.signatures.record(SLUG, Signature("1", 1_790_000_000, "form"))
    ledger.answers.put(SLUG, "2", Answered(Said.DECLINED, 1_790_000_000))
    form = page(site, f"{PATH}?postcode=SW1A1AA")
    assert re.findall(r'name="candidate" value="(\d)"', form) == ["3"]
    assert "Has signed already:</strong> Candidate 1 (River Party)" in form
    assert "Wants no letters:</strong> Candidate 2" in form
    assert send(site, "1", "3").status == 303
    assert kept(ledger)[0].action.candidates == ("3",), "a box that was ticked before the candidate signed"
    late = site.ask("POST", PATH, urlencode([*FILLED.items(), *open_before]), FORM)
    assert (late.status, 'href="#candidates"' in late.body.decode()) == (422, True)


def test_where_all_have_signed_there_is_nothing_to_ask(site: Site, ledger: Store):
    """Good news in place of a form; a form from before is answered in the same way."""
    for number in "123":
        ledger.signatures.record(SLUG, Signature(number, 1_790_000_000, "form"))
    says = page(site, f"{PATH}?postcode=SW1A1AA")
    assert "all have signed here" in says
    assert f'href="/campaigns/{SLUG}/signatories"' in says
    assert "<form" not in says
    assert "all have signed here" in send(site).body.decode()
    assert ledger.intents.count(SLUG) == 0


def test_who_confirmed_lately_does_not_type_again_and_is_taken_at_once(
    site: Site, ledger: Store, pushes: dict[str, Campaign]
):
    """By the personal link of the page that said thank you."""
    send(site, "1")
    (found,) = kept(ledger)
    ledger.intents.confirm(found, found, nudge_at_ms=0)
    token = SupporterLinks(ledger.ids, "").again_token(pushes[SLUG], found.action.person, int(time.time()))
    form = page(site, f"{PATH}?by={token}")
    assert 'value="sam@supporters.example"' in form
    assert "Send my letters" in form
    answer = send(site, "2", by=token)
    assert answer.headers["location"] == f"{PATH}/taken"
    assert "Thank you: you have written" in page(site, f"{PATH}/taken")
    assert ledger.actions.count(SLUG) == 2
    assert site.get(f"{PATH}?by={token}x", accept="text/html").status == 404
    assert "sam@" not in page(site, f"{PATH}?postcode=SW1A1AA")


@pytest.mark.browser
@pytest.mark.parametrize(("width", "theme"), [("phone", "light"), ("desktop", "dark")])
@pytest.mark.parametrize("path", [PATH, f"{PATH}?postcode=x", f"{PATH}?postcode=SW1A1AA", f"{PATH}/unconfirmed"])
def test_the_pages_have_no_barrier(browser: Browser, site: Site, path: str, width: str, theme: str):
    """axe finds nothing, nothing sticks out sideways, and every press is large enough."""
    view = opened(browser, site, View(path, width, theme))[0]
    try:
        found = Axe().run(view)
        assert found.violations_count == 0, found.generate_report()
        assert view.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert all((box := button.bounding_box()) and box["height"] >= 44 for button in view.locator("button").all())
    finally:
        view.context.close()


@pytest.mark.browser
@pytest.mark.parametrize(("width", "script"), [("phone", False), ("desktop", True)])
def test_a_supporter_writes(browser: Browser, site: Site, ledger: Store, width: str, script: bool):
    """From the campaign's page to their mailbox, with a slip on the way."""
    view = opened(browser, site, View(f"/campaigns/{SLUG}", width, script=script))[0]
    try:
        view.get_by_role("link", name="Write to your candidates").click()
        view.get_by_label("Postcode").fill("sw1a 1aa")
        view.get_by_role("button", name="Find my candidates").click()
        view.get_by_role("checkbox", name="Candidate 2").uncheck()
        view.get_by_label("Your words").fill("I swim there every week.")
        view.get_by_label("Your name").fill("123")
        view.get_by_label("Your e-mail address").fill("sam@supporters.example")
        view.get_by_role("button", name="Go on").click()
        view.get_by_role("alert").get_by_role("link", name="Name").wait_for()
        view.get_by_label("Your name").fill("Sam Sample")
        view.get_by_role("button", name="Go on").click()
        view.get_by_role("heading", name="Now look into your mail").wait_for()
        (found,) = kept(ledger)
        assert (found.action.candidates, found.action.message) == (("1", "3"), "I swim there every week.")
    finally:
        view.context.close()
