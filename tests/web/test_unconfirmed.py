"""Actions without a key: kept aside, answered alike whoever they name, and taken at once by a personal link."""

from __future__ import annotations

import time
from typing import Any

import pytest
import redis

from tests.web.asking import Site, action
from tests.web.signing import pushes
from workers.campaign.intents import Intent
from workers.campaign.model import Campaign
from workers.campaign.supporter_links import SupporterLinks
from workers.store import Store

__all__ = ["pushes"]

SLUG = "clean-rivers"


def ask(site: Site, body: dict[str, Any] | None = None, campaign: str = SLUG):
    return site.act(body or action(), campaign, authorization="")


def by(ledger: Store, push: Campaign, days_ago: int = 0, email: str = "sam@supporters.example") -> str:
    person = ledger.ids.person(email, "Sam Sample")
    return SupporterLinks(ledger.ids, "").again_token(push, person, int(time.time()) - days_ago * 86_400)


@pytest.fixture
def push(pushes: dict[str, Campaign]) -> Campaign:
    return pushes[SLUG]


def test_an_action_without_a_key_is_kept_aside(site: Site, ledger: Store):
    """Whole, and out of the books."""
    agreed = [{"purpose": "updates", "wording": "Tell me."}]
    answer = ask(site, action(message="My words", consents=agreed, candidates=["1", "3"]))
    assert answer.status == 202
    told = answer.json()
    assert told["state"] == "unconfirmed"
    assert [letter["state"] for letter in told["letters"]] == ["held", "held"]
    assert ledger.actions.count(SLUG) == 0
    found = ledger.intents.find(told["action_id"])
    assert isinstance(found, Intent)
    assert (found.action.message, found.action.candidates) == ("My words", ("1", "3"))
    assert found.person.consents[0].wording == "Tell me."


def test_the_answer_tells_nothing_of_whom_it_names(site: Site, ledger: Store):
    """The same whether the address is known, was mailed already, is suppressed, said no, or has written before."""
    first = ask(site).body
    found = ledger.intents.find(ask(site).json()["action_id"])
    assert isinstance(found, Intent)
    for number in range(3):
        assert ask(site).body == first, number
    ledger.suppressions.put([(ledger.ids.address("sam@supporters.example"), "complained")], "report")
    assert ask(site).body == first
    ledger.intents.drop(found)
    assert ask(site).body == first
    assert site.act().json()["state"] == "taken"
    assert ask(site).body == first, "an action that was taken"


def test_the_rules_are_the_same_as_with_a_key(site: Site, ledger: Store):
    """Every field is checked, and nothing is kept of what is not right."""
    answer = ask(site, action(email="not an address", name=""))
    assert (answer.status, answer.fields()) == (422, ["supporter.name", "supporter.email"])
    assert ask(site, action(), "not-yet").status == 409
    assert ask(site, action(), "is-over").status == 409
    assert ask(site, action(candidates=["4"])).status == 422
    assert ledger.intents.count(SLUG) == 0


def test_who_confirmed_lately_writes_at_once(site: Site, ledger: Store, push: Campaign):
    """By the same personal link, for as long as the campaign says."""
    answer = ask(site, action(by=by(ledger, push)))
    assert answer.json()["state"] == "taken"
    assert ledger.actions.count(SLUG) == 1


def test_a_link_of_long_ago_or_of_somebody_else_is_none(site: Site, ledger: Store, push: Campaign):
    """They confirm like everybody."""
    for token in (by(ledger, push, days_ago=31), by(ledger, push, email="kim@supporters.example")):
        assert ask(site, action(by=token)).json()["state"] == "unconfirmed"
    assert ledger.actions.count(SLUG) == 0


def test_a_link_that_is_altered_or_of_another_campaign_is_refused(
    site: Site, ledger: Store, push: Campaign, pushes: dict[str, Campaign], server: str
):
    """Every single character counts, and nothing is kept; who guesses meets the limits, which are forgotten here."""
    right = by(ledger, push)
    altered = [right[:at] + chr(ord(right[at]) ^ 1) + right[at + 1 :] for at in range(len(right))]
    with redis.Redis.from_url(server) as raw:
        for token in [*altered, by(ledger, pushes["old-lines"]), right + "a", "x"]:
            answer = ask(site, action(by=token))
            assert (answer.status, answer.fields()) == (422, ["by"]), token
            raw.delete(*raw.keys("limit:*"))
    assert (ledger.actions.count(SLUG), ledger.intents.count(SLUG)) == (0, 0)


def test_the_description_says_that_no_key_is_needed(site: Site):
    """Developers read it there first."""
    described = site.get("/openapi.json").json()["paths"]["/api/campaigns/{campaign}/actions"]["post"]
    assert described["security"] == [{"key": []}, {}]
