"""Somebody would like to hear from a campaign: asked by mail, and on no list before they say yes."""

from __future__ import annotations

import json
import re
from urllib.parse import urlencode

from tests.journeys.test_confirmation import mail_to, path_in, press
from tests.journeys.test_sign_link import site
from tests.journeys.town import POSTCODE, Campaign

_FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def counted(campaign: Campaign) -> int:
    """How many could be mailed a bulletin."""
    found: int = campaign.town.mobilise("people", "count", "--campaign", campaign.slug)["bulletins"]
    return found


def test_a_subscriber_confirms_by_the_link_in_their_mail(daily: Campaign):
    """One mail, which shows nothing that was typed; a scanner that opens its links subscribes nobody, a press does."""
    before, page = counted(daily), f"/campaigns/{daily.slug}/subscribe"
    fields = {"name": "Quentin <b>", "email": "quentin@post.example", "postcode": POSTCODE, "consent": "bulletins"}
    assert site(daily).ask("POST", page, urlencode(fields), _FORM).status == 303
    mail = mail_to(daily, "quentin@post.example")
    assert "Quentin" not in mail.text + mail.html + mail.subject
    assert "Send me bulletins by e-mail." in mail.text
    assert "Nothing is sent to you before you say so" in re.sub(r"\s+", " ", mail.text)
    path = path_in(mail)
    for method in ("GET", "HEAD", "GET"):
        assert site(daily).ask(method, path).status == 200
    assert counted(daily) == before
    assert press(daily, path, "confirm").status == 303
    assert counted(daily) == before + 1
    assert "You are on the list" in site(daily).get(path).body.decode()
    assert daily.states() == {}
    shown = daily.town.mobilise("people", "show", "quentin@post.example")
    assert json.dumps(shown).count("Send me bulletins by e-mail.") == 1
    assert daily.town.mobilise("people", "erase", "quentin@post.example", "--yes")["erased"] == [shown[0]["id"]]
    assert counted(daily) == before
