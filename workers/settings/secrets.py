"""Secrets: from the environment or a file it names, never from config, never shown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from workers.errors import ConfigError

#: What signs ids and tokens in development; production refuses it.
DEVELOPMENT_SECRET = "development-only-not-a-secret"  # noqa: S105 -- meant to be public

#: Characters: less than this can be guessed.
_LEAST = 32
_LEAST_API_KEY = 24
_LEAST_PASSWORD = 16
_MOST = 10_000

#: Secrets that hold many keys, each with the name of who has it.
_KEY_RINGS = ("MOBILISE_API_KEYS", "MOBILISE_CONSOLE_TOKENS")
#: How secrets that were only meant for trying out begin.
_TRIAL = ("change", "demo", "dev", "example", "secret", "test")


class Secrets:
    """What ``NAMES`` were set to; its repr tells which are set, not what they are."""

    NAMES: dict[str, str] = {  # noqa: RUF012 -- read only
        "MOBILISE_SECRET": "signs ids and tokens",
        "MOBILISE_API_KEYS": "trusted callers, as name:key,name:key",
        "MOBILISE_CONSOLE_PASSWORD": "opens the console",
        "MOBILISE_CONSOLE_TOKENS": "opens the console to scripts, as name:token,name:token",
        "SENDGRID_API_KEY": "sends mail",
        "SENDGRID_WEBHOOK_PUBLIC_KEY": "verifies event callbacks (several: comma list)",
        "SIGNATURE_WEBHOOK_SECRET": "verifies signature callbacks",
    }
    _MAKE = "make one: python -c 'import secrets; print(secrets.token_urlsafe(32))'"

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = {name: text for name, text in values.items() if text}

    @classmethod
    def read(cls, environ: Mapping[str, str], *, strict: bool, problems: list[ConfigError]) -> Secrets:
        """The secrets of ``environ``; what is wrong with them is added to ``problems``."""
        values = {name: cls.value(name, environ, problems) for name in cls.NAMES}
        if not strict and not values["MOBILISE_SECRET"]:
            values["MOBILISE_SECRET"] = DEVELOPMENT_SECRET
        secrets = cls(values)
        problems.extend(secrets._unusable())
        if strict:
            problems.extend(secrets._too_weak())
        return secrets

    @classmethod
    def knows(cls, variable: str) -> bool:
        """Whether ``variable`` is a secret or names the file of one."""
        return variable.removesuffix("_FILE") in cls.NAMES

    @staticmethod
    def value(name: str, environ: Mapping[str, str], problems: list[ConfigError]) -> str:
        """``name`` from the environment or from the file that ``name``_FILE names; "" if neither is set."""
        text, file = environ.get(name, ""), environ.get(f"{name}_FILE", "")
        if text and file:
            problems.append(ConfigError("is set twice", where=name, mend=f"unset it or {name}_FILE"))
        if file and not text:
            text = _from_file(Path(file), f"{name}_FILE", problems)
        text = text.strip()
        if not (text.isascii() and text.isprintable()):
            what = "holds a line break, a control character or something beyond ASCII"
            problems.append(ConfigError(what, where=name, mend="write it on one line, as it was given"))
            return ""
        return text

    def get(self, name: str) -> str:
        """The secret, or "" if it is not set."""
        return self._values.get(name, "")

    def require(self, name: str) -> str:
        """The secret; ConfigError that names the variable if it is not set."""
        if name not in self._values:
            what = f"is not set ({self.NAMES[name]})"
            raise ConfigError(what, where=name, mend=f"set {name}, or {name}_FILE to the file that holds it")
        return self._values[name]

    def is_development(self) -> bool:
        """Whether ids and tokens are signed with the secret that everybody knows."""
        return self.get("MOBILISE_SECRET") == DEVELOPMENT_SECRET

    def api_keys(self) -> dict[str, str]:
        """Trusted callers: name → bearer key."""
        return {name: key for name, key in _pairs(self.get("MOBILISE_API_KEYS")) if name and key}

    def console_tokens(self) -> dict[str, str]:
        """Scripts that may use the console: name → bearer token."""
        return {name: key for name, key in _pairs(self.get("MOBILISE_CONSOLE_TOKENS")) if name and key}

    def webhook_public_keys(self) -> list[str]:
        """SENDGRID_WEBHOOK_PUBLIC_KEY: one, or two while it is being changed."""
        return [key.strip() for key in self.get("SENDGRID_WEBHOOK_PUBLIC_KEY").split(",") if key.strip()]

    def __repr__(self) -> str:
        return f"Secrets(set: {', '.join(sorted(self._values)) or 'none'})"

    def __reduce__(self) -> str:
        raise TypeError("secrets are not pickled")

    def _unusable(self) -> Iterator[ConfigError]:
        for where in _KEY_RINGS:
            pairs = _pairs(self.get(where))
            if not all(name and key for name, key in pairs):
                yield ConfigError("holds an entry that is not name:key", where=where, mend="write shop:KEY,crm:KEY")
            if len({name for name, _ in pairs}) < len(pairs) or len({key for _, key in pairs}) < len(pairs):
                yield ConfigError("holds a name or a key twice", where=where, mend="give each caller a key of its own")

    def _too_weak(self) -> Iterator[ConfigError]:
        secret = self.get("MOBILISE_SECRET")
        if not secret:
            yield ConfigError("is not set, and this is not development", where="MOBILISE_SECRET", mend=self._MAKE)
        elif len(secret) < _LEAST:
            yield ConfigError(f"is shorter than {_LEAST} characters", where="MOBILISE_SECRET", mend=self._MAKE)
        for where in _KEY_RINGS:
            for name, key in _pairs(self.get(where)):
                if len(key) < _LEAST_API_KEY:
                    what = f"holds a key shorter than {_LEAST_API_KEY} characters (caller {name[:40]})"
                    yield ConfigError(what, where=where, mend=self._MAKE)
        if 0 < len(self.get("MOBILISE_CONSOLE_PASSWORD")) < _LEAST_PASSWORD:
            what = f"is shorter than {_LEAST_PASSWORD} characters: it can be guessed"
            yield ConfigError(what, where="MOBILISE_CONSOLE_PASSWORD", mend=self._MAKE)
        for name in (name for name, text in self._values.items() if text.casefold().startswith(_TRIAL)):
            yield ConfigError("is one for trying out, and this is not development", where=name, mend=self._MAKE)


def _pairs(text: str) -> list[tuple[str, str]]:
    entries = (entry.strip().partition(":") for entry in text.split(",") if entry.strip())
    return [(name.strip(), key.strip()) for name, _, key in entries]


def _from_file(path: Path, where: str, problems: list[ConfigError]) -> str:
    mend = "it should hold the secret alone"
    try:
        text = path.read_bytes()[: _MOST + 1].decode()
        if len(text) <= _MOST:
            return text
        what = "names a file that is too long"
    except UnicodeDecodeError:
        what = "names a file that is not text"
    except (OSError, ValueError) as error:
        what, mend = "names a file that cannot be read", getattr(error, "strerror", None) or "check the path"
    problems.append(ConfigError(what, where=where, mend=mend))
    return ""
