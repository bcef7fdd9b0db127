"""What ``mobilise check`` asks the provider: the key, the senders, and whether its reports come here."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from workers.cli.checks import Finding, Level, SetUp

if TYPE_CHECKING:
    from workers.mail.account import Account, Domain, Webhook
    from workers.settings import Settings
    from workers.store import Store

#: Seconds to wait for each answer.
_TIMEOUT_S = 10.0
#: Seconds by which the provider's clock may be apart: it tells whole seconds only, and its answer took a while.
_APART_S = (5.0, 60.0)
#: Seconds to wait for a test event, and between looks.
_ROUND_S, _LOOK_S = 30.0, 0.25
_REPORTS = "/callbacks/sendgrid/events"
_WEBHOOK = "event webhook"


def web(set_up: SetUp) -> Iterator[Finding]:
    """Whether the world finds the web where links lead, and whether it refuses a report that nobody signed."""
    from workers.mail.wire import MaybeSentError, NotSentError, Wire

    url = set_up.settings.web.public_url.rstrip("/")
    wire = Wire(url, connect_timeout_s=_TIMEOUT_S, read_timeout_s=_TIMEOUT_S, pool=1)
    try:
        lives = wire.ask("GET", "/livez", {}).status
        refused = wire.ask("POST", _REPORTS, {"Content-Type": "application/json"}, b"[]").status
    except (NotSentError, MaybeSentError) as problem:
        mend = "start the web, and the proxy in front of it; perhaps only this machine cannot reach it"
        yield Finding("warning", f"web.public_url {url}", f"nobody answers ({problem})", mend)
        return
    finally:
        wire.close()
    if (lives, refused) == (200, 403):
        yield Finding("ok", f"web.public_url {url}", "answers, and refuses a report that nobody signed")
    else:
        what = f"is answered by somebody else (/livez: {lives}, an unsigned report: {refused})"
        yield set_up.weak(f"web.public_url {url}", what, "let it lead to `mobilise web`, all paths alike")


def provider(set_up: SetUp) -> Iterator[Finding]:
    """The key, the senders, the event webhook, and the provider's clock."""
    from workers.mail.account import Account

    settings = set_up.settings
    key = settings.secrets.get("SENDGRID_API_KEY")
    if not key:
        return  # which is said where the secrets are
    found = _key(settings, key)
    yield found
    if found.level != "ok":
        return
    account = Account(settings.mail.base_url, key, timeout_s=_TIMEOUT_S, ca_file=_ca_file(settings))
    try:
        for domain, addresses in set_up.sender_domains().items():
            yield from _sender(set_up, account, domain, addresses)
        yield from _webhooks(set_up, account)
        yield from _clock(account)
    finally:
        account.close()


def _key(settings: Settings, key: str) -> Finding:
    from workers.campaign.outcomes import Outcome
    from workers.mail.sendgrid import SendGrid

    mailer = SendGrid(
        settings.mail.base_url, key, connect_timeout_s=_TIMEOUT_S, read_timeout_s=_TIMEOUT_S, ca_file=_ca_file(settings)
    )
    try:
        answer = mailer.check_key()
    finally:
        mailer.close()
    match answer.outcome:
        case Outcome.ACCEPTED:
            return Finding("ok", "SENDGRID_API_KEY", f"may send mail, says {settings.mail.base_url}")
        case Outcome.LATER:
            mend = "is there a network, and is mail.base_url right? --offline leaves this out"
            return Finding("error", settings.mail.base_url, f"cannot be asked: {answer.reason}", mend)
        case _:
            mend = "make a key that may send mail, under API Keys"
            return Finding("error", "SENDGRID_API_KEY", f"is not taken: {answer.reason}", mend)


def _sender(set_up: SetUp, account: Account, domain: str, addresses: Sequence[str]) -> Iterator[Finding]:
    """Whether mail from a domain's addresses is sent at all, and signed in its name."""
    from workers.mail.account import NotToldError

    try:
        found = [one for one in account.domains(domain) if one.domain.lower() == domain]
        if any(one.valid for one in found):
            yield Finding("ok", domain, "is authenticated at SendGrid")
            return
        verified = {one.from_email.lower() for one in account.senders() if one.verified}
    except NotToldError as problem:
        yield _untold(domain, "whether it is authenticated", problem)
        return
    mend = "authenticate it under Sender Authentication, and put its records into the DNS"
    wrong = _wrong_records(found)
    if wrong:
        yield set_up.weak(domain, f"is not authenticated yet: SendGrid does not see {', '.join(wrong)}", mend)
    elif all(address in verified for address in addresses):
        what = "has verified addresses, and is not authenticated: mail may land in spam"
        yield Finding("warning", domain, what, mend)
    else:
        yield set_up.weak(domain, "is not known to SendGrid: mail from it is refused (403)", mend)


