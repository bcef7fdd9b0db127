"""What the account at SendGrid says of itself: authenticated domains, verified senders, event webhooks."""

from __future__ import annotations

import time
from email.utils import parsedate_to_datetime
from typing import TypeVar
from urllib.parse import quote

import msgspec

from workers.mail.wire import MaybeSentError, NotSentError, Reply, Wire

T = TypeVar("T")


class Record(msgspec.Struct, frozen=True):
    """A DNS record that SendGrid asks for, and whether it saw it."""

    host: str = ""
    data: str = ""
    valid: bool = False


class Domain(msgspec.Struct, frozen=True):
    """A domain to be authenticated; ``dns`` names its records: mail_cname, dkim1, dkim2, or others."""

    domain: str = ""
    valid: bool = False
    dns: dict[str, Record] = {}


class VerifiedSender(msgspec.Struct, frozen=True):
    """One address that was verified by a mail to it."""

    from_email: str = ""
    verified: bool = False


class Webhook(msgspec.Struct, frozen=True):
    """Where events are posted, and which; ``public_key`` is "" while they are not signed."""

    id: str = ""
    enabled: bool = False
    url: str = ""
    public_key: str | None = None
    processed: bool = False
    deferred: bool = False
    delivered: bool = False
    bounce: bool = False
    dropped: bool = False
    spam_report: bool = False
    unsubscribe: bool = False

    @property
    def missing(self) -> list[str]:
        """The events that the ledger needs and that are not posted."""
        needed = ("processed", "deferred", "delivered", "bounce", "dropped", "spam_report", "unsubscribe")
        return [name for name in needed if not getattr(self, name)]


class _Senders(msgspec.Struct):
    results: list[VerifiedSender] = []


class _Webhooks(msgspec.Struct):
    webhooks: list[Webhook] = []


class NotToldError(Exception):
    """Raised where SendGrid does not say; ``forbidden`` if the key may not ask."""

    def __init__(self, text: str, *, forbidden: bool = False) -> None:
        super().__init__(text)
        self.forbidden = forbidden


class Account:
    """Asks, and changes nothing there; NotToldError from every question."""

    def __init__(self, base_url: str, key: str, *, timeout_s: float, ca_file: str = "") -> None:
        self._wire = Wire(base_url, connect_timeout_s=timeout_s, read_timeout_s=timeout_s, pool=1, ca_file=ca_file)
        self._headers = {"Authorization": f"Bearer {key}", "Accept": "application/json", "User-Agent": "mobilise"}
        #: Seconds by which SendGrid's clock was ahead of ours in its newest answer; None if it did not say.
        self.ahead_s: float | None = None

    def domains(self, domain: str) -> list[Domain]:
        """What it knows of this domain."""
        return self._ask(f"/v3/whitelabel/domains?limit=50&domain={quote(domain)}", list[Domain])

    def senders(self) -> list[VerifiedSender]:
        """Addresses that may be sent from without an authenticated domain."""
        return self._ask("/v3/verified_senders", _Senders).results

    def webhooks(self) -> list[Webhook]:
        """Every event webhook, also those that are switched off."""
        return self._ask("/v3/user/webhooks/event/settings/all", _Webhooks).webhooks

    def test(self, webhook: Webhook) -> None:
        """Has an invented event posted to a webhook, signed as all others are."""
        body = msgspec.json.encode({"id": webhook.id, "url": webhook.url})
        reply = self._reply("POST", "/v3/user/webhooks/event/test", body)
        if not 200 <= reply.status < 300:
            raise NotToldError(f"answered {reply.status}")

    def close(self) -> None:
        """Gives the connection back."""
        self._wire.close()

    def _ask(self, path: str, kind: type[T]) -> T:
        reply = self._reply("GET", path)
        if reply.status != 200:
            raise NotToldError(f"answered {reply.status}")
        try:
            return msgspec.json.decode(reply.body, type=kind)
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise NotToldError("answered what nobody understands") from None

    def _reply(self, method: str, path: str, body: bytes | None = None) -> Reply:
        headers = {**self._headers, **({"Content-Type": "application/json"} if body else {})}
        try:
            reply = self._wire.ask(method, path, headers, body)
        except (NotSentError, MaybeSentError) as problem:
            raise NotToldError(str(problem)) from None
        self.ahead_s = _ahead(reply)
        if reply.status in (401, 403):
            raise NotToldError("the key may not ask", forbidden=True)
        return reply


def _ahead(reply: Reply) -> float | None:
    try:
        return parsedate_to_datetime(reply.headers["date"]).timestamp() - time.time()
    except (KeyError, ValueError, OverflowError):
        return None
