"""What a segment may ask of a person."""

from __future__ import annotations

from typing import NamedTuple


class Traits(NamedTuple):
    """One person in one campaign, without anything that names them."""

    constituency: str = ""  # GSS code; "" if not known
    region: str = ""
    tags: frozenset[str] = frozenset()
    language: str = ""
    wrote: bool = False  # a letter in this campaign
    signed: bool = False  # a candidate in their constituency signed
    mailed_days: int | None = None  # days since the last call or bulletin; None if there was none
