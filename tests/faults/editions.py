"""One edition of a bulletin in a town in which things go wrong: everybody gets it once, or the books say why not."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.faults.town import Campaign
from tests.support.processes import ROOT
from tests.support.wait import wait_until
from workers.campaign.bulletin import Bulletin
from workers.campaign.mailings import Mailing, Stage
from workers.campaign.model import Consent, Person
from workers.campaign.profile import Profile
from workers.campaign.reader_links import ReaderLinks
from workers.campaigns import read_campaigns
from workers.mail.templates import Templates
from workers.newsroom import Newsroom
from workers.store.people import known_as

#: Which are so few copies a batch that much is left whenever something goes wrong.
READERS, BATCHES = 256, 64


class Edition:
    """Approved for so many readers, who go into so many batches."""

    def __init__(self, campaign: Campaign, readers: int = READERS, batches: int = BATCHES) -> None:
        self.campaign, self.town, self.store = campaign, campaign.town, campaign.town.store
        self.readers = {self._person(number).email: self._person(number) for number in range(readers)}
        self._subscribe()
        self.mailing = self._approved(batches)
        self.book = self.mailing.book

    def begin(self) -> None:
        """As ``bulletins send`` would, into as many batches as were planned."""
        assert self.store.mailings.move(self.book, Stage.GATHERING, Stage.APPROVED)

    def states(self) -> dict[str, int]:
        """How many copies are in which state."""
        return {state: n for state, n in self.store.tallies.totals(self.book).letters.items() if n}

    def past(self, number: int) -> None:
        """Returns once more than so many copies have left."""
        wait_until(lambda: self._handed_over() > number, 30, lambda: f"{number} copies; they are {self.states()}")

    def comes_to(self, **states: int) -> None:
        """Returns once the copies are in these states, and in no others."""
        wait_until(lambda: self.states() == states, 30, lambda: f"{states}; they are {self.states()}")

    def has_gathered(self, groups: int) -> bool:
        """Whether more than so many groups of its audience are gathered."""
        return self.store.mailings.groups(self.book)[1] > groups

    def finishes(self) -> None:
        """Returns once it is finished: then nothing of it waits, everybody is in it, and whoever has it has it once."""
        wait_until(lambda: self._let_go_on() is Stage.FINISHED, 40, lambda: f"its end; {self.states()}")
        states = self.states()
        assert not states.keys() & {"queued", "sending", "held"}, states
        assert sum(states.values()) == self.store.mailings.get(self.book).audience == len(self.readers)
        copies = Counter(self.copies())
        assert copies.keys() <= self.readers.keys()
        assert not [email for email, n in copies.items() if n > 1], "somebody has two copies"

    def copies(self) -> list[str]:
        """The addresses to which the provider has one."""
        name = f"bulletin.{self.mailing.name}"
        return [mail.to.email for mail in self.campaign.mails() if name in mail.categories]

    def do(self, verb: str, *more: str) -> dict[str, Any]:
        """``mobilise bulletins VERB``."""
        said: dict[str, Any] = self.town.mobilise("bulletins", verb, self.mailing.name, *more)
        return said

    def leave(self, reader: Person) -> int:
        """The button of a mail program (RFC 8058); the status of the answer."""
        url = ReaderLinks(self.store.ids, self.town.web_url).unsubscribe_url(self.book, reader.id)
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        return self.town.web.request("POST", urlsplit(url).path, b"List-Unsubscribe=One-Click", form).status

    def _let_go_on(self) -> Stage:
        """Its stage; after a fault the provider is asked again at once, and not in a minute."""
        self.store.pauses.end_hold()
        return self.store.mailings.get(self.book).stage

    def _handed_over(self) -> int:
        states = self.states()
        return sum(states.get(state, 0) for state in ("accepted", "delivered"))

    def _person(self, number: int) -> Person:
        email = f"{self.campaign.slug}-{number}@post.example"
        return Person(self.store.ids.person(email, "Reader"), "Reader", email, "")

    def _subscribe(self) -> None:
        yes, ids = [Consent("bulletins", "Yes", 1, "stall")], self.store.ids
        people = list(self.readers.values())
        for start in range(0, len(people), 500):
            self.store.people.put(
                known_as(
                    one, Profile(ids.address(one.email), "mabcde", tags=(self._tag,), purposes=("bulletins",)), yes
                )
                for one in people[start : start + 500]
            )

    def _approved(self, batches: int) -> Mailing:
        found, _ = read_campaigns(self.town.folder / "campaigns", self.town.folder)
        campaign = found[self.campaign.slug]
        newsroom = Newsroom(self.store, Templates(ROOT / "templates"), self.town.web_url)
        where, name = f"tag = '{self._tag}'", f"news-{self.campaign.slug}"
        bulletin = Bulletin(name, campaign.slug, "News", campaign.sender, where, "There is news.", Path("nowhere"))
        return newsroom.approve(newsroom.draft(bulletin, campaign), "robin", expected=batches * 400)

    @property
    def _tag(self) -> str:
        return f"of-{self.campaign.slug}"
