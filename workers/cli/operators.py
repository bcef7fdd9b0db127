"""Who gives a command, as it stands in logs and events."""

from __future__ import annotations

import getpass
import re


def operator(by: str) -> str:
    """``by`` or the login, without anything that is no letter, digit, dot or dash."""
    try:
        name = by or getpass.getuser()
    except (KeyError, OSError):  # a container without a name for its user
        name = ""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", name)[:40].strip("-") or "somebody"
