"""What the demo can be told."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from workers.bulletinfile import load_bulletins, load_calls
from workers.campaign.bulletin import Bulletin, Call
from workers.campaigns import load_campaigns
from workers.errors import InputError
from workers.settings import home

#: The root of the checkout: relative folders of settings start there.
ROOT = home(os.environ).absolute()
#: Where campaign files are looked for: the demo's own first.
CAMPAIGN_FOLDERS = ("config/demo/campaigns", "config/campaigns")
CANDIDATES = ROOT / "config/demo/candidates.csv"
POSTCODES = ROOT / "config/demo/postcodes.csv"


@dataclass(frozen=True)
class Options:
    """One run. ``contacts`` letters are to be accepted; ``bounce`` and ``complaint`` are shares from 0 to 1.

    ``signatures`` None means a dozen, or all candidates if fewer are written to.
    """

    campaign: str = "warm-homes"
    candidates: Path = CANDIDATES
    postcodes: Path = POSTCODES
    regions: Path | None = None
    contacts: int = 200
    signatures: int | None = None
    subscribers: int = 5000
    called: int = 2000
    bounce: float = 0.0
    complaint: float = 0.0
    repeat_events: int = 0
    workers: int = 2
    https: bool = False
    once: bool = False

    def bulletin(self) -> str:
        """The name of the campaign's first bulletin; "" if it has none."""
        return self._first(load_bulletins, "bulletins")

    def call(self) -> str:
        """The name of the campaign's first call; "" if it has none."""
        return self._first(load_calls, "calls")

    def _first(self, load: Callable[..., Mapping[str, Bulletin | Call]], kind: str) -> str:
        folder = ROOT / self.campaigns_folder
        found = load(folder.parent / kind, load_campaigns(folder, ROOT), ROOT)
        return next((name for name, one in sorted(found.items()) if one.campaign == self.campaign), "")

    @property
    def campaigns_folder(self) -> str:
        """The folder that has the campaign's file; InputError if none has."""
        for folder in CAMPAIGN_FOLDERS:
            if (ROOT / folder / f"{self.campaign}.toml").is_file():
                return folder
        known = sorted(path.stem for folder in CAMPAIGN_FOLDERS for path in (ROOT / folder).glob("*.toml"))
        raise InputError(f"there is no such campaign file; there are: {', '.join(known)}", field="--campaign")
