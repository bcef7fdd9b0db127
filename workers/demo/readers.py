"""Invented people who agreed to hear from the campaign: subscribers of its bulletin, supporters who may be called."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from workers.demo.supporters import supporters

_COLUMNS = ["name", "email", "postcode", "consent_purpose", "consent_wording", "consent_at", "consent_source"]
_WORDINGS = {
    "bulletins": "Send me the bulletin, about once a month.",
    "calls": "Write to me when a letter to my candidates would help.",
}


class Reader(NamedTuple):
    """Somebody who agreed to a purpose."""

    name: str
    email: str
    postcode: str
    purpose: str


def readers(postcodes: Sequence[str], purpose: str, number: int) -> list[Reader]:
    """So many people, the same each time; no address twice."""
    source = enumerate(islice(supporters(postcodes), number))
    return [Reader(one.name, f"{purpose[:4]}.{place}@readers.example", one.postcode, purpose) for place, one in source]


def write_list(path: Path, people: Iterable[Reader]) -> None:
    """A file for ``mobilise people import``."""
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(_COLUMNS)
        rows.writerows([*one, _WORDINGS[one.purpose], "2026-05-01T12:00Z", "a stall"] for one in people)
