"""``/campaigns/{campaign}/subscribe``: nobody is on a list before they said so by the link in their mail."""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import urlencode

import pytest
import redis
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from tests.web.asking import Answer, Site
from tests.web.test_pages import View, browser, opened
from workers.campaign.choices import WORDINGS, leaves
from workers.campaign.intents import Intent, Over, Question
from workers.campaign.model import Person
from workers.campaign.supporter_links import SupporterLinks
from workers.store import Store, keys
from workers.store.preferences import Said

__all__ = ["browser"]

SLUG = "clean-rivers"
PATH = f"/campaigns/{SLUG}/subscribe"
FORM = {"content-type": "application/x-www-form-urlencoded"}
FILLED = {"name": "Sam Sample", "email": "sam@supporters.example", "postcode": "sw1a1aa", "consent": "bulletins"}


def send(site: Site, **changes: str) -> Answer:
    return site.ask("POST", PATH, urlencode(FILLED | changes), FORM)


class Asked(NamedTuple):
    """Somebody who would like to hear from the campaign, and their link."""

    site: Site
    ledger: Store

    @property
    def person(self) -> str:
        return self.ledger.ids.person(FILLED["email"], FILLED["name"])

    @property
    def intent(self) -> str:
        return self.ledger.ids.action(SLUG, self.person, [])

    @property
    def path(self) -> str:
        return f"/confirm/{SupporterLinks(self.ledger.ids, '').confirm_token(SLUG, self.intent)}"

    def page(self) -> str:
        return self.site.get(self.path, accept="text/html").body.decode()

    def press(self, answer: str, form: str = "") -> Answer:
        found = re.search(r'name="form" value="(\w+)"', self.page())
        fields = {"form": form or (found[1] if found else ""), "answer": answer}
        return self.site.ask("POST", self.path, urlencode(fields), FORM)


@pytest.fixture
def asked(site: Site, ledger: Store) -> Asked:
    assert send(site).status == 303
    return Asked(site, ledger)


def test_asking_puts_nobody_on_a_list(asked: Asked, server: str):
    """What was typed is kept aside, and vanishes by itself; the page that follows says the same to everybody."""
    found = asked.ledger.intents.find(asked.intent)
    assert isinstance(found, Intent)
    assert (found.person.name, found.person.postcode, found.action.source) == (
        "Sam Sample",
        "SW1A 1AA",
        "subscribe-page",
    )
    assert [(one.purpose, one.wording) for one in found.person.consents] == [("bulletins", WORDINGS["bulletins"])]
    assert found.question(0, None) == (Question.SUBSCRIBE, 1)  # type: ignore[arg-type]  # has no need of patience
    assert asked.ledger.people.find(asked.person) is None
    assert "Now look into your mail" in asked.site.get(f"{PATH}/sent").body.decode()
    with redis.Redis.from_url(server) as raw:
        assert all(raw.ttl(key) > 0 for key in (keys.intent(asked.intent), keys.person(asked.intent)))


def test_one_press_puts_them_on_the_list(asked: Asked):
    """With their profile and the exact words; opening the page does nothing, and no action is counted."""
    assert "Was it you?" in asked.page()
    assert WORDINGS["bulletins"] in asked.page()
    assert asked.ledger.people.find(asked.person) is None
    assert asked.press("confirm").status == 303
    person = asked.ledger.people.get(asked.person)
    assert [(one.purpose, one.wording, one.source) for one in person.consents] == [
        ("bulletins", WORDINGS["bulletins"], "subscribe-page")
    ]
    profile = asked.ledger.people.profile(asked.person)
    assert profile
    assert (profile.seats, profile.purposes) == (("E14999001", "E14000999"), ("bulletins",))
    assert (asked.ledger.actions.count(SLUG), asked.ledger.intents.count(SLUG)) == (0, 0)
    assert asked.ledger.intents.find(asked.intent) == Over("confirmed", "subscribed")
    assert "You are on the list" in asked.page()
    assert asked.press("confirm").status == 303, "pressed twice is pressed once"


