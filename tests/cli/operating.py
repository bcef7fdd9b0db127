"""What operators' commands are tried on: an app at work in ``tmp_path``, and letters in any state."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

from tests.support.people import CAMPAIGN, person, take
from tests.support.processes import ROOT
from workers.campaign.model import Action
from workers.store import Store

FILE = """
title = "Clean rivers"
charter = "We ask for clean rivers."
opens = 2020-01-01T00:00:00
closes = {closes}
polling_day = 2099-01-01
imprint = "Published by Clean Rivers, 1 Weir Lane, Testford."
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
"""


def home(folder: Path) -> Path:
    """A folder as MOBILISE_HOME: one campaign that is open, and "over", one that has closed."""
    campaigns = folder / "config" / "campaigns"
    campaigns.mkdir(parents=True)
    shutil.copy(ROOT / "config" / "settings.toml", folder / "config")
    (folder / "templates").symlink_to(ROOT / "templates")
    for slug, closes in {CAMPAIGN: "2099-01-01T00:00:00", "over": "2021-01-01T00:00:00"}.items():
        (campaigns / f"{slug}.toml").write_text(FILE.format(closes=closes))
    return folder


def written(store: Store, number: int = 1, candidates: tuple[str, ...] = ("1", "2"), slug: str = CAMPAIGN) -> Action:
    """An action whose letters are in the ledger."""
    action = take(store, person(store.ids, number), candidates, slug)
    store.letters.write(slug, [action.id], 60_000)
    return action


def unknown(store: Store, number: int = 1, slug: str = CAMPAIGN) -> list[str]:
    """The ids of an action's two letters, whose sender fell silent."""
    action = written(store, number, slug=slug)
    store.letters.claim(slug, action.id, time.time() - 1)
    store.letters.expire_claims()
    return [f"{action.group}-1", f"{action.group}-2"]
