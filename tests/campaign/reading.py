"""Candidate files in a few lines, read as the importer reads them."""

from __future__ import annotations

import io

from workers.campaign.candidate_file import CandidateFile, read_candidates
from workers.campaign.model import Candidate
from workers.campaign.table import decode
from workers.candidates import usable_address

OLD = "id,name,party,constituency,gss_code,email\n"
NEW = "person_id,person_name,party_name,post_label,gss,email\n"
GOOD = "1,Ada Ash,Lilac Party,Northmoor,E14000530,ada@ash.example\n"


def read(text: str | bytes, **options) -> CandidateFile:
    raw = text.encode() if isinstance(text, str) else text
    return read_candidates(io.StringIO(decode(raw)[0], newline=None), usable_address, **options)


def only(file: CandidateFile) -> Candidate:
    assert file.refused == ()
    return file.candidates[0]


def reasons(file: CandidateFile) -> dict[int, str]:
    return {remark.row: remark.text for remark in file.refused}


def known(file: CandidateFile) -> dict[str, Candidate]:
    return {candidate.id: candidate for candidate in file.candidates}
