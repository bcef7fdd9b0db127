"""Payloads against what SendGrid publishes of Mail Send, and against what its own library builds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from sendgrid.helpers.mail import (
    Category,
    ClickTracking,
    Content,
    CustomArg,
    From,
    Mail,
    OpenTracking,
    Personalization,
    ReplyTo,
    Subject,
    SubscriptionTracking,
    Substitution,
    To,
    TrackingSettings,
)

from tests.mail.post_office import write
from tests.support.people import campaign, candidate
from workers.campaign.model import Variant
from workers.campaign.outcomes import Envelope
from workers.mail.sendgrid import payload

SCHEMA = Draft202012Validator(json.loads(Path(__file__).with_name("sendgrid_mail_send.schema.json").read_text()))
PUSH = campaign(
    variants=(
        Variant("hill", "A word to the Hill Party", "Hills.", "", {"party": ("hill party",)}),
        Variant("all", "Please sign", "Rivers.", "Will {{ candidate.party }} sign?"),
    )
)
LONG = campaign(variants=(Variant("all", "S", "{{ candidate.region }}"),))
CASES = {
    "one letter": write(),
    "six letters, two variants": write([candidate(i) for i in range(6)], push=PUSH),
    "a shared address": write([candidate(1), candidate(2, email="c1@candidates.example")]),
    "a supporter's own words": write([candidate(1), candidate(2)], subject="Mine", message="My <own> words, \u2713"),
    "nothing but noise": write(
        [candidate(1, name=""), candidate(2)], name=",;<>", subject="\r\n", message="\x00", postcode=""
    ),
    "a thousand and one": write([candidate(i) for i in range(1001)]),
    "long parts": write([candidate(i, region=str(i) * 9000) for i in range(3)], push=LONG),
}


@pytest.mark.parametrize("case", CASES)
def test_every_payload_is_what_sendgrid_publishes(case):
    """A refused payload would reject letters for our fault, not theirs."""
    for envelope in CASES[case]:
        for sandbox in (False, True):
            call = json.loads(payload(envelope, sandbox=sandbox))
            SCHEMA.validate(call)
            assert_within_limits(call)


def assert_within_limits(call: dict[str, Any]) -> None:
    """The limits that a schema cannot say."""
    addresses = [personal["to"][0]["email"].casefold() for personal in call["personalizations"]]
    assert len(set(addresses)) == len(addresses)
    for personal in call["personalizations"]:
        assert len(json.dumps(personal.get("substitutions", {}), ensure_ascii=False).encode()) <= 10_300
        assert sum(len((k + v).encode()) for k, v in personal.get("substitutions", {}).items()) <= 10_000
        assert len(json.dumps(personal["custom_args"])) <= 10_000
    assert len(json.dumps(call).encode()) < 30_000_000


@pytest.mark.parametrize("case", [case for case in CASES if "thousand" not in case])
def test_a_payload_says_what_sendgrids_own_library_says(case):
    """Plain dicts are faster than the library's objects; they must not say anything else."""
    for envelope in CASES[case]:
        assert json.loads(payload(envelope)) == by_the_library(envelope)


def by_the_library(envelope: Envelope) -> dict[str, Any]:
    mail = Mail(from_email=From(envelope.from_address, envelope.from_name), subject=envelope.subject)
    mail.reply_to = ReplyTo(envelope.reply_to_address, envelope.reply_to_name)
    mail.content = [Content("text/plain", envelope.text), Content("text/html", envelope.html)]
    mail.category = Category(envelope.campaign)
    mail.tracking_settings = TrackingSettings(
        ClickTracking(False, False), OpenTracking(False), SubscriptionTracking(False)
    )
    for recipient in reversed(envelope.recipients):  # the library turns the order round
        personal = Personalization()
        personal.add_to(To(recipient.email, recipient.name))
        personal.add_custom_arg(CustomArg("delivery", recipient.delivery))
        if recipient.subject:
            personal.subject = Subject(recipient.subject).get()
        for tag, words in (recipient.substitutions or {}).items():
            personal.add_substitution(Substitution(tag, words))
        mail.add_personalization(personal)
    built: dict[str, Any] = json.loads(json.dumps(mail.get()))
    return built


def test_the_schema_itself_refuses_what_sendgrid_refuses():
    """A schema that takes everything would prove nothing."""
    good = json.loads(payload(CASES["one letter"][0]))
    for wrong in (
        {**good, "content": good["content"][::-1]},
        {**good, "from": {**good["from"], "name": "Bloggs, Jo"}},
        {**good, "personalizations": []},
        {**good, "subject": "a\r\nBcc: b"},
        {**good, "categoris": []},
        {**good, "categories": [str(i) for i in range(11)]},
    ):
        assert not SCHEMA.is_valid(wrong)
