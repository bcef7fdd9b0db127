"""What ``mobilise check`` looks at: a list of small functions, each of which yields what it found."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from msgspec import Struct

from workers.campaign.model import Campaign
from workers.errors import ConfigError, MobiliseError
from workers.settings import Settings, without_password
from workers.settings.reading import FILE
from workers.settings.rules import is_loopback
from workers.tomlfile import Keys, TomlFile, read

Level = Literal["ok", "warning", "error"]

#: How a problem in a campaign's text names its place: see workers/mail/drafts.py.
_PLACE = re.compile(r"campaign [a-z0-9-]+(?:, variant (?P<variant>[a-z0-9-]+))?, (?P<key>\w+)(?:, line (?P<line>\d+))?")


class Finding(Struct, frozen=True):
    """One thing that was looked at."""

    level: Level
    where: str
    what: str
    mend: str = ""


class SetUp(Struct, frozen=True):
    """What all checks share: the settings as far as they can be read, and what is wrong with them."""

    settings: Settings
    problems: list[ConfigError]
    nameserver: str = ""  # asked in place of the system's
    test_event: bool = False  # whether the provider is to post one

    @classmethod
    def read(cls, root: Path, environ: Mapping[str, str], nameserver: str = "", *, test_event: bool = False) -> SetUp:
        return cls(*Settings.read(root, environ), nameserver, test_event)

    def campaigns(self) -> dict[str, Campaign]:
        """Those that can be read."""
        from workers.campaigns import read_campaigns

        return read_campaigns(self.settings.path(self.settings.campaigns.folder), self.settings.root)[0]

    def sender_domains(self) -> dict[str, list[str]]:
        """Domains that mail comes from → the addresses there; none that nobody can have."""
        from workers.mail.guard import is_reserved

        found: dict[str, list[str]] = {}
        for address in dict.fromkeys(one.sender.address.lower() for one in self.campaigns().values()):
            domain = address.rpartition("@")[2]
            if not is_reserved(domain):
                found.setdefault(domain, []).append(address)
        return found

    def weak(self, where: str, what: str, mend: str) -> Finding:
        """Fine for trying out, wrong in production."""
        return Finding("error" if self.settings.is_production else "warning", where, what, mend)


#: Looks at one matter.
Check = Callable[[SetUp], Iterable[Finding]]


def settings(set_up: SetUp) -> Iterator[Finding]:
    """The file, the environment, and what does not go together."""
    yield from errors(set_up.problems)
    if not set_up.problems:
        yield Finding("ok", str(FILE), "every setting is right")
    yield from _environment(set_up.settings)
    mail, worker, web = set_up.settings.mail, set_up.settings.worker, set_up.settings.web
    if mail.pool < worker.threads:
        yield Finding("warning", "mail.pool", "is less than worker.threads: some threads wait", "make it as large")
    if not is_loopback(web.host) and web.public_url.startswith("http:"):
        yield Finding("warning", "web.host", "is open to the network without TLS", "put a proxy with TLS in front")
    if web.public_url.startswith("https:") and not web.client_ip_header:
        what = 'is "": behind a proxy, limits take all visitors for one, or see none of them'
        yield Finding("warning", "web.client_ip_header", what, "name the proxy's header, and web.trusted_proxies")
    if not worker.journal:
        what = 'is "": nobody notices a Redis that went back in time, and letters may leave twice'
        yield Finding("warning", "worker.journal", what, "name a folder outside Redis")
    if not set_up.settings.redis.require_durable:
        mend = "set it to true"
        yield set_up.weak("redis.require_durable", "is false: a Redis that loses letters is accepted", mend)


def secrets(set_up: SetUp) -> Iterator[Finding]:
    """Which are set; what each that is not set would be for."""
    found = set_up.settings.secrets
    if found.is_development():
        mend = "set MOBILISE_SECRET (or MOBILISE_SECRET_FILE) before real people use this"
        yield Finding("warning", "MOBILISE_SECRET", "is not set: ids are signed with one that everybody knows", mend)
    for name, lack in _LACKS.items():
        if found.get(name):
            yield Finding("ok", name, "is set")
        else:
            yield set_up.weak(name, f"is not set: {lack}", f"set {name} or {name}_FILE")
    if not found.get("MOBILISE_CONSOLE_PASSWORD") and not found.get("MOBILISE_CONSOLE_TOKENS"):
        yield Finding("ok", "MOBILISE_CONSOLE_PASSWORD", "is not set: /console is switched off")
    yield from _provider_key(found.get("SENDGRID_API_KEY"), set_up.settings.mail.base_url)
    yield from _public_keys(found.webhook_public_keys())


def campaigns(set_up: SetUp) -> Iterator[Finding]:
    """Every campaign file, and every text in it."""
    from workers.campaigns import read_campaigns

    folder = set_up.settings.path(set_up.settings.campaigns.folder)
    found, problems = read_campaigns(folder, set_up.settings.root)
    yield from errors(problems)
    if not found and not problems:
        yield Finding(
            "warning", set_up.settings.campaigns.folder, "holds no campaign", "copy the example and change it"
        )
    for slug, campaign in found.items():
        yield from _campaign(set_up, campaign, read(folder / f"{slug}.toml", set_up.settings.root))


def templates(set_up: SetUp) -> Iterator[Finding]:
    """Every message folder: it compiles and renders its own sample."""
    from workers.mail.templates import Templates

    folder = set_up.settings.templates.folder
    shelf = Templates(set_up.settings.path(folder))
    problems = shelf.problems()
    yield from errors(
        ConfigError(problem.what, where=_below(folder, problem), mend=problem.mend) for problem in problems
    )
    if not problems:
        yield Finding("ok", folder, f"{count(len(shelf.names()), 'message')}; each renders its sample")


def redis(set_up: SetUp) -> Iterator[Finding]:
    """The ledger's server: reachable, and what it promises about keeping what is written."""
    from workers.campaign.ids import Ids
    from workers.store import Store

    url = set_up.settings.redis.url
    store = Store.connect(url, Ids(set_up.settings.secrets.get("MOBILISE_SECRET")))
    try:
        for promise in [*store.safety(), store.clock()]:
            yield Finding(_level(promise.level), "Redis", promise.what, promise.mend)
    except MobiliseError as error:
        mend = "start it (mobilise up brings its own), or set REDIS_URL"
        yield Finding("error", f"redis.url {without_password(url)}", str(error), mend)
    finally:
        store.close()


