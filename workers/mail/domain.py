"""What a sender's domain publishes in the DNS, as receiving mail servers look it up."""

from __future__ import annotations

from typing import Any

import dns.exception
import dns.resolver

#: Seconds for one question, all name servers and repeats together.
_PATIENCE_S = 5.0
#: Nothing of that name or kind: an answer, and no failure.
_NOTHING = (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer)


class NoDnsError(Exception):
    """Raised when no name server answers: nothing is known then. The text is fit for a log."""


class Records:
    """Asks the name servers of this system, or the one at ``server`` ("host" or "host:port")."""

    def __init__(self, server: str = "") -> None:
        try:
            self._resolver = dns.resolver.Resolver(configure=not server)
            if server:
                host, _, port = server.rpartition(":") if server.count(":") == 1 else (server, "", "")
                self._resolver.nameservers, self._resolver.port = [host or server], int(port or 53)
        except (dns.exception.DNSException, ValueError):
            raise NoDnsError("no name server is known here") from None
        self._resolver.lifetime = _PATIENCE_S

    def texts(self, name: str) -> list[str]:
        """The TXT records, each as one text; along aliases."""
        return [b"".join(one.strings).decode(errors="replace") for one in self._ask(name, "TXT")]

    def alias(self, name: str) -> str:
        """What it is another name for; "" if it is none."""
        return next((_plain(one.target) for one in self._ask(name, "CNAME")), "")

    def exchanges(self, name: str) -> list[str]:
        """Where its mail goes, best first; [""] if it says that it takes none."""
        return [_plain(one.exchange) for one in sorted(self._ask(name, "MX"), key=lambda one: one.preference)]

    def has_address(self, name: str) -> bool:
        """Whether it is a host."""
        return bool(self._ask(name, "A") or self._ask(name, "AAAA"))

    def policy(self, domain: str) -> tuple[str, str]:
        """(name, DMARC record) that holds for a domain: its own, or that of the domain above; "" if there is none."""
        parts = domain.split(".")
        for start in range(max(1, len(parts) - 1)):
            name = f"_dmarc.{'.'.join(parts[start:])}"
            found = next((text for text in self.texts(name) if text.lower().startswith("v=dmarc1")), "")
            if found:
                return name, found
        return f"_dmarc.{domain}", ""

    def _ask(self, name: str, kind: str) -> list[Any]:
        try:
            return list(self._resolver.resolve(name, kind, search=False))
        except _NOTHING:
            return []
        except (dns.exception.DNSException, OSError, UnicodeError) as problem:
            raise NoDnsError(f"no answer about {name} ({_named(problem)})") from None


def _plain(name: Any) -> str:
    return str(name).rstrip(".").lower()


def _named(problem: Exception) -> str:
    known = {dns.exception.Timeout: "nobody answered in time", dns.resolver.NoNameservers: "every name server refused"}
    return next((text for kind, text in known.items() if isinstance(problem, kind)), type(problem).__name__)
