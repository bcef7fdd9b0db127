"""The bulletins and calls as their folders say now: read again when a minute has passed."""

from __future__ import annotations

import time
from threading import Lock

from workers.app import App
from workers.bulletinfile import read_bulletins, read_calls
from workers.campaign.bulletin import Bulletin, Call
from workers.campaign.mailings import PURPOSES, Kind

#: Seconds for which what was read is good.
_KEPT_S = 60.0


class Folders:
    """Of one process; a folder that is not right is left out, as ``mobilise check`` says what is wrong with it."""

    def __init__(self, app: App) -> None:
        self._app, self._lock = app, Lock()
        self._read_at = -_KEPT_S
        self._bulletins: dict[str, Bulletin] = {}
        self._calls: dict[str, Call] = {}

    def bulletins(self) -> dict[str, Bulletin]:
        self._look()
        return self._bulletins

    def calls(self) -> dict[str, Call]:
        self._look()
        return self._calls

    def purposes(self, campaign: str) -> list[str]:
        """What one may agree to be mailed for in this campaign: what it has a folder for."""
        bulletins = [Kind.BULLETIN for one in self.bulletins().values() if one.campaign == campaign]
        calls = [Kind.CALL for one in self.calls().values() if one.campaign == campaign]
        return [PURPOSES[kind] for kind in (*bulletins[:1], *calls[:1])]

    def _look(self) -> None:
        with self._lock:
            if time.monotonic() - self._read_at < _KEPT_S:
                return
            settings, campaigns = self._app.settings, self._app.campaigns
            self._bulletins, _ = read_bulletins(settings.beside_campaigns(settings.mailings.bulletins), campaigns)
            self._calls, _ = read_calls(settings.beside_campaigns(settings.mailings.calls), campaigns)
            self._read_at = time.monotonic()