LOCAL: list[Check] = [settings, secrets, campaigns, templates, redis]

#: Domains that belong to nobody.
EXAMPLES = (".example", "@example.com", "@example.org", "@example.net")

#: What does not work without a secret.
_LACKS = {
    "SENDGRID_API_KEY": "the provider takes no mail",
    "SENDGRID_WEBHOOK_PUBLIC_KEY": "reports about mail are refused",
    "MOBILISE_API_KEYS": "nobody may post actions",
}


def _environment(settings: Settings) -> Iterator[Finding]:
    """Which one this is, and who gets mail in it."""
    where, name = "MOBILISE_ENVIRONMENT", settings.environment
    if settings.guards_people:
        listed = sum(1 for part in settings.mail.allowed.split(",") if part.strip())
        entries = count(listed, "entry", "entries")
        what = f"{name}: mail to real addresses is withheld, but for {entries} in mail.allowed"
        yield Finding("warning", where, what, "set it to production when real people are to be written to")
    elif settings.reaches_people:
        yield Finding("ok", where, f"{name}: everybody is mailed who is to be")
    else:
        what = f"{name}: mail goes to the outbox at {settings.mail.base_url}, which hands nothing on"
        yield Finding("warning" if settings.is_production else "ok", where, what)


def errors(problems: Iterable[ConfigError]) -> Iterator[Finding]:
    """Each problem as a finding."""
    for problem in problems:
        yield Finding("error", problem.where, problem.what, problem.mend)


def _provider_key(key: str, base_url: str) -> Iterator[Finding]:
    if key and "sendgrid.com" in base_url and not key.startswith("SG."):
        mend = "copy it from SendGrid's page on API keys"
        yield Finding("warning", "SENDGRID_API_KEY", "does not begin with SG. as SendGrid's keys do", mend)


def _public_keys(keys: list[str]) -> Iterator[Finding]:
    import base64
    import binascii

    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
    from cryptography.hazmat.primitives.serialization import load_der_public_key

    for key in keys:
        try:
            is_right = isinstance(load_der_public_key(base64.b64decode(key, validate=True)), EllipticCurvePublicKey)
        except (binascii.Error, ValueError):
            is_right = False
        if not is_right:
            mend = "copy the verification key from SendGrid's page on the event webhook"
            yield Finding("error", "SENDGRID_WEBHOOK_PUBLIC_KEY", "is not an ECDSA public key in base64", mend)


def _campaign(set_up: SetUp, campaign: Campaign, file: TomlFile) -> Iterator[Finding]:
    from workers.mail.drafts import problems

    wrong = [_located(problem, file) for problem in problems(campaign)]
    yield from errors(wrong)
    if not wrong:
        yield Finding("ok", file.shown, f"{count(len(campaign.variants), 'variant')}; {_opening(campaign)}")
    if set_up.settings.is_production and campaign.sender.address.endswith(EXAMPLES):
        yield Finding("error", file.where(("sender", "address")), "is an example", "use the campaign's own domain")
    if campaign.pace is None:
        what = "has no [pace]: letters leave as fast as they can, at any hour"
        yield Finding("warning", file.shown, what, "copy the table from config/campaigns/clean-rivers.toml")
        if campaign.summary:
            yield Finding("warning", file.where(("summary",)), "gathers few letters: without [pace] hardly any waits")
    if datetime.now(UTC) >= campaign.closes:
        yield Finding("warning", file.where(("closes",)), "has passed: no letter leaves", "move it, or remove the file")


def _opening(campaign: Campaign) -> str:
    moment = campaign.closes if campaign.opens <= datetime.now(UTC) else campaign.opens
    return f"{'closes' if moment is campaign.closes else 'opens'} {moment:%Y-%m-%d %H:%M %Z}"


def _located(problem: ConfigError, file: TomlFile) -> ConfigError:
    """``problem`` with file and line in place of the name of the text it is in."""
    place = _PLACE.fullmatch(problem.where)
    if not place:
        return problem
    letter = file.values["letter"]
    numbers = {variant["name"]: number for number, variant in enumerate(letter["variants"])}
    keys: Keys = ("letter", "variants", numbers[place["variant"]]) if place["variant"] else ("letter",)
    keys = (*keys, place["key"])
    line = file.line_in(keys, int(place["line"] or 1))
    return ConfigError(f"{place['key']}: {problem.what}", where=f"{file.shown}:{line}", mend=problem.mend)


def _below(folder: str, problem: ConfigError) -> str:
    return problem.where if problem.where.startswith(("/", folder)) else f"{folder}/{problem.where}"


def _level(word: Any) -> Level:
    return "ok" if word == "ok" else "warning" if word == "warning" else "error"


def count(number: int, noun: str, plural: str = "") -> str:
    """The number and the noun, in its plural but for one."""
    return f"{number} {noun if number == 1 else plural or f'{noun}s'}"
