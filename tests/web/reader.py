"""A reader of mailings as tests use them: in the ledger, with their personal links and the forms of those pages."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

import pytest

from tests.web.asking import Answer, Site
from workers.campaign.choices import Choices
from workers.campaign.mailings import Kind, book
from workers.campaign.model import Consent, Person
from workers.campaign.profile import Profile, mailed_for
from workers.campaign.reader_links import ReaderLinks
from workers.store import Store
from workers.store.people import known_as

SLUG = "clean-rivers"
FORM = {"content-type": "application/x-www-form-urlencoded"}
BOOK, CALL_BOOK = book(SLUG, Kind.BULLETIN, "news", "7"), book(SLUG, Kind.CALL, "last-push", "1")
LONG_AGO = 1_700_000_000


@dataclass(frozen=True)
class Reader:
    """Somebody who agreed to bulletins, calls and news of their letters, and what they can open."""

    site: Site
    ledger: Store
    person: Person

    @property
    def links(self) -> ReaderLinks:
        return ReaderLinks(self.ledger.ids, "")

    @property
    def leave(self) -> str:
        return self.links.unsubscribe_url(BOOK, self.person.id)

    @property
    def leave_calls(self) -> str:
        return self.links.unsubscribe_url(CALL_BOOK, self.person.id)

    @property
    def choose(self) -> str:
        return self.links.preferences_url(SLUG, self.person.id)

    @property
    def act(self) -> str:
        return self.links.act_url(SLUG, "last-push", self.person.id)

    @property
    def form(self) -> str:
        """What the form on the page of a call brings along."""
        return self.links.form(self.act.rpartition("/")[2])

    def page(self, path: str) -> str:
        answer = self.site.get(path, accept="text/html")
        assert answer.status == 200, answer
        return answer.body.decode()

    def press(self, path: str, fields: Sequence[tuple[str, str]] = (), **own: str) -> Answer:
        """Sends a form of the page at ``path``, with what it must bring along."""
        found = re.search(r'name="form" value="(\w+)"', self.page(path))
        form = [("form", found[1])] if found else []
        return self.site.ask("POST", path, urlencode([*form, *fields, *own.items()]), FORM)

    def one_click(self, path: str) -> Answer:
        """What a mail program's own button sends."""
        return self.site.ask("POST", path, "List-Unsubscribe=One-Click", FORM)

    @property
    def choices(self) -> Choices:
        return self.ledger.preferences.of(self.person.id)

    @property
    def agreed(self) -> set[str]:
        return set(self.choices.agreed)

    @property
    def words(self) -> set[str]:
        """What restricts their mailings, but for bulletins of other tests."""
        return {word for word in self.choices.words if not word.startswith("no:") or word in {"no:news", "no:walks"}}

    def consents(self) -> dict[str, Consent]:
        person = self.ledger.people.find(self.person.id)
        return {one.purpose: one for one in person.consents} if person else {}


@pytest.fixture
def reader(site: Site, ledger: Store) -> Reader:
    return Reader(site, ledger, enter(ledger, "Sam Sample", "sam@supporters.example"))


ALL = ("bulletins", "calls", "updates")


def enter(ledger: Store, name: str, email: str, purposes: Sequence[str] = ALL, postcode: str = "SW1A 1AA") -> Person:
    """A person as an import leaves them."""
    ids = ledger.ids
    person = Person(ids.person(email, name), name, email, postcode)
    profile = Profile(ids.address(email), ids.domain(email)[:6], purposes=mailed_for(purposes))
    consents = [Consent(purpose, f"I said yes to {purpose}", LONG_AGO, "stall") for purpose in purposes]
    ledger.people.put([known_as(person, profile, consents)])
    return person
