"""One reading of settings: the file, then what the environment overrides, and everything that is wrong in either."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, get_args

from workers.errors import ConfigError
from workers.settings.secrets import Secrets
from workers.settings.sections import KINDS, Sections, without_password
from workers.shapes import Fitting, nearest, printable
from workers.tomlfile import Keys, TomlFile, read

FILE = Path("config/settings.toml")

#: Only production mails real people; staging is as strict about secrets.
Environment = Literal["development", "staging", "production"]

#: Variables that the rest of the world knows by another name; they win.
RENAMED: dict[str, Keys] = {
    "REDIS_URL": ("redis", "url"),
    "BROKER_URL": ("queue", "url"),
    "SENDGRID_BASE_URL": ("mail", "base_url"),
}
_OTHERS = frozenset({"MOBILISE_HOME", "MOBILISE_ENVIRONMENT"})


class Reading:
    """What was found under ``root`` and in ``environ``; what is wrong is in ``problems`` and a default in its place."""

    def __init__(self, root: Path, environ: Mapping[str, str]) -> None:
        self._root, self._environ = root, environ
        self.problems: list[ConfigError] = []
        self._variables: dict[Keys, str] = {}
        self._file = self._read_file()
        self._fitting = Fitting(self.where, self.problems)

    def where(self, keys: Keys) -> str:
        """The variable that set ``keys``, else its line in the file."""
        return self._variables.get(keys) or self._file.where(keys)

    def sections(self) -> Sections:
        """The file with the environment's overrides."""
        table: Any = {key: dict(part) if isinstance(part, dict) else part for key, part in self._file.values.items()}
        self._refuse_password(table)
        for variable, keys, text in self._overrides():
            self._override(table, variable, keys, text)
        return self._fitting.fit(Sections, table) or Sections()

    def environment(self) -> Environment:
        """MOBILISE_ENVIRONMENT; production, which is stricter, if it is a word nobody knows."""
        match self._environ.get("MOBILISE_ENVIRONMENT"):
            case "production" | "staging" as known:
                return known
            case "development" | "" | None:
                return "development"
            case word:
                mend = nearest(word, get_args(Environment))
                self.problems.append(ConfigError("is no environment", where="MOBILISE_ENVIRONMENT", mend=mend))
                return "production"

    def secrets(self, environment: Environment) -> Secrets:
        """The secrets; weak ones are a problem in all environments but development."""
        return Secrets.read(self._environ, strict=environment != "development", problems=self.problems)

    def _read_file(self) -> TomlFile:
        try:
            return read(self._root / FILE, self._root)
        except ConfigError as error:
            mend = error.mend or "mend it; or does MOBILISE_HOME name the folder that holds config/?"
            self.problems.append(ConfigError(error.what, where=error.where, mend=mend))
            return TomlFile(str(FILE), {}, {})

    def _refuse_password(self, table: Any) -> None:
        for section, variable in (("redis", "REDIS_URL"), ("queue", "BROKER_URL")):
            url = table[section].get("url") if isinstance(table.get(section), dict) else None
            if isinstance(url, str) and without_password(url) != url:
                mend = f"give the whole address as {variable} or {variable}_FILE"
                self._fitting.problem((section, "url"), "holds a password", mend)

    def _overrides(self) -> Iterator[tuple[str, Keys, str]]:
        for variable, text in sorted(self._environ.items()):
            if self._is_setting(variable) and (keys := self._known(variable)):
                yield variable, keys, text
        for variable, keys in RENAMED.items():
            if text := Secrets.value(variable, self._environ, self.problems):
                yield variable, keys, text

    def _is_setting(self, variable: str) -> bool:
        return variable.startswith("MOBILISE_") and variable not in _OTHERS and not Secrets.knows(variable)

    def _known(self, variable: str) -> Keys | None:
        section, _, key = variable.removeprefix("MOBILISE_").lower().partition("__")
        if (section, key) in KINDS:
            return section, key
        known = {f"mobilise_{part}__{word}".upper() for part, word in KINDS} | Secrets.NAMES.keys() | _OTHERS
        mend = nearest(variable, known, otherwise="unset it")
        self.problems.append(ConfigError("is no setting", where=printable(variable), mend=mend))
        return None

    def _override(self, table: Any, variable: str, keys: Keys, text: str) -> None:
        earlier = self._variables.get(keys)
        self._variables[keys] = variable
        value = self._fitting.value(KINDS[keys], text, keys, strict=False)
        if value is None:
            self._variables.pop(keys)
            self._variables |= {keys: earlier} if earlier else {}
            return
        section, key = keys
        if isinstance(table.setdefault(section, {}), dict):
            table[section][key] = value
