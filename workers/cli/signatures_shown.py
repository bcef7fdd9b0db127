"""How signatures, and what an import would add, look on a terminal and in JSON."""

from __future__ import annotations

import sys
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

import click

from workers.campaign.model import Candidate
from workers.campaign.signature import Signature
from workers.campaign.signature_file import SignatureFile
from workers.cli.shown import confirm, plain

#: Lines that are shown; JSON has them all.
_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which signatures are asked for; "" asks for all."""

    party: str
    region: str
    constituency: str
    source: str

    def takes(self, candidate: Candidate, signature: Signature) -> bool:
        """Whether this one is asked for; names are compared without regard to capitals, party and region in part."""
        return (
            self.party.casefold() in candidate.party.casefold()
            and self.region.casefold() in candidate.region.casefold()
            and self.constituency.strip().upper() in {"", candidate.constituency}
            and self.source.casefold() in {"", signature.source.casefold()}
        )


def public(candidate: Candidate, signature: Signature) -> dict[str, Any]:
    """A signatory as everyone may see it."""
    return {
        "candidate_id": candidate.id,
        "name": candidate.name,
        "party": candidate.party,
        "constituency": candidate.constituency,
        "constituency_name": candidate.constituency_name,
        "region": candidate.region,
        "signed_at": datetime.fromtimestamp(signature.at, UTC).isoformat().replace("+00:00", "Z"),
        "source": signature.source,
        "evidence": signature.evidence,
    }


def record(candidate: Candidate, signature: Signature) -> dict[str, Any]:
    """A signatory as operators see it."""
    return public(candidate, signature) | {"entered_by": signature.by}


def listed(candidate: Candidate, signature: Signature) -> dict[str, object]:
    """A signatory as a line of a table."""
    return {
        "id": candidate.id,
        "name": candidate.name,
        "party": candidate.party,
        "constituency": candidate.constituency_name or candidate.constituency,
        "signed": datetime.fromtimestamp(signature.at, UTC),
        "source": signature.source,
        "entered_by": signature.by,
    }


def show_plan(found: SignatureFile, name: str, slug: str) -> None:
    """The difference, before anything is changed."""
    click.secho(f"{plain(name)}: signatures for the campaign {slug}", bold=True)
    for number, word in ((len(found.new), "new"), (len(found.already), "signed already: stay as they are")):
        click.echo(f"{number:9,}  {word}")
    if found.refused:
        click.secho(f"{len(found.refused):9,}  rows refused", fg="red")
    for row in found.refused[:_SHOWN]:
        click.secho(f"  row {row.row}: {plain(row.reason)}", fg="red")
    if len(found.refused) > _SHOWN:
        click.secho(f"  … and {len(found.refused) - _SHOWN:,} more", fg="red")


def ask(number: int, *, yes: bool) -> None:
    """A signature is public at once: on a terminal it is asked for."""
    if number and sys.stdin.isatty():
        confirm(f"Publish {number:,} signatures?", yes=yes)


def import_record(found: SignatureFile, slug: str, added: int | None) -> dict[str, Any]:
    """What an import found and did, whole; ``added`` is None for a dry run."""
    return {
        "campaign": slug,
        "applied": added is not None,
        "new": len(found.new),
        "added": added or 0,
        "already": found.already,
        "refused": len(found.refused),
        "refused_rows": [asdict(row) for row in found.refused],
    }
