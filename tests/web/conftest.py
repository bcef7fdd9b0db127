"""A real web process in front of the real ledger, and a place with candidates to write to."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.support.ports import free_port
from tests.support.processes import ROOT, Running, environment, mobilise
from tests.support.valkey import flush
from tests.web.asking import KEY, Site
from tests.web.operators import PASSWORD, TOKEN
from workers.campaign.ids import Ids
from workers.campaign.model import Candidate
from workers.campaign.sectors import gather
from workers.store import Store

CAMPAIGN_FILE = """
title = "Clean Rivers & <Lakes>"
time_zone = "Europe/London"
opens = {opens}
closes = {closes}
polling_day = {polling_day}
charter = "We ask for clean rivers.\\n\\nAnd for <b>lakes</b>."
imprint = "Published by Clean Rivers, 1 Weir Lane, Testford."
boundaries = "{boundaries}"
[sender]
name = "Clean Rivers"
address = "letters@rivers.example"
[letter]
salutation = "Dear {{{{ candidate.name }}}},"
sign_off = "Yours, {{{{ supporter.name }}}}"
[[letter.variants]]
name = "all"
subject = "Please sign"
body = "Our river is dirty."
ask = "Will you sign?"
"""

#: One campaign thanks those who have signed, and allows daily summaries.
THANKS = """
[letter.thanks]
subject = "Thank you"
body = "I am glad that you signed."
[summary]
hour = 9
"""
#: Two bulletins and a call of one campaign.
MAILING = 'campaign = "clean-rivers"\ntitle = "{title}"\nsubject = "What is new"\n'
MAILINGS = {
    "bulletins/news/bulletin.toml": MAILING.format(title="River news"),
    "bulletins/walks/bulletin.toml": MAILING.format(title="Walks & <talks>"),
    "calls/last-push/call.toml": MAILING.format(title="The last push") + 'letter = "I have fished here for years."\n',
}
OPEN = {"opens": "2020-01-01T00:00:00", "closes": "2099-01-01T00:00:00", "polling_day": "2099-01-01"}
CAMPAIGNS = {
    "clean-rivers": {**OPEN, "boundaries": ""},
    "old-lines": {**OPEN, "boundaries": "2010"},
    "not-yet": {**OPEN, "opens": "2098-01-01T09:00:00", "boundaries": ""},
    "is-over": {
        "opens": "2020-01-01T00:00:00",
        "closes": "2021-01-01T00:00:00",
        "polling_day": "2021-01-01",
        "boundaries": "",
    },
}

SEAT, OLD_SEAT, EMPTY_SEAT = "E14999001", "E14000999", "E14999002"
PLACES = [
    ("SW1A 1AA", "2024", SEAT, ""),
    ("SW1A 1AA", "2010", OLD_SEAT, ""),
    ("AB12 5DX", "2024", EMPTY_SEAT, ""),
    ("EC1A 1BB", "2024", EMPTY_SEAT, ""),
    ("EC1A 1BB", "2010", SEAT, ""),
]


#: A bulletin whose folder has a calendar, of which one event is broken.
BULLETIN = {
    "bulletin.toml": 'campaign = "clean-rivers"\ntitle = "Monthly"\nsubject = "News"\n',
    "body.md": "Hello",
    "events.csv": """title,starts,ends,place,description,link,organiser
River walk,2098-12-08 19:30,2098-12-08 21:00,Leeds,Boots <b>please</b>,https://rivers.example/walk,River Friends
Fair,2098-12-12,2098-12-13,,,,
Long ago,2019-12-12,,,,,
Broken,tomorrow,,,,,
""",
}


def home(folder: Path) -> Path:
    """A folder with settings, templates, a bulletin and the campaigns above, as MOBILISE_HOME."""
    campaigns = folder / "config" / "campaigns"
    campaigns.mkdir(parents=True)
    shutil.copy(ROOT / "config" / "settings.toml", folder / "config")
    (folder / "templates").symlink_to(ROOT / "templates")
    (folder / "config" / "bulletins" / "monthly").mkdir(parents=True)
    for name, text in BULLETIN.items():
        (folder / "config" / "bulletins" / "monthly" / name).write_text(text)
    for slug, fields in CAMPAIGNS.items():
        (campaigns / f"{slug}.toml").write_text(CAMPAIGN_FILE.format(**fields) + THANKS * (slug == "old-lines"))
    for name, text in MAILINGS.items():
        file = folder / "config" / name
        file.parent.mkdir(parents=True)
        file.write_text(text)
        (file.parent / "body.md").write_text("# Hello\n\nThe river rises.\n")
    return folder


def start(folder: Path, redis_url: str, **own: str) -> tuple[Running, Site]:
    """A web process of its own; the caller closes it."""
    port = free_port()
    opened = {"MOBILISE_CONSOLE_PASSWORD": PASSWORD, "MOBILISE_CONSOLE_TOKENS": f"tests:{TOKEN}"}
    env = environment(
        REDIS_URL=redis_url,
        MOBILISE_HOME=str(home(folder / "home")),
        MOBILISE_API_KEYS=f"shop:{KEY},crm:another-key",
        **{**opened, **own},
    )
    process = mobilise("web", "--port", str(port), folder=folder / "logs", env=env)
    process.wait_healthy(f"http://127.0.0.1:{port}/livez")
    return process, Site(port)


@pytest.fixture(scope="session")
def web(server: str, tmp_path_factory: pytest.TempPathFactory):
    """One web process for all tests of a worker."""
    process, site = start(tmp_path_factory.mktemp("web"), server)
    yield process, site
    process.close()


@pytest.fixture
def site(web: tuple[Running, Site], server: str, ids: Ids) -> Site:
    """The web process in front of an empty ledger with a few candidates and postcodes."""
    flush(server)
    seed(Store.connect(server, ids))
    return web[1]


@pytest.fixture
def ledger(server: str, ids: Ids) -> Store:
    """The ledger that ``site`` stands on."""
    return Store.connect(server, ids)


def candidate(number: int, **own: object) -> Candidate:
    """One who stands in the seat of SW1A 1AA."""
    party = "River Party" if number % 2 else "Hill & Dale Party"
    fields = {"constituency": SEAT, "constituency_name": "Testford", "email": f"c{number}@candidates.example", **own}
    return Candidate(str(number), f"Candidate {number}", party, **fields)  # type: ignore[arg-type]


def seed(store: Store) -> None:
    """Three who stand (one without an address), one who withdrew, and one in an old seat."""
    standing = [candidate(1), candidate(2), candidate(3, email=""), candidate(4, status="withdrawn")]
    store.candidates.apply("clean-rivers", [*standing, candidate(5, constituency=OLD_SEAT)])
    store.candidates.apply("old-lines", [candidate(6, constituency=OLD_SEAT), candidate(7)])
    store.places.put(store.places.compare(gather(PLACES)))
