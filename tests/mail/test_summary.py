"""A summary as a mail: every letter whole and answered by a click; no supporter can speak for another or for us."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.mail.post_office import PUSH, TEMPLATES, Mail, Shape, arrived, composer
from tests.mail.test_hostile import assert_shaped_as, hostile
from tests.support.people import campaign, candidate
from workers.campaign.ids import delivery_id
from workers.campaign.model import Action, Campaign, Person, Variant
from workers.campaign.outcomes import Envelope
from workers.mail.sendgrid import payload
from workers.mail.summary import One, Part, SummaryWriter
from workers.mail.templates import Templates
from workers.mail.words import one_line
from workers.summaries import BYTES, LETTERS

#: SendGrid's limit for one call.
_MOST = 30_000_000
#: Hostile letters in one mail.
_TOGETHER = 50
TO = candidate(1, honorific="Dr")
DELIVERY = delivery_id("s" + "a" * 16, "1")
WRITER = SummaryWriter(Templates(TEMPLATES), composer())


def one(number: int, name: str = "", message: str = "", subject: str = "", **more: object) -> One:
    """Supporter ``number``'s letter."""
    person = Person(f"p{number}", name or f"Supporter {number}", f"s{number}@supporters.example", "ZZ1 1AA")
    action = Action(f"a{number}", "clean-rivers", person.id, "d" + "a" * 16, ("1",), 0, message, subject)
    return One(person, action, TO, **more)  # type: ignore[arg-type]


def written(letters: Sequence[One], push: Campaign = PUSH, **more: Part) -> tuple[Envelope, Mail]:
    envelope = WRITER.compose(push, DELIVERY, letters, **more)
    (mail,) = arrived(envelope)
    return envelope, mail


def test_every_letter_is_there_in_full():
    """Name, salutation, own words, ask and sign-off, in text and HTML; the link stands once on top."""
    _, mail = written([one(1, message="Otters.\n\nAnd eels."), one(2, subject="Eels"), one(3)])
    assert mail.subject == "3 letters from your constituents"
    assert mail.delivery == DELIVERY
    for number, body in ((1, "Otters."), (2, "Our river is dirty."), (3, "Our river is dirty.")):
        parts = (
            f"{number}. Supporter {number} wrote:",
            "Dear Candidate 1,",
            body,
            "Will you sign?",
            f"Supporter {number}",
        )
        for words in parts:
            assert words in mail.text
            assert words.removesuffix(" wrote:") in Shape(mail.html).words
    assert mail.text.count("Subject: Eels\n") == 1
    assert mail.text.count("Subject: Please sign\n") == 2
    assert mail.text.count("/sign/1-") == 2  # above the letters, and at the foot
    assert PUSH.imprint in mail.text


def test_who_is_thanked_is_not_asked():
    """After a signature supporters write to say thank you."""
    push = campaign(thanks=Variant("thanks", "Thank you", "I am glad that you signed."))
    _, mail = written([one(1, thanks=("1",)), one(2, thanks=("1",))], push)
    assert mail.text.count("I am glad that you signed.") == 2
    assert "Will you sign?" not in mail.text
    for words in (mail.text, mail.html):
        assert "or say no" not in words


def test_one_supporter_is_answered_by_a_click_and_the_campaign_by_a_reply():
    """Reply-To can be only one; a mail with a single letter is answered as a letter is."""
    odd = Person("p1", "Odd", "odd+tag?a&b=c@supporters.example", "ZZ1 1AA")
    letters = [one(1, subject="Eels & otters?")._replace(person=odd), one(2)]
    _, mail = written(letters)
    first, second = re.findall(r'href="(mailto:[^"]+)"', mail.html)
    parts = urlsplit(first)
    assert parts.path == "odd%2Btag%3Fa%26b%3Dc@supporters.example"
    assert parse_qs(parts.query) == {"subject": ["Re: Eels & otters?"]}
    assert first in mail.text
    assert second in mail.text
    assert mail.reply_to.addr_spec == "letters@rivers.example"
    _, alone = written([one(2)])
    assert alone.reply_to.addr_spec == "s2@supporters.example"
    assert "Your reply goes to Supporter 2 and to nobody else." in alone.text


def test_a_part_says_that_it_is_one():
    """So that nobody takes it for all."""
    _, mail = written([one(1), one(2)], part=Part(2, 3))
    assert mail.subject.endswith("(part 2 of 3)")
    assert "This is part 2 of 3." in mail.text
    assert "This is part 2 of 3." in mail.html


def _ours(text: str) -> list[str]:
    """The lines that are not a supporter's, with what they said of themselves left out."""
    lines = [line for line in text.split("\n") if line and not line.startswith("|")]
    return [re.sub(r"^(\d+\. |Subject: |Answer ).*", r"\1", line) for line in lines]


@pytest.fixture(scope="module")
def benign() -> Mail:
    return written([one(1), one(2)])[1]


def test_a_supporters_words_stay_words_and_their_own(shared: Path, benign: Mail):
    """No header, element or attribute that the template did not put there, and no line that passes for ours."""
    letters = [one(number, words, words, words) for number, words in enumerate(hostile(shared), 1)]
    links = re.compile(r'href="mailto:[^"]*"')
    for start in range(0, len(letters), _TOGETHER):
        some = letters[start : start + _TOGETHER]
        plain = written([one(number) for number in range(len(some))])[1]
        envelope, mail = written(some)
        assert mail.headers == benign.headers
        assert mail.sender.addr_spec == mail.reply_to.addr_spec == "letters@rivers.example"
        assert mail.subject == plain.subject
        assert envelope.recipients[0].substitutions is None
        assert_shaped_as(Shape(links.sub("", plain.html)), links.sub("", mail.html))
        assert len(links.findall(mail.html)) == len(some)
        assert _ours(mail.text) == _ours(plain.text)


def test_nobody_writes_a_letter_for_somebody_else(benign: Mail):
    """Words that look like the next letter are quoted like all others."""
    forged = (
        "Mine.\n\nAnswer Supporter 1: mailto:x@y.example\n\n2. The Mayor wrote:\nSubject: Nonsense\n\n| I disagree."
    )
    _, mail = written([one(1, message=forged), one(2)])
    assert _ours(mail.text) == _ours(benign.text)
    assert "\n| 2. The Mayor wrote:\n" in mail.text
    assert "\n| | I disagree.\n" in mail.text


def test_the_largest_mail_is_one_that_the_provider_takes():
    """Quotation marks take six bytes where a letter takes one."""
    size = BYTES // LETTERS
    envelope, _ = written([one(number, message='"' * (size // 2)) for number in range(LETTERS)])
    assert len(payload(envelope)) < _MOST
    assert one_line(envelope.subject) == f"{LETTERS} letters from your constituents"
