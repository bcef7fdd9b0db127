"""Tests of ``mobilise check``: what it says about a whole set-up, and its exit status."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import NamedTuple

import pytest

from workers.cli import main

ROOT = Path(__file__).resolve().parents[2]
NOWHERE = "redis://127.0.0.1:1/0"
PUBLIC_KEY = (
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE83T4O/n84iotIvIW4mdBgQ/7dAfSmpqIM8kF9mN1"
    "flpVKS3GRqe62gw+2fNNRaINXvVpiglSI8eNEc6wEA3F+g=="
)
LIVE = {
    "MOBILISE_ENVIRONMENT": "production",
    "MOBILISE_SECRET": "Zx81" * 8,
    "MOBILISE_API_KEYS": "shop:" + "Kq72" * 6,
    "SENDGRID_API_KEY": "SG.Kq72",
    "SENDGRID_WEBHOOK_PUBLIC_KEY": PUBLIC_KEY,
    "MOBILISE_WEB__PUBLIC_URL": "https://campaign.example",
    "MOBILISE_WEB__CLIENT_IP_HEADER": "X-Forwarded-For",
    "MOBILISE_WEB__TRUSTED_PROXIES": "10.0.0.0/8",
}


@pytest.fixture
def home(tmp_path):
    """A set-up of its own: the project's config and templates, to be spoiled."""
    for folder in ("config", "templates"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    campaign = tmp_path / "config/campaigns/clean-rivers.toml"
    campaign.write_text(campaign.read_text().replace("letters@rivers.example", "letters@rivers-campaign.org"))
    return tmp_path


class Said(NamedTuple):
    """How the command ended, and what it wrote."""

    returncode: int
    stdout: str
    stderr: str


@pytest.fixture
def check(home, monkeypatch, capsys):
    """``mobilise check`` in this process, as a shell with nothing but these variables would run it."""

    def check(*options: str, **environ: str) -> Said:
        for name in list(os.environ):
            if name.startswith(("MOBILISE_", "SENDGRID_", "SIGNATURE_", "REDIS_")):
                monkeypatch.delenv(name)
        for name, text in {"MOBILISE_HOME": str(home), **environ}.items():
            monkeypatch.setenv(name, text)
        return Said(main(["check", *options]), *capsys.readouterr())

    return check


@pytest.fixture
def findings(check):
    def findings(level: str, *options: str, **environ: str) -> list[str]:
        """Nobody beyond this machine is asked, unless ``options`` say whom."""
        shown = json.loads(check("--json", *(options or ["--offline"]), **environ).stdout)
        return [f"{one['where']}: {one['what']} → {one['mend']}" for one in shown["findings"] if one["level"] == level]

    return findings


def test_a_set_up_that_can_go_live_is_all_ok(check, valkey):
    """Exit status 0, and not one thing to think about."""
    shown = check("--offline", "--json", REDIS_URL=valkey, **LIVE)
    found = json.loads(shown.stdout)
    assert [one for one in found["findings"] if one["level"] != "ok"] == []
    assert (shown.returncode, found["ok"], shown.stderr) == (0, True, "")


def test_limits_that_take_all_visitors_for_one_are_told(findings, valkey):
    """Behind a proxy that nobody named, the first busy hour would shut the public out."""
    public = {**LIVE, "MOBILISE_WEB__CLIENT_IP_HEADER": "", "MOBILISE_WEB__TRUSTED_PROXIES": ""}
    assert [one.partition(":")[0] for one in findings("warning", REDIS_URL=valkey, **public)] == [
        "web.client_ip_header"
    ]


def test_trying_out_needs_nothing_but_says_what_is_missing(check, valkey):
    """Warnings do not fail: a newcomer has no keys."""
    shown = check("--offline", REDIS_URL=valkey)
    assert shown.returncode == 0
    assert "warning  MOBILISE_SECRET: is not set: ids are signed with one that everybody knows → set" in shown.stdout
    assert "SENDGRID_API_KEY: is not set" in shown.stdout
    assert shown.stdout.rstrip().endswith("0 to mend")


def test_production_does_not_go_without_keys(check, findings, valkey):
    """What is a warning for trying out is an error there."""
    bare = {"REDIS_URL": valkey, "MOBILISE_ENVIRONMENT": "production"}
    assert check("--offline", **bare).returncode == 1
    errors = " ".join(findings("error", **bare))
    for name in ("MOBILISE_SECRET", "MOBILISE_API_KEYS", "SENDGRID_API_KEY", "SENDGRID_WEBHOOK_PUBLIC_KEY"):
        assert f"{name}: is not set" in errors


def test_everything_wrong_is_told_at_once(check, findings, home):
    """Settings, environment, a campaign, a text in it, a template and Redis, each with its place."""
    settings = home / "config/settings.toml"
    settings.write_text(settings.read_text().replace("[web]", "[web]\nprot = 1"))
    (home / "config/campaigns/broken.toml").write_text("title = 3\n")
    _spoil(
        home / "config/campaigns/clean-rivers.toml",
        "I live near the coast",
        "I, {{ supporter.nam }}, live near the coast",
    )
    template = next((home / "templates").glob("*/*/body.txt"))
    template.write_text("{{ nothing.here }}")
    environ = {"REDIS_URL": NOWHERE, "MOBILISE_LOG__LEVEL": "loud"}
    errors = findings("error", **environ)
    line = _line_of(home / "config/campaigns/clean-rivers.toml", "supporter.nam }}")
    assert f"config/settings.toml:{_line_of(settings, 'prot')}: web.prot is not known → did you mean port?" in errors
    assert any(error.startswith("MOBILISE_LOG__LEVEL: log.level expected") for error in errors)
    assert any(error.startswith("config/campaigns/broken.toml:1: title expected text in quotes") for error in errors)
    assert any(error.startswith(f"config/campaigns/clean-rivers.toml:{line}: body: unknown name") for error in errors)
    assert any(error.startswith(f"templates/{template.relative_to(home / 'templates').parent}") for error in errors)
    assert any(error.startswith(f"redis.url {NOWHERE}: ") and "REDIS_URL" in error for error in errors)
    shown = check("--offline", **environ)
    assert (shown.returncode, shown.stderr) == (1, "")


def test_a_text_that_is_no_template_is_told_with_its_line(findings, home):
    """The line in the campaign file, not in the text."""
    path = home / "config/campaigns/clean-rivers.toml"
    _spoil(path, "there are warning signs", "{% if %} there are warning signs")
    (error,) = [error for error in findings("error", REDIS_URL=NOWHERE) if "campaigns" in error]
    assert error.startswith(f"config/campaigns/clean-rivers.toml:{_line_of(path, '{% if %}')}: body: ")


def test_a_server_that_would_lose_letters_is_an_error(findings, tmp_path):
    """No append-only file, and eviction when memory is short."""
    from workers.server import Valkey

    with Valkey(tmp_path / "valkey") as server:
        import redis

        with redis.Redis.from_url(server.url) as client:
            client.config_set("appendonly", "no")
            client.config_set("maxmemory-policy", "allkeys-lru")
        errors = " ".join(findings("error", REDIS_URL=server.url))
    assert "set appendonly yes" in errors
    assert "set maxmemory-policy noeviction" in errors


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({"SENDGRID_WEBHOOK_PUBLIC_KEY": "bm90IGEga2V5"}, "SENDGRID_WEBHOOK_PUBLIC_KEY: is not an ECDSA public key"),
        ({"SENDGRID_WEBHOOK_PUBLIC_KEY": f"{PUBLIC_KEY},#"}, "SENDGRID_WEBHOOK_PUBLIC_KEY: is not an ECDSA public key"),
        ({"MOBILISE_CAMPAIGNS__FOLDER": "nowhere"}, "is not a folder that can be read"),
        ({"MOBILISE_CAMPAIGNS__FOLDER": "x" * 900}, "is not a folder that can be read"),
        ({"MOBILISE_TEMPLATES__FOLDER": "nowhere"}, "nowhere: holds no message"),
        ({"MOBILISE_TEMPLATES__FOLDER": "x" * 900}, ""),
        ({"REDIS_URL": "redis://user:canary@127.0.0.1:1/0"}, "redis.url redis://…@127.0.0.1:1/0"),
        ({"REDIS_URL": "unix:///nowhere/redis.sock"}, "redis.url unix:///nowhere/redis.sock"),
    ],
)
def test_each_of_these_is_an_error_and_no_traceback(check, environ, said):
    """And no secret is shown."""
    shown = check("--offline", **{"REDIS_URL": NOWHERE, **environ})
    assert shown.returncode == 1
    assert said in shown.stdout
    assert "canary" not in shown.stdout
    assert "Traceback" not in shown.stdout + shown.stderr


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({"SENDGRID_API_KEY": "xyz"}, "SENDGRID_API_KEY: does not begin with SG."),
        ({"MOBILISE_MAIL__POOL": "2"}, "mail.pool: is less than worker.threads"),
        ({"MOBILISE_WEB__HOST": "0.0.0.0"}, "web.host: is open to the network without TLS"),
        ({"MOBILISE_REDIS__REQUIRE_DURABLE": "false"}, "redis.require_durable: is false"),
    ],
)
def test_each_of_these_is_worth_a_thought(findings, environ, said):
    """Right, and perhaps not meant."""
    assert any(finding.startswith(said) for finding in findings("warning", REDIS_URL=NOWHERE, **environ))


