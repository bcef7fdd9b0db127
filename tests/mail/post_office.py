"""What SendGrid and a mail program do with a payload: substitute, make MIME, carry it, read it again."""

from __future__ import annotations

from dataclasses import dataclass
from email import message_from_bytes, policy
from email.errors import MultipartInvariantViolationDefect
from email.headerregistry import Address
from email.message import EmailMessage, Message
from email.parser import BytesHeaderParser
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import msgspec

from tests.support.people import campaign, candidate
from workers.campaign.ids import Ids
from workers.campaign.links import Links
from workers.campaign.model import Action, Campaign, Candidate, Person
from workers.campaign.outcomes import Envelope
from workers.mail.envelope import Composer
from workers.mail.sendgrid import payload
from workers.mail.templates import Templates

TEMPLATES = Path(__file__).resolve().parents[2] / "templates"
GROUP = "d" + "a" * 16
LINKS = Links(Ids("a secret that only tests use"), "https://campaign.example/")
#: One object, as a process has: what is kept for a campaign is kept for the object.
PUSH = campaign()


def composer() -> Composer:
    return Composer(Templates(TEMPLATES), LINKS)


def write(
    candidates: list[Candidate] | None = None,
    *,
    name: str = "Sam Sample",
    postcode: str = "ZZ1 1AA",
    subject: str = "",
    message: str = "",
    push: Campaign | None = None,
    by: Composer | None = None,
) -> list[Envelope]:
    """The envelopes of one supporter's letters, to one candidate unless told otherwise."""
    people = candidates or [candidate(1)]
    person = Person("p1", name, "sam@supporters.example", postcode)
    action = Action("a1", "clean-rivers", "p1", GROUP, tuple(c.id for c in people), 0, message, subject)
    letters = [(f"{GROUP}-{one.id}", one) for one in people]
    return (by or composer()).compose(push or PUSH, person, action, letters)


@dataclass(frozen=True)
class Mail:
    """One e-mail as it arrives."""

    delivery: str
    sender: Address
    reply_to: Address
    to: Address
    subject: str
    headers: list[str]
    text: str
    html: str


@dataclass(frozen=True)
class Copy:
    """One recipient's own, as SendGrid puts it together."""

    delivery: str
    to: Address
    subject: str
    text: str
    html: str


def copies(envelope: Envelope) -> list[Copy]:
    """Each recipient's copy, through the JSON, with substitutions made as SendGrid makes them."""
    call = msgspec.json.decode(payload(envelope))
    return [_copy(call, personal) for personal in call["personalizations"]]


def _copy(call: dict[str, Any], personal: dict[str, Any]) -> Copy:
    def substituted(words: str) -> str:
        for tag, value in personal.get("substitutions", {}).items():
            words = words.replace(tag, value)
        return words

    text, html = (substituted(part["value"]) for part in call["content"])
    subject = substituted(personal.get("subject") or call["subject"])
    return Copy(personal["custom_args"]["delivery"], _address(personal["to"][0]), subject, text, html)


def arrived(envelope: Envelope) -> list[Mail]:
    """Each recipient's copy, through real MIME."""
    call = msgspec.json.decode(payload(envelope))
    return [_carried(call, copy) for copy in copies(envelope)]


def _carried(call: dict[str, Any], copy: Copy) -> Mail:
    made = EmailMessage(policy=policy.SMTP)
    made["From"] = _address(call["from"])
    made["Reply-To"] = _address(call["reply_to"])
    made["To"] = copy.to
    made["Subject"] = copy.subject
    made.set_content(copy.text)
    made.add_alternative(copy.html, subtype="html")
    raw = bytes(made)
    read: Any = BytesHeaderParser(policy=policy.default).parsebytes(raw)
    carried: Any = message_from_bytes(raw)  # of the older policy, which does not read a header anew at each look
    # Python before 3.11.4 misses the parts when it was asked for the headers alone.
    flaws = [one for one in read.defects if not isinstance(one, MultipartInvariantViolationDefect)]
    assert not [*flaws, *carried.defects]
    assert carried.keys() == read.keys()
    sender, reply_to, to = (read[name].addresses[0] for name in ("From", "Reply-To", "To"))
    text, html = carried.get_payload()
    assert (text.get_content_type(), html.get_content_type()) == ("text/plain", "text/html")
    return Mail(
        delivery=copy.delivery,
        sender=sender,
        reply_to=reply_to,
        to=to,
        subject=read["Subject"],
        headers=sorted(read.keys()),
        text=_content(text),
        html=_content(html),
    )


def _content(part: Message) -> str:
    words: Any = part.get_payload(decode=True)
    return str(words, part.get_content_charset("")).replace("\r\n", "\n")


def _address(given: dict[str, str]) -> Address:
    return Address(given.get("name", ""), addr_spec=given["email"])


class Shape(HTMLParser):
    """Every element with its attributes, and all the words that are shown."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: set[tuple[str, tuple[tuple[str, str | None], ...]]] = set()
        self.others: list[str] = []
        self._words: list[str] = []
        self.feed(html)
        self.close()

    @property
    def words(self) -> str:
        return "".join(self._words)

    def handle_starttag(self, tag, attrs):
        self.elements.add((tag, tuple(attrs)))

    def handle_data(self, data):
        self._words.append(data)

    def handle_comment(self, data):
        self.others.append(data)

    handle_pi = unknown_decl = handle_comment
