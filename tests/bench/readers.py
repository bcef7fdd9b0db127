"""Whom the bench mails: invented people with a profile, and the bulletin that they get."""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from tests.bench.loads import CAMPAIGN, SEATS, candidates
from tests.bench.rig import ROOT
from workers.app import App
from workers.campaign.bulletin import Bulletin
from workers.campaign.mailings import Mailing
from workers.campaign.model import Consent, Person
from workers.campaign.profile import DOMAIN, Profile
from workers.mail.templates import Templates
from workers.newsroom import Newsroom
from workers.store.people import Known, known_as

#: Editions to whom the tag leads stay small, however many people there are.
FEW = "few"
_CHUNK = 400
_AGREED = (Consent("bulletins", "Yes, mail me the bulletin", int(time.time()), "street stall"),)


def load(app: App, readers: int, few: int) -> None:
    """Candidates, and people who agreed to bulletins; ``few`` of them are tagged."""
    app.store.candidates.apply(CAMPAIGN, candidates())
    left = people(app, readers, few)
    while chunk := list(islice(left, _CHUNK)):
        app.store.people.put(chunk)


def people(app: App, readers: int, few: int = 0) -> Iterator[Known]:
    """Each with a name, an address, a constituency and a consent, as a list brings them."""
    ids, every = app.ids, max(1, readers // few) if few else readers + 1
    for number in range(readers):
        name, email = f"Robin Vale {number}", f"robin.{number}@supporter{number % 500}.example"
        person = Person(ids.person(email, name), name, email, "ZE1 1AA")
        tags = (FEW,) if number % every == 0 else ()
        seat, domain = (f"E14{number % SEATS:06}",), ids.domain(email)[:DOMAIN]
        profile = Profile(ids.address(email), domain, seat, tags=tags, purposes=("bulletins",))
        yield known_as(person, profile, _AGREED)


def newsroom(app: App) -> Newsroom:
    """Where the bench's editions are made."""
    return Newsroom(app.store, Templates(ROOT / app.settings.templates.folder), app.settings.web.public_url)


def edition(app: App, name: str, where: str = "") -> Mailing:
    """One edition of the example bulletin, without its speed: as fast as it goes."""
    folder: Path = ROOT / "config" / "bulletins" / "river-post"
    campaign = app.campaigns[CAMPAIGN]
    made_of = Bulletin(
        "river-post",
        CAMPAIGN,
        "The River Post: {{ tally.signatories }} have signed so far",
        campaign.sender,
        where,
        (folder / "body.md").read_text(encoding="utf-8"),
        folder,
    )
    return newsroom(app).draft(made_of, campaign, name)
