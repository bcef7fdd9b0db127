"""A signature: which candidate, when, and how it reached us."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Signature:
    """``at`` is epoch seconds of the signing; ``source`` the way it came; ``evidence`` a URL or ""."""

    candidate: str
    at: int
    source: str
    evidence: str = ""
