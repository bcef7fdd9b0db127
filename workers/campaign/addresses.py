"""The mailbox behind an address: however it is written, limits count the same one."""

from __future__ import annotations

import unicodedata

#: Providers that pass over the dots of a local part, and the domain that each of their domains stands for.
_DOTLESS = {"gmail.com": "gmail.com", "googlemail.com": "gmail.com"}


def normal_address(address: str) -> str:
    """``address`` as compared: no spaces around it, one case."""
    folded = address.lower() if address.isascii() else unicodedata.normalize("NFKC", address).casefold()
    return folded.strip()


def mailbox(address: str) -> str:
    """``address`` without capitals, tag (``+…``), and dots where they mean nothing; its domain as mail servers take it.

    For counting, never for sending: two addresses may share a mailbox here that a provider keeps apart.
    """
    local, _, domain = normal_address(address).rpartition("@")
    domain = _ascii(domain.rstrip("."))
    local = local.partition("+")[0] or local
    if domain in _DOTLESS:
        local = local.replace(".", "")
    return f"{local}@{_DOTLESS.get(domain, domain)}"


def _ascii(domain: str) -> str:
    if domain.isascii():
        return domain
    try:
        return domain.encode("idna").decode()
    except UnicodeError:  # a domain that no server could have: it is compared as it stands
        return domain
