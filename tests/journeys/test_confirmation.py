"""A supporter whom nobody vouches for: asked by mail, and nothing happens before they say yes."""

from __future__ import annotations

import re
from urllib.parse import urlencode

from tests.journeys.test_sign_link import site
from tests.journeys.town import Campaign
from tests.support.wait import wait_until
from tests.web.asking import Answer
from workers.outbox.ledger import Mail

_FORM = {"Content-Type": "application/x-www-form-urlencoded"}


# An address is asked twice a day in all campaigns together: each test has a supporter of its own.


def mail_to(campaign: Campaign, email: str) -> Mail:
    """The newest mail that asks this supporter to confirm."""

    def found() -> list[Mail]:
        return [mail for mail in campaign.mails() if mail.to.email == email and "/confirm/" in mail.text]

    wait_until(found, 20)
    return found()[-1]


def path_in(mail: Mail) -> str:
    found = re.search(r"/confirm/\S+", mail.text)
    assert found, mail.text
    return found[0]


def press(campaign: Campaign, path: str, answer: str, *candidates: str, **words: str) -> Answer:
    """Opens the page, fills it in and presses a button."""
    page = site(campaign).get(path).body.decode()
    form = re.search(r'name="form" value="(\w+)"', page)
    boxes = candidates or tuple(re.findall(r'name="candidate" value="([^"]+)"', page))
    fields = {"form": form[1] if form else "", "answer": answer, **words}
    body = urlencode([*fields.items(), *(("candidate", one) for one in boxes)])
    return site(campaign).ask("POST", path, body, _FORM)


def test_a_supporter_confirms_by_the_link_in_their_mail(campaign: Campaign):
    """The letters leave then, as they stood on the page, and not before; the count holds what was meant."""
    campaign.candidates("ada", "bram", "cleo")
    assert campaign.ask("Wilma", bearer="").body["state"] == "unconfirmed"
    path = path_in(mail_to(campaign, "wilma@post.example"))
    assert campaign.mobilise("campaigns", "show")["unconfirmed"] == 1
    assert campaign.states() == {}
    assert press(campaign, path, "confirm", "ada", "cleo", message="I swim there.").status == 303
    campaign.comes_to(delivered=2)
    assert [mail.text.count("I swim there.") for mail in campaign.mails() if "/sign/" in mail.text] == [1, 1]
    page = site(campaign).get(path).body.decode()
    assert "Thank you: you have written" in page
    wait_until(lambda: "has arrived" in site(campaign).get(path).body.decode())
    assert campaign.mobilise("campaigns", "show")["unconfirmed"] == 0


def test_a_mail_scanner_changes_nothing(campaign: Campaign):
    """It opens every address in the mail, follows what it finds there, and asks for heads."""
    campaign.candidates("ada")
    campaign.ask("Yorick", bearer="")
    mail = mail_to(campaign, "yorick@post.example")
    links = {
        link.partition(campaign.town.web_url)[2] for link in re.findall(r'https?://[^\s"<>]+', mail.text + mail.html)
    }
    page = site(campaign).get(path_in(mail)).body.decode()
    for path in {*links, *re.findall(r'(?:href|action|src)="(/[^"]*)"', page)}:
        for method in ("GET", "HEAD", "GET"):
            assert site(campaign).ask(method, path).status < 500
    assert campaign.states() == {}
    assert campaign.mobilise("campaigns", "show")["unconfirmed"] == 1


def test_it_was_not_me(campaign: Campaign):
    """One press: nothing is sent, and no further mail comes, whoever types that address again."""
    campaign.candidates("ada", "bram")
    campaign.ask("Zora", bearer="")
    mail = mail_to(campaign, "zora@post.example")
    assert press(campaign, path_in(mail), "not-me").status == 303
    assert "Thank you for telling us" in site(campaign).get(path_in(mail)).body.decode()
    campaign.ask("Zora", candidates=["ada"], bearer="")
    wait_until(lambda: campaign.mobilise("campaigns", "show")["unconfirmed"] == 0)
    assert campaign.recipients() == ["zora"]
    assert campaign.states() == {}


def test_a_paused_campaign_asks_nobody_and_goes_on_afterwards(campaign: Campaign):
    """Pause means pause, for questions too."""
    campaign.candidates("ada")
    campaign.mobilise("campaigns", "pause")
    campaign.ask("Ulla", bearer="")
    campaign.ask("Xaver")
    campaign.comes_to(queued=1)
    assert campaign.mails() == []
    campaign.mobilise("campaigns", "resume")
    campaign.comes_to(delivered=1)
    mail_to(campaign, "ulla@post.example")