def _wrong_records(found: Sequence[Domain]) -> list[str]:
    return [record.host for one in found for record in one.dns.values() if not record.valid]


def _webhooks(set_up: SetUp, account: Account) -> Iterator[Finding]:
    """Whether reports are posted here, all that are needed, signed with the key that we check them with."""
    from workers.mail.account import NotToldError

    try:
        webhooks = [one for one in account.webhooks() if one.enabled]
    except NotToldError as problem:
        yield _untold(_WEBHOOK, "where reports go", problem)
        return
    url = set_up.settings.web.public_url.rstrip("/") + _REPORTS
    ours = next((one for one in webhooks if one.url == url), None)
    if ours is None:
        near = next((one.url for one in webhooks if one.url.endswith(_REPORTS)), "")
        what = f"posts to {near}, and web.public_url says {url}" if near else f"none posts to {url}"
        yield set_up.weak(_WEBHOOK, what, f"let it post to {url}")
        return
    yield from _webhook(set_up, account, ours)


def _webhook(set_up: SetUp, account: Account, ours: Webhook) -> Iterator[Finding]:
    keys = {"".join(key.split()) for key in set_up.settings.secrets.webhook_public_keys()}
    if not ours.public_key:
        yield set_up.weak(_WEBHOOK, "is not signed: every report is refused", "switch on Signature Verification")
    elif "".join(ours.public_key.split()) not in keys:
        mend = "copy the verification key from SendGrid's page to SENDGRID_WEBHOOK_PUBLIC_KEY, and restart the web"
        yield Finding("error", _WEBHOOK, "is signed with another key than SENDGRID_WEBHOOK_PUBLIC_KEY", mend)
    else:
        yield Finding("ok", _WEBHOOK, f"posts to {ours.url}, signed with the key that is known here")
        if set_up.test_event:
            yield _round_trip(set_up, account, ours)
    if ours.missing:
        yield set_up.weak(_WEBHOOK, f"does not tell of {', '.join(ours.missing)}", "tick these events")


def _round_trip(set_up: SetUp, account: Account, ours: Webhook) -> Finding:
    """An invented report, from the provider through the web and a worker into the ledger's counts."""
    from workers.campaign.ids import Ids
    from workers.mail.account import NotToldError
    from workers.store import Store

    store = Store.connect(set_up.settings.redis.url, Ids(set_up.settings.secrets.get("MOBILISE_SECRET")))
    try:
        before, give_up = _worked(store), time.monotonic() + _ROUND_S
        account.test(ours)
        while time.monotonic() < give_up:
            if _worked(store) > before:
                return Finding("ok", _WEBHOOK, "a report came in, signed, and was worked")
            time.sleep(_LOOK_S)
    except NotToldError as problem:
        return _untold(_WEBHOOK, "for a test event", problem)
    finally:
        store.close()
    mend = "do web and a worker run? mobilise logs --event 'reports.*' tells of one that was refused"
    return Finding("error", _WEBHOOK, f"a test event was asked for, and none was worked in {_ROUND_S:g} s", mend)


def _worked(store: Store) -> int:
    """How many reports were worked, ever."""
    return sum(n for name, n in store.meters.counts().items() if name.startswith("reports_late_s_bucket"))


def _clock(account: Account) -> Iterator[Finding]:
    if account.ahead_s is None:
        return
    what = f"the provider's clock is {account.ahead_s:+.0f} s from this machine's"
    apart = abs(account.ahead_s)
    level: Level = "ok" if apart < _APART_S[0] else "warning" if apart < _APART_S[1] else "error"
    yield Finding(level, "clock", what, "" if level == "ok" else "keep this machine's in step, with NTP")


def _untold(where: str, what: str, problem: Exception) -> Finding:
    """A key that may only send is the right one; then a person has to look."""
    from workers.mail.account import NotToldError

    if isinstance(problem, NotToldError) and problem.forbidden:
        mend = "look at SendGrid's pages, or check once with a key that may read"
        said = f"not looked at: the key may not ask {what}, which is right for one that sends"
        return Finding("ok", where, said, mend)
    return Finding("warning", where, f"not looked at: SendGrid does not say {what} ({problem})", "try again")


def _ca_file(settings: Settings) -> str:
    return str(settings.path(settings.mail.ca_file)) if settings.mail.ca_file else ""
