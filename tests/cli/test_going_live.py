"""``mobilise check`` asks others: the provider about the account, the DNS about the sender's domain."""

from __future__ import annotations

import json
from pathlib import Path

import dns.rcode
import pytest

from tests.cli.test_check import LIVE, check, findings, home
from tests.mail.providers import Provider, reply
from tests.mail.providers import provider as backend
from tests.support.nameserver import NameServer
from tests.support.outbox import Outbox
from tests.support.ports import free_port
from workers.cli.checks import Check, SetUp
from workers.cli.domain_checks import domains
from workers.cli.machine_checks import folders
from workers.cli.provider_checks import provider, web

__all__ = ["check", "findings", "home"]

DOMAIN = "rivers-campaign.org"
REPORTS = "https://campaign.example/callbacks/sendgrid/events"
ALIAS = "s1.domainkey.u1.wl.sendgrid.test"
GOOD: dict[str, dict[str, list[str]]] = {
    DOMAIN: {"TXT": ['"v=spf1 include:sendgrid.net ~all"', '"other=thing"'], "MX": ["10 mx.rivers-campaign.org."]},
    f"s1._domainkey.{DOMAIN}": {"CNAME": [f"{ALIAS}."]},
    f"s2._domainkey.{DOMAIN}": {"TXT": ['"k=rsa; t=s; " "p=MIGfMA0"']},
    ALIAS: {"TXT": ['"k=rsa; p=MIGfMA0"']},
    f"_dmarc.{DOMAIN}": {"TXT": ['"v=DMARC1; p=quarantine; rua=mailto:x@rivers-campaign.org"']},
}


def told(home: Path, look: Check, nameserver: str = "", **environ: str) -> list[tuple[str, str]]:
    """(level, line) of one matter that check looks at, in a set-up that could go live."""
    set_up = SetUp.read(home, {**LIVE, **environ}, nameserver)
    return [(one.level, f"{one.where}: {one.what} → {one.mend}") for one in look(set_up)]


def published(zone: dict[str, dict[str, list[str]]], home: Path) -> list[tuple[str, str]]:
    """What is said of the domain by a DNS that holds this zone."""
    with NameServer(zone) as server:
        return told(home, domains, server.address)


def test_a_domain_that_publishes_all_is_all_ok(home: Path):
    """SPF, two keys (one along an alias, one in two strings), a policy and a mailbox."""
    said = published(GOOD, home)
    assert {level for level, _ in said} == {"ok"}
    assert [line.split(": ", 1)[1].removesuffix(" → ") for _, line in said] == [
        "SPF names SendGrid",
        "DKIM: has a key",
        "DKIM: has a key",
        "DMARC: p=quarantine",
        "its mail goes to mx.rivers-campaign.org",
    ]


@pytest.mark.parametrize(
    ("name", "records", "level", "says"),
    [
        (DOMAIN, {"MX": ["10 mx.x.test."]}, "warning", "has no SPF record"),
        (DOMAIN, {"TXT": ['"v=spf1 -all"', '"v=spf1 ~all"'], "MX": ["10 mx.x.test."]}, "error", "has 2 SPF records"),
        (DOMAIN, {"TXT": ['"v=spf1 +all"'], "MX": ["10 mx.x.test."]}, "error", "lets everybody send"),
        (DOMAIN, {"TXT": ['"v=spf1 -all"'], "MX": ["0 ."]}, "error", "takes no mail (MX .)"),
        (DOMAIN, {"TXT": ['"v=spf1 -all"']}, "error", "takes no mail (no MX, no address)"),
        (DOMAIN, {"TXT": ['"v=spf1 -all"'], "A": ["192.0.2.1"]}, "warning", "has no MX record"),
        (f"s1._domainkey.{DOMAIN}", {"CNAME": ["nowhere.test."]}, "error", "DKIM: leads to nowhere.test, where there"),
        (f"s2._domainkey.{DOMAIN}", None, "error", "DKIM: is not there"),
        (f"s2._domainkey.{DOMAIN}", {"TXT": ['"v=DKIM1; p="']}, "error", "DKIM: the key was withdrawn"),
        (f"_dmarc.{DOMAIN}", None, "error", "DMARC: there is no record"),
        (f"_dmarc.{DOMAIN}", {"TXT": ['"v=DMARC1; rua=mailto:x@x.test"']}, "error", "DMARC: has no policy"),
    ],
)
def test_what_a_domain_lacks_is_named(home: Path, name, records, level, says):
    """One line says what, where and what to publish; all else is still looked at."""
    zone = {key: value for key, value in {**GOOD, name: records}.items() if value is not None}
    ((found, line),) = [one for one in published(zone, home) if one[0] != "ok"]
    assert found == level
    assert says in line
    assert not line.endswith("→ ")


