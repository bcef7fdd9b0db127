"""A candidate's personal link as tests use it: its page, its forms, and the ledger behind it."""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import urlencode

import pytest

from tests.support.people import person, take
from tests.web.asking import Answer, Site
from tests.web.conftest import candidate, home
from workers.campaign.ids import Ids
from workers.campaign.links import Links
from workers.campaign.model import Campaign, Candidate
from workers.campaigns import load_campaigns
from workers.store import Store

SLUG = "clean-rivers"
FORM = {"content-type": "application/x-www-form-urlencoded"}


class Link(NamedTuple):
    """A candidate's link, and the ledger behind it."""

    site: Site
    ledger: Store
    token: str

    @property
    def path(self) -> str:
        return f"/sign/{self.token}"

    def page(self) -> str:
        answer = self.site.get(self.path, accept="text/html")
        assert answer.status == 200, answer
        return answer.body.decode()

    def press(self, answer: str, headers: dict[str, str] | None = None, **fields: str) -> Answer:
        """Sends one of the page's forms."""
        found = re.search(r'name="form" value="(\w+)"', self.page())
        form = {"form": found[1] if found else "", "answer": answer, **fields}
        return self.site.ask("POST", self.path, urlencode(form), {**FORM, **(headers or {})})

    def waits(self) -> dict[str, str]:
        """State and reason of every letter to this candidate, by supporter's action."""
        return {one.action: f"{one.state} {one.reason}".strip() for one in self.ledger.letters.newest_first(SLUG)}


def token(ids: Ids, pushes: dict[str, Campaign], to: Candidate, slug: str = SLUG) -> str:
    return Links(ids, "http://unused.example").sign_token(pushes[slug], to)


def write(ledger: Store, number: int, to: str = "1") -> str:
    """A supporter's letter that waits; the action's id."""
    action = take(ledger, person(ledger.ids, number), (to,))
    ledger.letters.write(SLUG, [action.id], 60_000)
    return action.id


def state(ledger: Store) -> tuple[object, ...]:
    """All that a link could change."""
    answers = [ledger.answers.of(SLUG, str(number)) for number in (1, 2, 3)]
    log = list(ledger.signatures.log(SLUG))
    return ledger.signatures.all(SLUG), answers, log, ledger.tallies.totals(SLUG), ledger.suppressions.count()


@pytest.fixture(scope="session")
def pushes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Campaign]:
    """The campaigns that the web process knows."""
    return load_campaigns(home(tmp_path_factory.mktemp("pushes")) / "config" / "campaigns")


@pytest.fixture
def link(site: Site, ledger: Store, ids: Ids, pushes: dict[str, Campaign]) -> Link:
    """The link of candidate 1, for whom two letters wait."""
    for number in (1, 2):
        write(ledger, number)
    return Link(site, ledger, token(ids, pushes, candidate(1)))