def test_a_campaign_that_is_over_or_invented_is_told(findings, home):
    """Copied from last year, or from the example."""
    path = home / "config/campaigns/clean-rivers.toml"
    path.write_text(path.read_text().replace("2029-", "2019-").replace("rivers-campaign.org", "rivers.example"))
    assert any("has passed: no letter leaves" in warning for warning in findings("warning", REDIS_URL=NOWHERE))
    assert any("is an example" in error for error in findings("error", REDIS_URL=NOWHERE, **LIVE))


def _spoil(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def _line_of(path: Path, text: str) -> int:
    return next(number for number, line in enumerate(path.read_text().splitlines(), 1) if text in line)


def test_a_bulletin_that_cannot_be_sent_is_an_error_with_its_line(home, findings):
    """Before an edition of it is due: the name that is not there, the loop that fails when there is no news."""
    body = home / "config/bulletins/river-post/body.md"
    body.write_text("Dear {{ person.nmae }}\n")
    (home / "config/calls/ask-your-candidates/body.md").write_text("Hello\n\n{{ news[0].title }}\n\n![](x.png)\n")
    assert [said.partition(" (")[0].partition(" → say")[0] for said in findings("error") if "body.md" in said] == [
        "bulletins/river-post/body.md:1: unknown name 'person.nmae' → did you mean person.name?",
        "calls/ask-your-candidates/body.md:5: has an image without alt text",
    ]
    (home / "config/calls/ask-your-candidates/body.md").write_text("Hello\n\n{{ news[0].title }}\n")
    assert [said for said in findings("error") if "ask-your-candidates/body.md:3: " in said]
