"""Tests of settings: the file, the environment, and how what is wrong is told."""

from __future__ import annotations

import json
import pickle
import tomllib
from pathlib import Path

import msgspec
import pytest

from workers.errors import ConfigError
from workers.settings import Settings
from workers.settings.reading import RENAMED
from workers.settings.sections import KINDS, Sections

ROOT = Path(__file__).resolve().parents[2]
FILE = ROOT / "config" / "settings.toml"
STRONG = {
    "MOBILISE_ENVIRONMENT": "production",
    "MOBILISE_SECRET": "Zx81" * 8,
    "MOBILISE_WEB__PUBLIC_URL": "https://campaign.example",
}


def problems(environ: dict[str, str], root: Path = ROOT) -> list[str]:
    return [str(problem) for problem in Settings.problems(root, environ)]


@pytest.fixture
def write(tmp_path):
    """Writes a settings file and returns its root."""

    def write(text: str) -> Path:
        (tmp_path / "config").mkdir(exist_ok=True)
        (tmp_path / "config" / "settings.toml").write_text(text)
        home: Path = tmp_path
        return home

    return write


def test_the_file_holds_every_setting_with_its_default():
    """It is the manual: what is not in it would never be found, and a default must not differ from what it says."""
    assert tomllib.loads(FILE.read_text()) == msgspec.to_builtins(Sections())


def test_every_setting_has_a_comment():
    """One comment each, on its line."""
    settings = [line for line in FILE.read_text().splitlines() if " = " in line and not line.startswith("#")]
    assert [line for line in settings if " # " not in line] == []
    assert len(settings) == len(KINDS)


def test_the_environment_wins_over_the_file(write):
    """The same checkout runs on many machines."""
    root = write("[web]\nport = 8001\nhost = '127.0.0.2'\n")
    settings = Settings.load(root, {"MOBILISE_WEB__PORT": "9000", "MOBILISE_OUTBOX__HTTPS": "true"})
    assert (settings.web.port, settings.web.host, settings.outbox.https) == (9000, "127.0.0.2", True)


@pytest.mark.parametrize(("variable", "keys"), RENAMED.items())
def test_well_known_variables_win_over_all(variable, keys):
    """Hosting services set REDIS_URL by themselves."""
    url = {"redis": "redis://127.0.0.1:7000/2", "queue": "amqp://127.0.0.1/v", "mail": "http://127.0.0.1:8025"}[keys[0]]
    ours = f"MOBILISE_{keys[0]}__{keys[1]}".upper()
    settings = Settings.load(ROOT, {variable: url, ours: url + "9"})
    assert getattr(getattr(settings, keys[0]), keys[1]) == url


