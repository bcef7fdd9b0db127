"""A supporter's confirm link as tests use it: its page, its forms, and the ledger behind it."""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import urlencode

import pytest

from tests.store.test_intents import intent
from tests.web.asking import Answer, Site
from workers.campaign.intents import Intent, Over, Patience
from workers.campaign.supporter_links import SupporterLinks
from workers.store import Store

SLUG = "clean-rivers"
FORM = {"content-type": "application/x-www-form-urlencoded"}


class Confirm(NamedTuple):
    """A link, and the ledger behind it."""

    site: Site
    ledger: Store
    token: str
    id: str

    @property
    def path(self) -> str:
        return f"/confirm/{self.token}"

    def page(self, status: int = 200) -> str:
        answer = self.site.get(self.path, accept="text/html")
        assert answer.status == status, answer
        return answer.body.decode()

    def form(self, page: str = "") -> str:
        found = re.search(r'name="form" value="(\w+)"', page or self.page())
        return found[1] if found else ""

    def press(self, answer: str, *candidates: str, headers: dict[str, str] | None = None, **fields: str) -> Answer:
        """Sends one of the page's forms; all candidates are ticked if none is named."""
        form = {"form": fields.pop("form", "") or self.form(), "answer": answer, **fields}
        boxes = [("candidate", one) for one in candidates or ("1", "2", "3")]
        return self.site.ask("POST", self.path, urlencode([*form.items(), *boxes]), {**FORM, **(headers or {})})

    def found(self) -> Intent | Over | None:
        return self.ledger.intents.find(self.id)

    def state(self) -> tuple[object, ...]:
        """All that the link could change."""
        counts = self.ledger.actions.count(SLUG), self.ledger.intents.count(SLUG), self.ledger.suppressions.count()
        return self.found(), counts, self.ledger.tallies.totals(SLUG)


@pytest.fixture
def confirm(site: Site, ledger: Store) -> Confirm:
    """Letters to the three candidates of the postcode, which wait for their supporter."""
    one = intent(ledger.ids, 1, ("1", "2", "3"))
    ledger.intents.keep(one, Patience(), nudge_at_ms=0)
    return Confirm(site, ledger, SupporterLinks(ledger.ids, "").confirm_token(SLUG, one.id), one.id)
