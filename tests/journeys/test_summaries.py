"""A candidate who is written to by very many gets one mail a day, the whole way: from the form to the books."""

from __future__ import annotations

from datetime import datetime

from tests.journeys.town import Campaign
from tests.support.wait import wait_until

_FLOOD = [f"Supporter{number}" for number in range(8)]


def flood(daily: Campaign, *candidates: str) -> list[str]:
    """Eight supporters write while nothing may leave, so that all of it waits; the ids of their letters."""
    daily.mobilise("campaigns", "pause")
    letters = [
        letter
        for name in _FLOOD
        for letter in daily.write(name, candidates=list(candidates), message=f"I am {name}, and I mean it.")
    ]
    daily.comes_to(queued=len(letters))
    daily.mobilise("campaigns", "resume")
    return letters


def test_a_flood_is_one_mail_with_every_word(daily: Campaign):
    """Ada gets eight letters in one mail, each a contact; Bram's single one leaves at once."""
    daily.candidates("ada", "bram")
    letters = flood(daily, "ada")
    daily.write("Wilma", candidates=["bram"])
    daily.comes_to(delivered=1, queued=8)
    shown = daily.mobilise("campaigns", "show")
    (leaves,) = shown["summaries"].values()
    assert list(shown["summaries"]) == ["ada"]
    assert datetime.fromisoformat(leaves).hour == 8
    assert shown["summary"] == {"tolerance": 3, "hour": 8}
    assert {row["last_leaves"] for row in shown["forecast"]["candidates"]} == {leaves}
    daily.has_its_morning("ada")
    daily.comes_to(delivered=9)
    (mail,) = [mail for mail in daily.mails() if mail.to.email.startswith("ada@")]
    for name in _FLOOD:
        assert f"I am {name}, and I mean it." in mail.text
        assert f"I am {name}, and I mean it." in mail.html
        assert f"mailto:{name.lower()}@post.example?subject=Re%3A%20Our%20river" in mail.html
    assert mail.reply_to
    assert mail.reply_to.email == "letters@rivers.example"
    assert daily.tally()["contacts"] == 9
    row = daily.town.mobilise("letters", "show", letters[0])
    assert (row["state"], row["summary"]["mail"], row["summary"]["letters"]) == ("delivered", mail.delivery, 8)
    assert daily.mobilise("campaigns", "show")["summaries"] == {}


def test_a_flood_that_bounces_reaches_the_second_address(daily: Campaign):
    """Eight letters, two mails, eight contacts."""
    daily.candidates(ada=f"ada@{daily.slug}.example; office@{daily.slug}.example")
    flood(daily, "ada")
    daily.comes_to(queued=8)
    daily.town.provider_does({"events": {"bounce": 1, "complaint": 0, "delivered": 0}})
    daily.has_its_morning("ada")
    wait_until(daily.mails)
    daily.comes_to(queued=8)
    daily.town.behave()
    assert daily.recipients() == ["ada"]
    daily.has_its_morning("ada")
    daily.comes_to(delivered=8)
    assert daily.recipients() == ["ada", "office"]
    assert daily.tally()["contacts"] == 8