def test_settings_are_frozen():
    """What was read at the start is what runs."""
    settings = Settings.load(ROOT, {})
    with pytest.raises(AttributeError):
        settings.web.port = 1  # type: ignore[misc]  # refused by mypy as well


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[web]\nhost = 'a'\nprot = 1\n", "3: web.prot is not known (did you mean port?)"),
        ("[wbe]\nport = 1\n", "1: wbe is not known (did you mean web?)"),
        (
            "[web]\nport = '80'\n",
            "2: web.port expected a whole number from 1 to 65535, got other text",
        ),
        ("[web]\nport = 70000\n", "2: web.port expected a whole number from 1 to 65535, got 70000"),
        ("[web]\nport = true\n", "2: web.port expected a whole number from 1 to 65535, got true or false"),
        ("web = 3\n", "1: web expected a table, got a whole number (write [web] above its keys)"),
        ("[outbox]\nbounce = nan\n", "2: outbox.bounce expected a number from 0 to 1, got nan"),
        ("[mail]\nread_timeout_s = inf\n", "2: mail.read_timeout_s expected a number from 0.1 to 600, got inf"),
        ("[log]\nlevel = 'warn'\n", '2: log.level expected "debug" or "error" or "info" or "warning", got other text'),
        ("[campaigns]\nfolder = ''\n", "2: campaigns.folder expected text in quotes, not empty"),
        ("[redis]\nurl = 'http://x'\n", "2: redis.url expected an address such as redis://"),
        ("[redis]\nurl = 'redis://x:secret1@h/0'\n", "2: redis.url holds a password (give the whole"),
        ("[redis]\nurl = 'redis://h/15'\n", "2: redis.url names no database from 0 to 14"),
        ("[redis]\nurl = 'redis://h/x'\n", "2: redis.url names no database"),
        ("[redis]\nurl = 'redis://[::1/0'\n", "2: redis.url is not an address"),
        ("[mail]\nca_file = 'nowhere.pem'\n", "2: mail.ca_file is not a file"),
        ("[mail]\nbase_url = 'http://mail.example'\n", "2: mail.base_url is http: anyone"),
        ("[mail]\nbase_url = 'https://a:b@mail.example'\n", "2: mail.base_url holds a login"),
        ("[web]\npublic_url = 'javascript:alert(1)'\n", "2: web.public_url expected an http:// or https://"),
        ("[web]\npublic_url = 'https://x:port'\n", "2: web.public_url is not an address"),
        ("[clock]\nclaim_s = 20\n", "2: clock.claim_s ends while the provider may still answer"),
        ("[web\n", "1: is not TOML"),
    ],
)
def test_what_is_wrong_in_the_file_is_told_with_its_line_and_how_to_mend_it(write, text, said):
    """A person who mistyped should not have to search."""
    found = problems({}, write(text))
    assert len(found) == 1
    assert found[0].startswith(f"config/settings.toml:{said}")


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({"MOBILISE_WEB__PROT": "1"}, "MOBILISE_WEB__PROT: is no setting (did you mean MOBILISE_WEB__PORT?)"),
        ({"MOBILISE_SECRT": "1"}, "MOBILISE_SECRT: is no setting (did you mean MOBILISE_SECRET?)"),
        ({"MOBILISE_\x1b[2J": "1"}, "MOBILISE_?[2J: is no setting"),
        ({"MOBILISE_WEB__PORT": "x"}, "MOBILISE_WEB__PORT: web.port expected a whole number from 1 to 65535"),
        ({"MOBILISE_WEB__PORT": ""}, "MOBILISE_WEB__PORT: web.port expected a whole number"),
        ({"MOBILISE_OUTBOX__HTTPS": "maybe"}, "MOBILISE_OUTBOX__HTTPS: outbox.https expected true or false"),
        ({"MOBILISE_OUTBOX__BOUNCE": "nan"}, "MOBILISE_OUTBOX__BOUNCE: outbox.bounce expected a number from 0 to 1"),
        ({"REDIS_URL": "redis://h:1/99"}, "REDIS_URL: redis.url names no database from 0 to 14"),
        ({"SENDGRID_BASE_URL": "ftp://h"}, "SENDGRID_BASE_URL: mail.base_url expected an http:// or https:// address"),
        ({"MOBILISE_CLOCK__CLAIM_S": "9"}, "MOBILISE_CLOCK__CLAIM_S: clock.claim_s ends while the provider may"),
        ({"MOBILISE_API_KEYS": "shop"}, "MOBILISE_API_KEYS: holds an entry that is not name:key"),
        ({"MOBILISE_API_KEYS": "a:k,a:l"}, "MOBILISE_API_KEYS: holds a name or a key twice"),
        ({"SENDGRID_API_KEY": "SG.a\r\nX-Evil: 1"}, "SENDGRID_API_KEY: holds a line break"),
        ({"SENDGRID_API_KEY": "SG.ключ"}, "SENDGRID_API_KEY: holds a line break, a control character or something"),
    ],
)
def test_what_is_wrong_in_the_environment_is_told_with_its_variable(environ, said):
    """There is no line to point at, but there is a name."""
    found = problems(environ)
    assert len(found) == 1
    assert found[0].startswith(said)


def test_an_unknown_environment_is_taken_for_production():
    """A slip of the finger must not switch the strict rules off."""
    settings, found = Settings.read(ROOT, {"MOBILISE_ENVIRONMENT": "prod"})
    assert settings.is_production
    assert str(found[0]) == "MOBILISE_ENVIRONMENT: is no environment (did you mean production?)"


def test_load_raises_the_first_problem_and_counts_the_others():
    """One line at a start that fails; the whole list is for ``mobilise check``."""
    with pytest.raises(ConfigError, match=r"^MOBILISE_A: .*; 1 more: see mobilise check\)$"):
        Settings.load(ROOT, {"MOBILISE_A": "1", "MOBILISE_WEB__PORT": "x"})


def test_all_problems_are_collected_and_the_rest_is_still_read(write):
    """``check`` goes on with what is right."""
    root = write("[web]\nport = 'x'\nmax_body = 2048\n[log]\nlevel = 3\n")
    settings, found = Settings.read(root, {"MOBILISE_B": ""})
    assert len(found) == 3
    assert (settings.web.port, settings.web.max_body, settings.log.level) == (8000, 2048, "info")


def test_a_home_without_settings_is_told(tmp_path):
    """A mistyped MOBILISE_HOME must not quietly run on defaults."""
    found = Settings.problems(environ={"MOBILISE_HOME": str(tmp_path)})
    assert "MOBILISE_HOME" in found[0].mend


def test_nothing_shows_a_secret():
    """Settings end up in tracebacks, logs and bug reports."""
    environ = STRONG | {
        "SENDGRID_API_KEY": "SG.canary-one",
        "MOBILISE_API_KEYS": "shop:canary-two-which-is-long-enough",
        "REDIS_URL": "redis://me:canary-three@127.0.0.1/0",
    }
    settings = Settings.load(ROOT, environ)
    assert "canary" not in f"{settings!r} {settings} {settings.secrets.__dict__!r:.0}"
    with pytest.raises(TypeError, match="not pickled"):
        pickle.dumps(settings.secrets)
    with pytest.raises(TypeError):
        msgspec.json.encode(settings)
    with pytest.raises(TypeError):
        json.dumps(settings.secrets)


def test_a_wrong_value_is_not_repeated():
    """Somebody may have put a secret into the wrong variable."""
    assert "canary" not in " ".join(problems({"MOBILISE_WEB__PORT": "canary", "REDIS_URL": "canary"}))


