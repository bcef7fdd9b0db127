"""An import of candidates: a file is read and held against the ledger, then written, then waiting letters follow."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from io import StringIO
from itertools import islice
from pathlib import Path

from email_validator import EmailNotValidError, validate_email

from workers.campaign.candidate_file import CandidateFile, read_candidates, read_regions
from workers.campaign.difference import Difference, difference
from workers.campaign.model import Candidate
from workers.campaign.table import decode
from workers.errors import InputError
from workers.store import Store
from workers.store.waiting import Moved

#: Bytes: two hundred times the candidates of a general election.
_LARGEST = 128_000_000
#: Candidates between two moves of the progress bar.
_CHUNK = 250


@dataclass(frozen=True, slots=True)
class Plan:
    """What an import would do; ``remark`` is about the file as a whole, or ""."""

    file: CandidateFile
    difference: Difference
    remark: str = ""


def plan_import(store: Store, campaign: str, path: Path, regions: Path | None = None) -> Plan:
    """Reads ``path`` and compares it with the ledger; changes nothing. InputError if the file cannot be used."""
    known = store.candidates.all(campaign)
    homes = {key: candidate.constituency for key, candidate in known.items()}
    text, remark = _text(path)
    named = read_regions(StringIO(_text(regions)[0], newline=None)) if regions else {}
    file = read_candidates(StringIO(text, newline=None), usable_address, regions=named, homes=homes)
    return Plan(file, difference(known, file), remark)


def import_candidates(
    store: Store, campaign: str, put: Sequence[Candidate], *, advance: Callable[[int], None] = lambda _: None
) -> Moved:
    """Writes ``put``, then releases and withholds what waits. Cut off anywhere, the same import again completes it."""
    for chunk in _chunks(put):
        store.candidates.apply(campaign, chunk)
        advance(len(chunk))
    return follow(store, campaign)


def follow(store: Store, campaign: str) -> Moved:
    """Moves what waits for candidates to where it belongs now; it goes by state, so it may repeat."""
    moved = Moved()
    for candidate in store.candidates.awaited(campaign, store.candidates.all(campaign).values()):
        moved += store.waiting.follow(campaign, candidate.id)
    return moved


def usable_address(address: str) -> str:
    """``address`` as mail is sent to it: domain in lower case and ASCII. ValueError if it is none.

    Letters outside ASCII before the @ are refused, for the provider does not take them; reserved test domains may pass.
    """
    try:
        found = validate_email(address, check_deliverability=False, allow_smtputf8=False, test_environment=True)
    except EmailNotValidError as error:
        raise ValueError("not an address that mail can be sent to") from error
    return found.ascii_email or found.normalized


def _text(path: Path) -> tuple[str, str]:
    try:
        if path.stat().st_size > _LARGEST:
            raise InputError(f"larger than {_LARGEST // 1_000_000} MB", field="file")
        return decode(path.read_bytes())
    except OSError as error:
        raise InputError(f"{path.name} cannot be read ({error.strerror})", field="file") from error


def _chunks(put: Sequence[Candidate]) -> Iterator[list[Candidate]]:
    source = iter(put)
    while chunk := list(islice(source, _CHUNK)):
        yield chunk
