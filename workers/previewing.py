"""Previews: a call or bulletin as one reader gets it, an invented one unless somebody is chosen; nothing leaves."""

from __future__ import annotations

from dataclasses import dataclass, replace

import structlog

from workers.campaign.bulletin import Bulletin, Call
from workers.campaign.mailings import Content, Mailing, Reader
from workers.campaign.model import Campaign, Person
from workers.campaign.reader_links import ReaderLinks
from workers.erasure import find
from workers.errors import InputError
from workers.mail.copies import filled
from workers.mail.samples import CANDIDATES
from workers.mail.templates import Templates
from workers.mailings import Constituencies, Readers
from workers.newsroom import Newsroom
from workers.rehearsal import powerless
from workers.store import Store

log = structlog.get_logger()

#: Bytes of HTML beyond which a large mail service hides the rest of a mail behind a link.
CUT_OFF = 102_000
_INVENTED = Person("p" + "a" * 16, "Sam Sample", "sam@readers.example", "")


@dataclass(frozen=True, slots=True)
class Preview:
    """One copy of ``mailing``; ``person`` is the id of who was chosen, "" for somebody invented."""

    mailing: Mailing
    content: Content
    person: str = ""

    @property
    def size(self) -> int:
        """Bytes of the HTML part."""
        return len(self.content.html.encode())


class Previewing:
    """Makes previews. Personal links in them open nothing: who looks at a mail must not leave in its reader's place."""

    def __init__(self, store: Store, templates: Templates, public_url: str, secret: str) -> None:
        self._store = store
        self._newsroom = Newsroom(store, templates, public_url)
        self._readers = Readers(ReaderLinks(powerless(secret), public_url), Constituencies(store))

    def draft(self, made_of: Bulletin | Call, campaign: Campaign, *, reminder: bool = False) -> Mailing:
        """The edition that would be approved now; ConfigError says what keeps it from being sent."""
        return self._newsroom.draft(made_of, campaign, reminder=reminder)

    def expected(self, mailing: Mailing) -> int:
        """How many would get it now."""
        return self._newsroom.expected(mailing)

    def invented(self, mailing: Mailing) -> Preview:
        """For somebody who does not exist, in a constituency of the campaign if it has any."""
        seats = self._readers.constituencies.of(mailing.campaign)
        gss = next((gss for gss in sorted(seats) if seats[gss].candidates), "")
        reader = self._readers.reader(mailing, _INVENTED, gss or "-")
        if not gss:
            reader = _somewhere(reader)
        return Preview(mailing, filled(mailing.content, reader))

    def unknown(self, mailing: Mailing) -> Preview:
        """For somebody of whom neither name nor constituency is known: what stands there otherwise."""
        return Preview(
            mailing, filled(mailing.content, self._readers.reader(mailing, replace(_INVENTED, name=""), "-"))
        )

    def of(self, mailing: Mailing, given: str, by: str) -> Preview:
        """For the person with that id or address; the log and the events say that ``by`` looked at them."""
        person = self._one(given)
        profile = self._store.people.profile(person.id)
        self._store.events.append("person.shown", "", f"{person.id} by {by}")
        log.info("person.shown", person=person.id, by=by)
        reader = self._readers.reader(mailing, person, ",".join(profile.seats) if profile else "-")
        return Preview(mailing, filled(mailing.content, reader), person.id)

    def _one(self, given: str) -> Person:
        found = find(self._store, given)
        if len(found) > 1:
            ids = ", ".join(one.id for one in found[:5])
            raise InputError(f"is shared by {len(found)} people: choose one by id ({ids})", field="person")
        return found[0]


def _somewhere(reader: Reader) -> Reader:
    """In an invented constituency: the campaign has no candidates yet."""
    signed = frozenset({CANDIDATES[0].id})
    return replace(reader, constituency=CANDIDATES[0].constituency_name, candidates=CANDIDATES, signed=signed)
