"""An app on the real ledger and its queue, with one campaign, and no provider behind it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from tests.support.logs import logged_by
from tests.support.people import CAMPAIGN, candidate
from tests.support.processes import ROOT
from workers.app import App, boot
from workers.settings import Settings
from workers.store import Store
from workers.upkeep import Upkeep

FILE = """
title = "Clean rivers"
charter = "We ask for clean rivers."
opens = 2020-01-01T00:00:00
closes = 2099-01-01T00:00:00
polling_day = 2099-01-01
time_zone = "Europe/London"
imprint = "Published by Clean Rivers, 1 Weir Lane, Testford."
[summary]
[breaker]
minimum = 10
[sender]
name = "Clean Rivers"
address = "letters@rivers.example"
[letter]
salutation = "Dear {{ candidate.name }},"
sign_off = "Yours, {{ supporter.name }}"
[[letter.variants]]
name = "all"
subject = "Please sign"
body = "Our river is dirty."
ask = "Will you sign?"
"""


@pytest.fixture
def app(valkey: str, tmp_path: Path) -> Iterator[App]:
    """Booted as a process would be; nothing runs."""
    campaigns = tmp_path / "config" / "campaigns"
    campaigns.mkdir(parents=True)
    shutil.copy(ROOT / "config" / "settings.toml", tmp_path / "config")
    (tmp_path / "templates").symlink_to(ROOT / "templates")
    (campaigns / f"{CAMPAIGN}.toml").write_text(FILE)
    environ = {
        "REDIS_URL": valkey,
        "MOBILISE_SECRET": "a secret that only tests use",
        "MOBILISE_UPKEEP__ACTIONS": "3",
        "MOBILISE_WORKER__JOURNAL": "",
    }
    booted = boot(Settings.load(tmp_path, environ), tmp_path)
    booted.store.candidates.apply(CAMPAIGN, [candidate(1), candidate(2), candidate(3, email="")])
    yield booted
    booted.close()


@pytest.fixture
def ledger(app: App) -> Store:
    return app.store


@pytest.fixture
def logged():
    """What was logged, each line a dict."""
    with logged_by() as lines:
        yield lines


@pytest.fixture
def raw(valkey: str):
    """The server itself, for what no one should do to it."""
    with redis.Redis.from_url(valkey, decode_responses=True) as client:
        yield client


@pytest.fixture
def upkeep(app: App) -> Upkeep:
    return Upkeep(app)
