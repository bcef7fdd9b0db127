"""What a provider call came to: the mailer's answer, in our words and no provider's."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum


class Outcome(StrEnum):
    """What may be believed after one call."""

    ACCEPTED = "accepted"  # handed over: 202
    REFUSED = "refused"  # 400, 413: never again as it is; a call of several is split to find the bad one
    LATER = "later"  # surely not sent: 429, connection refused, DNS, TLS, connect timeout
    BARRED = "barred"  # surely not sent, and no machine can mend it: 401, 403, a redirect
    UNKNOWN = "unknown"  # may have left: 5xx, read timeout, reset after the body left
    WITHHELD = "withheld"  # not posted on purpose: a real address, and this is not production


@dataclass(frozen=True, slots=True)
class Answer:
    """One call's outcome. ``retry_at`` is epoch seconds (LATER only); ``scope`` what to pause (BARRED only)."""

    outcome: Outcome
    status: int = 0
    message_id: str = ""
    reason: str = ""
    retry_at: float = 0.0
    scope: str = ""
    duration_ms: float = 0.0


@dataclass(frozen=True, slots=True)
class Recipient:
    """One personalization of a call: a delivery id, whom it goes to, and what differs for them."""

    delivery: str
    email: str
    name: str
    subject: str = ""
    substitutions: dict[str, str] | None = None
    headers: dict[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Envelope:
    """One provider call: content that all recipients share, and each recipient's own part."""

    campaign: str
    from_name: str
    from_address: str
    reply_to_name: str
    reply_to_address: str
    subject: str
    text: str
    html: str
    recipients: tuple[Recipient, ...]
    category: str = ""  # told to the provider beside the campaign: which mailing, in words that name nobody

    def split(self) -> tuple[Envelope, Envelope]:
        """Two halves, to find the one bad recipient of a refused call."""
        middle = len(self.recipients) // 2
        return replace(self, recipients=self.recipients[:middle]), replace(self, recipients=self.recipients[middle:])