def test_a_secret_can_come_from_a_file(tmp_path):
    """Orchestrators mount secrets as files, mostly with a line end."""
    (tmp_path / "key").write_text("SG.from-a-file\n")
    settings = Settings.load(ROOT, {"SENDGRID_API_KEY_FILE": str(tmp_path / "key")})
    assert settings.secrets.require("SENDGRID_API_KEY") == "SG.from-a-file"


def test_a_ledger_with_a_password_can_come_from_a_file(tmp_path):
    """REDIS_URL holds a secret where the server asks for one."""
    (tmp_path / "url").write_text("redis://me:hidden@127.0.0.1:7777/0\n")
    assert Settings.load(ROOT, {"REDIS_URL_FILE": str(tmp_path / "url")}).redis.url.endswith("7777/0")


def test_a_secret_file_that_cannot_be_used_is_told(tmp_path):
    """Missing, a folder, not text, far too long, or the variable as well."""
    (tmp_path / "bytes").write_bytes(b"\xff\xfe")
    (tmp_path / "long").write_text("x" * 20_000)
    for name, said in {
        "none": "cannot be read",
        ".": "cannot be read",
        "bytes": "not text",
        "long": "too long",
    }.items():
        assert said in problems({"SENDGRID_API_KEY_FILE": str(tmp_path / name)})[0]
    assert "cannot be read" in problems({"SENDGRID_API_KEY_FILE": "a\x00b"})[0]
    assert "is set twice" in problems({"SENDGRID_API_KEY": "a", "SENDGRID_API_KEY_FILE": str(tmp_path / "long")})[0]


def test_a_secret_that_is_needed_and_missing_is_named():
    """With both ways to give it."""
    with pytest.raises(ConfigError, match=r"SENDGRID_API_KEY: is not set .*SENDGRID_API_KEY_FILE"):
        Settings.load(ROOT, {}).secrets.require("SENDGRID_API_KEY")


def test_development_goes_without_secrets():
    """The first command a newcomer runs should work."""
    assert Settings.load(ROOT, {}).secrets.is_development()


def test_production_is_content_with_real_secrets():
    """The rules can be met."""
    assert problems(STRONG) == []


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({"MOBILISE_SECRET": ""}, "MOBILISE_SECRET: is not set, and this is not development"),
        ({"MOBILISE_SECRET": "short"}, "MOBILISE_SECRET: is shorter than 32 characters"),
        ({"MOBILISE_SECRET": "change-me-change-me-change-me-change-me"}, "MOBILISE_SECRET: is one for trying out"),
        (
            {"MOBILISE_API_KEYS": "shop:short"},
            "MOBILISE_API_KEYS: holds a key shorter than 24 characters (caller shop)",
        ),
        ({"SENDGRID_API_KEY": "demo-key"}, "SENDGRID_API_KEY: is one for trying out"),
        ({"MOBILISE_WEB__PUBLIC_URL": "http://campaign.example"}, "MOBILISE_WEB__PUBLIC_URL: web.public_url is http"),
    ],
)
def test_production_refuses_what_is_only_for_trying_out(environ, said):
    """Ids and tokens would be anybody's to make."""
    found = problems(STRONG | environ)
    assert len(found) == 1
    assert found[0].startswith(said)


def test_production_refuses_the_secret_of_development():
    """It stands in this repository."""
    from workers.settings.secrets import DEVELOPMENT_SECRET

    assert "MOBILISE_SECRET" in problems(STRONG | {"MOBILISE_SECRET": DEVELOPMENT_SECRET})[0]


def test_callers_and_keys_are_read():
    """Spaces around entries are a matter of taste."""
    secrets = Settings.load(
        ROOT, {"MOBILISE_API_KEYS": " shop:k:1 , crm:k2,", "SENDGRID_WEBHOOK_PUBLIC_KEY": "a, b"}
    ).secrets
    assert secrets.api_keys() == {"shop": "k:1", "crm": "k2"}
    assert secrets.webhook_public_keys() == ["a", "b"]


def test_hostile_values_are_problems_and_never_tracebacks(shared):
    """Every naughty string in every setting: refused in words, or taken as the text it is."""
    naughty = json.loads((shared / "hostile" / "blns.json").read_text())
    for text in (word for word in naughty if "\x00" not in word):
        everywhere = {f"MOBILISE_{section}__{key}".upper(): text for section, key in KINDS}
        Settings.problems(ROOT, {**everywhere, "MOBILISE_API_KEYS": text, "MOBILISE_ENVIRONMENT": text})


def test_the_example_environment_names_only_what_exists():
    """It is copied and filled in: a name that is unknown would refuse to start."""
    lines = (ROOT / ".env.example").read_text().splitlines()
    pairs = [
        line.removeprefix("# ").partition("=") for line in lines if "=" in line and " " not in line.removeprefix("# ")
    ]
    environ = {name: value for name, _, value in pairs if name.isupper() or "__" in name}
    assert {"MOBILISE_SECRET", "REDIS_URL", "SENDGRID_API_KEY", "SENDGRID_BASE_URL"} <= environ.keys()
    assert problems(environ | STRONG) == []
