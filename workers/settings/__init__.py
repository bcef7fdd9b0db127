"""Every setting: config/settings.toml first, then the environment; frozen once read, and passed to whoever needs it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from os.path import normpath
from pathlib import Path
from urllib.parse import urlsplit

from workers.errors import ConfigError
from workers.settings.reading import Environment, Reading
from workers.settings.rules import contradictions, is_own
from workers.settings.secrets import Secrets
from workers.settings.sections import Sections, without_password

__all__ = ["Secrets", "Settings", "home", "without_password"]


class Settings(Sections, frozen=True, kw_only=True):
    """All of it: the sections, the secrets, and the folder that relative paths start from."""

    secrets: Secrets
    environment: Environment = "development"
    root: Path = Path()

    @classmethod
    def load(cls, root: Path | None = None, environ: Mapping[str, str] | None = None) -> Settings:
        """What the file and ``environ`` say; ConfigError for the first thing wrong, with a count of the others."""
        settings, problems = cls.read(root, environ)
        if not problems:
            return settings
        first, more = problems[0], len(problems) - 1
        rest = f"; {more} more: see mobilise check" if more else ""
        raise ConfigError(first.what, where=first.where, mend=(first.mend + rest).removeprefix("; "))

    @classmethod
    def problems(cls, root: Path | None = None, environ: Mapping[str, str] | None = None) -> list[ConfigError]:
        """Everything that is wrong in the file and ``environ``, not only the first."""
        return cls.read(root, environ)[1]

    @classmethod
    def read(
        cls, root: Path | None = None, environ: Mapping[str, str] | None = None
    ) -> tuple[Settings, list[ConfigError]]:
        """Settings with a default in place of each wrong one, and what is wrong: for ``check``, which goes on."""
        environ = os.environ if environ is None else environ
        root = (root or home(environ)).absolute()
        reading = Reading(root, environ)
        sections, environment = reading.sections(), reading.environment()
        secrets = reading.secrets(environment)
        strict = environment != "development"
        reading.problems.extend(contradictions(sections, root, reading.where, strict=strict))
        parts = {name: getattr(sections, name) for name in Sections.__struct_fields__}
        return cls(**parts, secrets=secrets, environment=environment, root=root), reading.problems

    @property
    def is_production(self) -> bool:
        return self.environment == "production"

    @property
    def reaches_people(self) -> bool:
        """Whether the provider hands mail on to the world; the outbox, on this machine or a neighbour, does not."""
        return not is_own(urlsplit(self.mail.base_url).hostname or "")

    @property
    def guards_people(self) -> bool:
        """Whether real addresses are mailed only if ``mail.allowed`` lists them."""
        return not self.is_production and self.reaches_people

    def path(self, setting: str) -> Path:
        """A folder or file that a setting names, absolute."""
        return self.root / setting

    def beside_campaigns(self, setting: str) -> Path:
        """The same for a setting that is seen from the folder of the campaigns."""
        return Path(normpath(self.path(self.campaigns.folder) / setting))


def home(environ: Mapping[str, str]) -> Path:
    """The folder that holds ``config`` and ``templates``: MOBILISE_HOME, else the checkout that this file is in."""
    return Path(environ.get("MOBILISE_HOME") or Path(__file__).parents[2])