def test_the_policy_of_the_domain_above_holds_for_one_below(home: Path):
    """A sender at news.rivers-campaign.org goes by _dmarc.rivers-campaign.org, and by its sp=."""
    path = home / "config/campaigns/clean-rivers.toml"
    path.write_text(path.read_text().replace(f"@{DOMAIN}", f"@news.{DOMAIN}"))
    zone = {f"_dmarc.{DOMAIN}": {"TXT": ['"v=DMARC1; p=reject; sp=none"']}}
    assert ("ok", f"_dmarc.{DOMAIN}: DMARC: p=none → ") in published(zone, home)


def test_no_network_is_said_once_and_is_no_error(home: Path):
    """A check on a train says what it could not see."""
    with NameServer({}, dns.rcode.SERVFAIL) as server:
        said = told(home, domains, server.address)
    mend = "is there a network? --offline leaves this out"
    why = f"no answer about {DOMAIN} (every name server refused)"
    assert said == [("warning", f"DNS: not looked at: {why} → {mend}")]


def test_the_account_is_asked_through_its_own_interface(findings, tmp_path: Path, valkey):
    """With the outbox: the key, the domain, where reports go, the key they are signed with, the clock."""
    with Outbox(tmp_path, "--events-to", REPORTS) as outbox, NameServer(GOOD) as server:
        environ = {**LIVE, "SENDGRID_BASE_URL": outbox.url, "REDIS_URL": valkey}
        environ["SENDGRID_WEBHOOK_PUBLIC_KEY"] = outbox.public_key
        dns_server = "--dns-server", server.address
        said = " ".join(findings("ok", *dns_server, **environ))
        warnings = [one.partition(":")[0] for one in findings("warning", *dns_server, **environ)]
        assert warnings == ["MOBILISE_ENVIRONMENT", "web.public_url https"]  # an outbox, and nobody at the address
        assert findings("error", *dns_server, **environ) == []
        assert f"may send mail, says {outbox.url}" in said
        assert f"{DOMAIN}: is authenticated at SendGrid" in said
        assert f"event webhook: posts to {REPORTS}, signed with the key that is known here" in said
        assert "clock: the provider's clock is " in said
        environ["SENDGRID_WEBHOOK_PUBLIC_KEY"] = LIVE["SENDGRID_WEBHOOK_PUBLIC_KEY"]
        (error,) = findings("error", *dns_server, **environ)
        assert error.startswith("event webhook: is signed with another key")


def answers(paths: dict[str, bytes]):
    """A provider that answers each path as a test says, and 403 for all others."""

    def script(connection, running: Provider) -> None:
        while request := running.read(connection):
            path = request.split(b" ", 2)[1].decode().partition("?")[0]
            connection.sendall(paths.get(path, reply(403)))

    return script


WEBHOOKS = "/v3/user/webhooks/event/settings/all"
SCOPES = {"/v3/scopes": reply(200, b'{"scopes": ["mail.send"]}')}


