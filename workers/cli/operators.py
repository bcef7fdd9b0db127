"""Who gives a command, as it stands in logs and events."""

from __future__ import annotations

import getpass

from workers.campaign.operators import operator_name


def operator(by: str) -> str:
    """``by`` or the login, without anything that is no letter, digit, dot or dash."""
    try:
        name = by or getpass.getuser()
    except (KeyError, OSError):  # a container without a name for its user
        name = ""
    return operator_name(name) or "somebody"
