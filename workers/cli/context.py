"""What every command is handed: settings, campaigns and the ledger, each made when it is first asked for."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import click

from workers.errors import NotFoundError

if TYPE_CHECKING:
    from workers.app import App
    from workers.campaign.bulletin import Bulletin, Call
    from workers.campaign.ids import Ids
    from workers.campaign.model import Campaign
    from workers.openings import Campaigns
    from workers.settings import Settings
    from workers.store import Store


class Context:
    """One invocation. Asking for ``settings`` also begins the log as they say."""

    def __init__(self, root: Path | None = None, environ: Mapping[str, str] | None = None) -> None:
        self.environ = os.environ if environ is None else environ
        self._root = root

    @property
    def root(self) -> Path:
        """The folder that holds config and templates."""
        from workers.settings import home

        return (self._root or home(self.environ)).absolute()

    @cached_property
    def settings(self) -> Settings:
        """ConfigError if they cannot be used."""
        from workers import log
        from workers.settings import Settings

        settings = Settings.load(self.root, self.environ)
        log.configure(settings.log.level, settings.log.format)
        return settings

    @cached_property
    def campaigns(self) -> dict[str, Campaign]:
        """Every campaign by slug; ConfigError if one cannot be used."""
        from workers.campaigns import load_campaigns

        return load_campaigns(self.settings.path(self.settings.campaigns.folder), self.root)

    def campaign(self, slug: str) -> Campaign:
        """NotFoundError, with the nearest one, if there is no such campaign."""
        if slug not in self.campaigns:
            from workers.shapes import nearest, printable

            mend = nearest(slug, self.campaigns, otherwise="") if self.campaigns else "there is no campaign file"
            raise NotFoundError(f"no campaign {printable(slug)} ({mend})")
        return self.campaigns[slug]

    @cached_property
    def bulletins(self) -> dict[str, Bulletin]:
        """Every bulletin by name; ConfigError if one cannot be used."""
        from workers.bulletinfile import load_bulletins

        folder = self.settings.beside_campaigns(self.settings.mailings.bulletins)
        return load_bulletins(folder, self.campaigns, self.root)

    @cached_property
    def calls(self) -> dict[str, Call]:
        """Every call by name; ConfigError if one cannot be used."""
        from workers.bulletinfile import load_calls

        return load_calls(self.settings.beside_campaigns(self.settings.mailings.calls), self.campaigns, self.root)

    @cached_property
    def openings(self) -> Campaigns:
        """Every campaign as operators have decided since; UnavailableError without the ledger."""
        from workers.openings import Campaigns

        found = Campaigns(self.campaigns, self.store)
        found.look()
        return found

    @cached_property
    def ids(self) -> Ids:
        """What derives ids, with this set-up's secret."""
        from workers.campaign.ids import Ids

        return Ids(self.settings.secrets.require("MOBILISE_SECRET"))

    @cached_property
    def store(self) -> Store:
        """The ledger alone; it connects at the first call."""
        from workers.store import Store

        return Store.connect(self.settings.redis.url, self.ids)

    @cached_property
    def app(self) -> App:
        """Everything a process needs: store, broker, mailer, campaigns."""
        from workers.app import boot

        return boot(self.settings, self.root)

    def close(self) -> None:
        """Gives back what was asked for."""
        for made in ("app", "store"):
            if made in vars(self):
                vars(self)[made].close()


pass_context = click.make_pass_decorator(Context, ensure=True)
