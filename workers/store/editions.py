"""What tells one import of places or candidates from every other."""

from __future__ import annotations

import secrets


def new_edition() -> str:
    """Never drawn before: a ledger that went back to an older one is told from the newer."""
    return secrets.token_hex(8)
