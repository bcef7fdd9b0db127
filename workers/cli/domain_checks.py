"""What ``mobilise check`` looks up of the domains that mail comes from: SPF, DKIM, DMARC, MX."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from workers.cli.checks import Finding, SetUp

if TYPE_CHECKING:
    from workers.mail.domain import Records

#: What SendGrid calls its two keys, unless another selector was chosen.
_SELECTORS = ("s1", "s2")
_SENDGRID = "sendgrid.net"


def domains(set_up: SetUp) -> Iterator[Finding]:
    """Each domain that a campaign's mail comes from; left out, with a word, where no name server answers."""
    found = set_up.sender_domains()
    if not found:
        return
    from workers.mail.domain import NoDnsError, Records

    try:
        records = Records(set_up.nameserver)
        for domain in found:
            for look in (_spf, _dkim, _dmarc, _mx):
                yield from look(set_up, records, domain)
    except NoDnsError as problem:
        yield Finding("warning", "DNS", f"not looked at: {problem}", "is there a network? --offline leaves this out")


def _spf(set_up: SetUp, records: Records, domain: str) -> Iterator[Finding]:
    """Of the visible domain. SendGrid's own return path is an alias below it, which its API tells of."""
    found = [text for text in records.texts(domain) if text.lower().split(" ")[0] == "v=spf1"]
    words = found[0].lower().split() if found else []
    if len(found) > 1:
        yield Finding("error", domain, f"has {len(found)} SPF records: receivers take none", "make them one")
    elif not found:
        mend = f"publish v=spf1 include:{_SENDGRID} ~all, beside what else sends from it"
        yield Finding("warning", domain, "has no SPF record", mend)
    elif words[-1] in ("all", "+all"):
        yield set_up.weak(domain, f"lets everybody send in its name (SPF {words[-1]})", "end it with ~all or -all")
    elif f"include:{_SENDGRID}" in words:
        yield Finding("ok", domain, "SPF names SendGrid")
    else:
        yield Finding("ok", domain, "has an SPF record; mail of SendGrid goes by the one at its return path")


def _dkim(set_up: SetUp, records: Records, domain: str) -> Iterator[Finding]:
    """Without a signature of the domain's own, mail is from sendgrid.net, whatever its From says."""
    for selector in _SELECTORS:
        name = f"{selector}._domainkey.{domain}"
        keys = [text for text in records.texts(name) if "p=" in text.replace(" ", "")]
        if not keys:
            alias = records.alias(name)
            what = f"leads to {alias}, where there is no key" if alias else "is not there"
            mend = "put the records into the DNS that SendGrid shows (with a selector of your own, look there)"
            yield set_up.weak(name, f"DKIM: {what}: mail is not signed in its name", mend)
        elif all(text.replace(" ", "").rstrip(";").endswith("p=") for text in keys):
            yield set_up.weak(name, "DKIM: the key was withdrawn (p= is empty)", "authenticate the domain again")
        else:
            yield Finding("ok", name, "DKIM: has a key")


def _dmarc(set_up: SetUp, records: Records, domain: str) -> Iterator[Finding]:
    name, found = records.policy(domain)
    tags = dict(tag.strip().lower().split("=", 1) for tag in found.split(";") if "=" in tag)
    policy = tags.get("sp", tags.get("p", "")) if name != f"_dmarc.{domain}" else tags.get("p", "")
    if not found:
        mend = "publish v=DMARC1; p=none; rua=mailto:… to begin with: large mail services refuse much mail without"
        yield set_up.weak(name, "DMARC: there is no record", mend)
    elif policy not in ("none", "quarantine", "reject"):
        yield set_up.weak(name, "DMARC: has no policy (p=)", "say p=none, p=quarantine or p=reject")
    else:
        yield Finding("ok", name, f"DMARC: p={policy}")


def _mx(set_up: SetUp, records: Records, domain: str) -> Iterator[Finding]:
    """Where answers to the sender go; some receivers refuse mail from a domain that takes none."""
    found = records.exchanges(domain)
    if found == [""]:
        yield set_up.weak(domain, "takes no mail (MX .): some receivers refuse mail from it", "give it a mailbox")
    elif found:
        yield Finding("ok", domain, f"its mail goes to {found[0]}")
    elif records.has_address(domain):
        yield Finding("warning", domain, "has no MX record: answers go to the host itself", "publish one")
    else:
        what = "takes no mail (no MX, no address): some receivers refuse mail from it"
        yield set_up.weak(domain, what, "publish an MX record")
