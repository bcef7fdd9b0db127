"""Who may be mailed: outside production nobody real, but those who are listed."""

from __future__ import annotations

from dataclasses import dataclass

from workers.campaign.addresses import mailbox
from workers.campaign.outcomes import Answer, Envelope, Outcome
from workers.mail.posting import Mailer

#: Why a delivery to a real address is withheld.
NOT_PRODUCTION = "not-production"
#: Names that RFC 2606 and RFC 6761 keep free, with all below them: nobody has a mailbox there.
_RESERVED = ("example", "test", "invalid", "localhost", "example.com", "example.net", "example.org")


@dataclass(frozen=True, slots=True)
class Guard:
    """Lets mail go to reserved names, and to ``allowed``: addresses (with any tag), and domains as ``@domain``."""

    allowed: frozenset[str]

    @classmethod
    def of(cls, allowed: str) -> Guard:
        """``allowed`` as the setting has it: with commas between."""
        return cls(frozenset(mailbox(part) for part in allowed.split(",") if part.strip()))

    def lets(self, email: str) -> bool:
        """Whether this address may be mailed."""
        address = mailbox(email)
        domain = address.rpartition("@")[2]
        return address in self.allowed or f"@{domain}" in self.allowed or is_reserved(domain)


class Guarded:
    """A mailer that posts nothing to whom ``guard`` does not let it: WITHHELD then, and nothing has left."""

    def __init__(self, mailer: Mailer, guard: Guard) -> None:
        self._mailer, self._guard = mailer, guard

    @property
    def longest_s(self) -> float:
        """Seconds that one call may take."""
        return self._mailer.longest_s

    def post(self, envelope: Envelope) -> Answer:
        """One provider call, or none if even one of its recipients is not let through."""
        if all(self._guard.lets(recipient.email) for recipient in envelope.recipients):
            return self._mailer.post(envelope)
        return Answer(Outcome.WITHHELD, reason=NOT_PRODUCTION)


def is_reserved(domain: str) -> bool:
    """Whether a domain is one that nobody can have."""
    return any(domain == name or domain.endswith(f".{name}") for name in _RESERVED)