@pytest.mark.parametrize(
    ("paths", "level", "says"),
    [
        ({"/v3/scopes": reply(401)}, "error", "SENDGRID_API_KEY: is not taken: answered 401"),
        ({"/v3/scopes": reply(200, b'{"scopes": ["user.read"]}')}, "error", "the key may not send mail"),
        (SCOPES, "ok", f"{DOMAIN}: not looked at: the key may not ask whether it is authenticated"),
        (SCOPES, "ok", "event webhook: not looked at: the key may not ask where reports go"),
        ({"/v3/whitelabel/domains": reply(500)}, "warning", "SendGrid does not say whether it is authenticated"),
        ({"/v3/whitelabel/domains": reply(200, b"<html>")}, "warning", "answered what nobody understands"),
        (
            {"/v3/whitelabel/domains": reply(200, b"[]"), "/v3/verified_senders": reply(200, b'{"results": []}')},
            "error",
            f"{DOMAIN}: is not known to SendGrid: mail from it is refused (403)",
        ),
        (
            {
                "/v3/whitelabel/domains": reply(200, b"[]"),
                "/v3/verified_senders": reply(
                    200, json.dumps({"results": [{"from_email": f"Letters@{DOMAIN}", "verified": True}]}).encode()
                ),
            },
            "warning",
            f"{DOMAIN}: has verified addresses, and is not authenticated",
        ),
        (
            {
                "/v3/whitelabel/domains": reply(
                    200,
                    json.dumps(
                        [{"domain": DOMAIN, "valid": False, "dns": {"dkim1": {"host": "s1.x.test", "valid": False}}}]
                    ).encode(),
                ),
                "/v3/verified_senders": reply(200, b'{"results": []}'),
            },
            "error",
            f"{DOMAIN}: is not authenticated yet: SendGrid does not see s1.x.test",
        ),
        (
            {WEBHOOKS: reply(200, b'{"webhooks": []}')},
            "error",
            f"none posts to {REPORTS}",
        ),
        (
            {
                WEBHOOKS: reply(
                    200, json.dumps({"webhooks": [{"enabled": True, "url": REPORTS, "bounce": True}]}).encode()
                )
            },
            "error",
            "event webhook: is not signed: every report is refused",
        ),
    ],
)
def test_what_the_account_lacks_is_named(home: Path, paths: dict[str, bytes], level: str, says: str):
    """A key that may only send is right: what it may not ask for is left to a person."""
    with backend(answers({**SCOPES, **paths})) as running:
        found = told(home, provider, SENDGRID_BASE_URL=running.url)
    assert any(one == level and says in line for one, line in found), found


def test_a_provider_that_cannot_be_reached_is_an_error_unless_nobody_asks(home: Path, findings):
    """``--offline`` is for a machine without a way out."""
    nowhere = f"http://127.0.0.1:{free_port()}"
    ((level, line),) = told(home, provider, SENDGRID_BASE_URL=nowhere)
    assert (level, "cannot be asked" in line) == ("error", True)
    offline = findings("error", "--offline", **{**LIVE, "SENDGRID_BASE_URL": nowhere})
    assert not any("cannot be asked" in line for line in offline)


def test_folders_that_cannot_be_written_are_told_before_a_worker_finds_out(home: Path, tmp_path: Path):
    """A worker that cannot note what it would post sends nothing."""
    (tmp_path / "file").write_text("")
    found = told(home, folders, MOBILISE_WORKER__JOURNAL=str(tmp_path / "file" / "journal"))
    assert any(one == "error" and line.startswith("worker.journal: ") and "is no folder" in line for one, line in found)
    found = told(home, folders, MOBILISE_WORKER__JOURNAL=str(tmp_path))
    assert any(one == "ok" and line.startswith("worker.journal: ") and "can be written" in line for one, line in found)


@pytest.mark.parametrize(
    ("paths", "level", "says"),
    [
        ({"/livez": reply(200), "/callbacks/sendgrid/events": reply(403)}, "ok", "refuses a report that nobody signed"),
        ({"/livez": reply(404), "/callbacks/sendgrid/events": reply(404)}, "error", "is answered by somebody else"),
        ({"/livez": reply(200), "/callbacks/sendgrid/events": reply(204)}, "error", "an unsigned report: 204"),
    ],
)
def test_the_web_is_looked_for_where_links_lead(home: Path, paths: dict[str, bytes], level: str, says: str):
    """A proxy that sends /callbacks elsewhere, or a site that takes any report, is found before a letter leaves."""
    with backend(answers(paths)) as running:
        found = told(home, web, MOBILISE_WEB__PUBLIC_URL=running.url)
    assert any(one == level and says in line for one, line in found), found