def test_who_left_comes_back_by_their_own_hand(asked: Asked):
    """The no that they said before stands against lists, and not against themselves."""
    asked.press("confirm")
    person = Person(asked.person, "", FILLED["email"], "")
    asked.ledger.preferences.change(person, leaves(["bulletins", "calls"]), Said(1, "page"))
    send(asked.site)
    asked.press("confirm")
    profile = asked.ledger.people.profile(asked.person)
    assert profile
    assert (profile.purposes, asked.ledger.people.wishes(asked.person)) == (("bulletins",), "no-calls")


@pytest.mark.parametrize(("press", "says"), [("withdraw", "Taken back"), ("not-me", "Thank you for telling us")])
def test_who_says_no_is_forgotten(asked: Asked, press: str, says: str):
    """Nothing of them is kept."""
    assert asked.press(press).status == 303
    assert says in asked.page()
    assert asked.ledger.people.find(asked.intent) is None
    assert asked.press("confirm").status == 303
    assert asked.ledger.people.find(asked.person) is None


def test_what_changed_meanwhile_is_read_first(asked: Asked):
    """Somebody asks for more with their address while the page is open: a press on the old one agrees to nothing."""
    found = re.search(r'name="form" value="(\w+)"', asked.page())
    assert found
    send(asked.site, consent="calls")
    answer = asked.press("confirm", found[1])
    assert (answer.status, b"Somebody asked again" in answer.body) == (409, True)
    assert asked.ledger.people.find(asked.person) is None
    assert asked.press("save").status == 422


@pytest.mark.parametrize(
    ("changes", "flaw"),
    [
        ({"name": ""}, "name"),
        ({"email": "no address"}, "email"),
        ({"postcode": "SW1A"}, "postcode"),
        ({"consent": "everything"}, "boxes"),
    ],
)
def test_what_is_not_right_can_be_typed_again(site: Site, ledger: Store, changes: dict[str, str], flaw: str):
    """What was typed stands there, escaped, and nothing is kept."""
    answer = send(site, **{"name": "<b>Sam</b>", **changes})
    assert (answer.status, f'id="{flaw}-flaw"'.encode() in answer.body) == (422, True)
    assert b"<b>Sam" not in answer.body
    assert ledger.intents.count(SLUG) == 0


def test_a_postcode_is_not_needed(site: Site, ledger: Store):
    """Who lives elsewhere, or does not want to say, hears from us as well."""
    assert send(site, postcode=" ").status == 303
    assert Asked(site, ledger).press("confirm").status == 303
    profile = ledger.people.profile(Asked(site, ledger).person)
    assert profile
    assert profile.seats == ()


def test_only_campaigns_that_mail_have_the_page(site: Site):
    """And only our own page may send its form."""
    assert site.get(PATH).status == 200
    assert site.get("/campaigns/old-lines/subscribe").status == 404
    assert site.ask("POST", "/campaigns/old-lines/subscribe", urlencode(FILLED), FORM).status == 404
    assert site.ask("POST", PATH, urlencode(FILLED), FORM | {"sec-fetch-site": "cross-site"}).status == 403


@pytest.mark.browser
def test_the_pages_have_no_barrier(browser: Browser, asked: Asked):
    """axe finds nothing on any of them, and nothing sticks out sideways; they work without a script."""
    for path, button in [(PATH, "Go on"), (f"{PATH}/sent", ""), (asked.path, "Yes, please")]:
        page, said = opened(browser, asked.site, View(path, "phone", "dark"))
        try:
            for _ in "12" if button else "1":
                found = Axe().run(page)
                assert found.violations_count == 0, found.generate_report()
                assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
                if button and page.get_by_role("button", name=button).count():
                    page.get_by_role("button", name=button).click()
                    page.wait_for_load_state()
            assert [line for line in said if "422" not in line] == []
        finally:
            page.context.close()
