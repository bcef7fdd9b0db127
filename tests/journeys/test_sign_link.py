"""A candidate opens the link in a letter, and the campaign does as they say."""

from __future__ import annotations

import re
from urllib.parse import urlencode

from tests.journeys.town import Campaign
from tests.support.wait import wait_until
from tests.web.asking import Site


def site(campaign: Campaign) -> Site:
    """The town's web, for pages."""
    return Site(int(campaign.town.web_url.rpartition(":")[2]))


def path_in_letter(campaign: Campaign, name: str) -> str:
    """Of the link in the letter that this candidate got."""
    (mail,) = [mail for mail in campaign.mails() if mail.to.email.startswith(f"{name}@")][:1]
    found = re.search(r"/sign/\S+", mail.text)
    assert found, mail.text
    return found[0]


def press(campaign: Campaign, path: str, answer: str) -> int:
    """Opens the page and presses one of its buttons; the status of the answer."""
    page = site(campaign).get(path).body.decode()
    form = re.search(r'name="form" value="(\w+)"', page)
    assert form, page
    body = urlencode({"form": form[1], "answer": answer})
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    return site(campaign).ask("POST", path, body, headers).status


def test_a_candidate_signs_by_the_link_in_a_letter(campaign: Campaign):
    """One press: the count moves, and nobody asks them any more."""
    campaign.candidates("ada", "bram")
    campaign.write("Wilma")
    campaign.comes_to(delivered=2)
    path = path_in_letter(campaign, "ada")
    assert "One of your constituents has asked you" in site(campaign).get(path).body.decode()
    assert campaign.tally()["signatories"] == 0
    campaign.mobilise("campaigns", "pause")
    campaign.write("Xaver")
    campaign.comes_to(delivered=2, queued=2)
    assert press(campaign, path, "sign") == 303
    campaign.comes_to(delivered=2, queued=1, withheld=1)
    wait_until(lambda: campaign.tally()["signatories"] == 1)
    campaign.mobilise("campaigns", "resume")
    campaign.comes_to(delivered=3, withheld=1)


def test_who_wants_no_more_letters_gets_none(campaign: Campaign):
    """Also none that is written later."""
    campaign.candidates("ada", "bram")
    campaign.write("Wilma")
    campaign.comes_to(delivered=2)
    assert press(campaign, path_in_letter(campaign, "ada"), "stopped") == 303
    campaign.write("Xaver")
    campaign.comes_to(delivered=3, withheld=1)
    assert ("ada", "withheld", "asked") in campaign.letters()
