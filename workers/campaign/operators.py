"""Who operates, as it stands in logs and events."""

from __future__ import annotations

import re


def operator_name(typed: str) -> str:
    """``typed`` without anything that is no letter, digit, dot or dash; "" if nothing is left."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", typed)[:40].strip("-")
