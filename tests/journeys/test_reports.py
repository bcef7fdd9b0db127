"""What the provider says afterwards, the whole way: from its signed callback over HTTP to the books."""

from __future__ import annotations

import json
import random
import time
from typing import Any

from click.testing import CliRunner

from tests.journeys.town import Campaign, Town
from tests.support.wait import wait_until
from workers.cli import Context, mobilise
from workers.outbox.signing import signer


def happens(campaign: Campaign, candidate: str, event: str) -> None:
    """By hand, to the mail at an address: the provider reports ``event``."""
    number = next(mail.number for mail in campaign.mails() if mail.to.email.startswith(f"{candidate}@"))
    body = json.dumps({"event": event}).encode()
    assert campaign.town.provider.request("POST", f"/outbox/mails/{number}/events", body).status == 202


def tell(campaign: Campaign, *rows: Any) -> int:
    """A callback signed with the provider's own key; the status of the answer."""
    body = json.dumps(rows).encode()
    headers = signer(campaign.town.outbox.folder).headers(body, int(time.time()))
    return campaign.town.web.request("POST", "/callbacks/sendgrid/events", body, headers).status


def test_a_letter_that_bounces_reaches_the_second_address(campaign: Campaign):
    """One contact: the first came back, the second did not; and the next supporter's letter goes there at once."""
    campaign.candidates(ada=f"ada@{campaign.slug}.example; office@{campaign.slug}.example")
    campaign.write("Wilma")
    campaign.comes_to(delivered=1)
    happens(campaign, "ada", "bounce")
    wait_until(lambda: campaign.recipients() == ["ada", "office"])
    campaign.comes_to(delivered=1)
    campaign.write("Otto")
    campaign.comes_to(delivered=2)
    assert campaign.recipients() == ["ada", "office", "office"]
    assert campaign.tally()["contacts"] == 2


def test_without_a_second_address_letters_wait_until_an_import_brings_one(campaign: Campaign):
    """And the tally says why there is a contact less."""
    campaign.candidates("ada", "bram")
    campaign.write("Wilma")
    campaign.comes_to(delivered=2)
    happens(campaign, "ada", "bounce")
    campaign.comes_to(delivered=1, bounced=1)
    assert campaign.mobilise("tally", "show")["came_back"] == {"hard": 1}
    campaign.write("Otto")
    campaign.comes_to(delivered=2, bounced=1, held=1)
    assert ("ada", "held", "address-bounced") in campaign.letters()
    assert campaign.candidates(ada=f"ada.new@{campaign.slug}.example")["released"] == 1
    campaign.comes_to(delivered=3, bounced=1)
    assert campaign.recipients() == ["ada", "ada.new", "bram", "bram"]


def test_who_complains_is_left_alone_by_every_campaign(campaign: Campaign):
    """At this address and any other of theirs; a complaint is no bounce, the letter had arrived."""
    two = f"ada@{campaign.slug}.example; office@{campaign.slug}.example"
    other = campaign.town.campaign()
    campaign.candidates(ada=two)
    other.candidates(ada=two)
    campaign.write("Wilma")
    campaign.comes_to(delivered=1)
    happens(campaign, "ada", "spamreport")
    campaign.comes_to(complained=1)
    other.write("Otto")
    other.comes_to(withheld=1)
    assert campaign.tally()["contacts"] == 1


def test_an_operator_stops_and_restores_an_address(campaign: Campaign):
    """Told on the telephone that a mailbox is gone, and a week later that it is back."""
    campaign.candidates("ada")
    address = f"ada@{campaign.slug}.example"
    known = campaign.town.mobilise("suppressions", "add", address, "--reason", "bounced")["id"]
    campaign.write("Wilma")
    campaign.comes_to(held=1)
    assert known in {one["id"] for one in campaign.town.mobilise("suppressions", "list", "--limit", "1000")}
    assert campaign.town.mobilise("suppressions", "remove", known, "--yes")["released"] == 1
    campaign.comes_to(delivered=1)


def test_a_thousand_reports_shuffled_and_repeated_end_in_the_same_books(campaign: Campaign):
    """Signed batches as large as SendGrid's, with rows that nobody can read among them."""
    campaign.candidates("ada", "bram", "cleo")
    letters = [letter for name in ("Wilma", "Otto", "Ida") for letter in campaign.write(name)]
    campaign.comes_to(delivered=9)
    now = int(time.time())
    rows: list[Any] = [
        {"event": event, "delivery": letter, "timestamp": now + place, "email": f"x@{campaign.slug}.example"}
        for letter in letters[:4]
        for place, event in enumerate(("processed", "deferred", "delivered", "open", "bounce", "click"))
    ]
    rows = [*(rows * 42)[:998], 7, {"event": f"new-in-{campaign.slug}", "email": "x@y.example"}]
    for seed in range(3):
        random.Random(seed).shuffle(rows)
        assert tell(campaign, *rows) == 204
    campaign.comes_to(delivered=5, bounced=4)
    wait_until(lambda: campaign.slug in json.dumps(campaign.town.mobilise("reports", "unread", "--limit", "1000")))
    assert campaign.mobilise("tally", "verify")["balanced"]


def test_check_sees_a_report_come_all_the_way(town: Town):
    """From the provider, signed, through web and worker into the counts: before anybody relies on it."""
    operator = Context(environ={**town.environment(), "MOBILISE_WEB__PUBLIC_URL": town.web_url})
    asked = ["check", "--test-event", "--json"]
    done = CliRunner().invoke(mobilise, asked, obj=operator, standalone_mode=False)
    said = {one["what"]: one["level"] for one in json.loads(done.stdout)["findings"]}
    assert said["a report came in, signed, and was worked"] == "ok"
    assert said["answers, and refuses a report that nobody signed"] == "ok"
    assert "error" not in said.values()
