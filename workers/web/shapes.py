"""What the API takes and answers: the shapes that validate, and that the documentation is made from."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct


class SupporterIn(Struct, frozen=True, forbid_unknown_fields=True):
    """Who acts."""

    name: Annotated[str, Meta(description="1 to 120 characters on one line")]
    email: Annotated[str, Meta(description="one address; candidates reply to it")]
    postcode: Annotated[str, Meta(description="a British postcode, however typed", examples=["SW1A 1AA"])]


class ConsentIn(Struct, frozen=True, forbid_unknown_fields=True):
    """Something the supporter agreed to."""

    purpose: Annotated[
        str,
        Meta(
            description="bulletins or calls: they may be mailed for it; updates: they hear what becomes of their "
            "letters; or a short name of your own",
            examples=["bulletins"],
        ),
    ]
    wording: Annotated[str, Meta(description="the exact words that were agreed to, up to 2,000 characters")]


OwnWords = Annotated[str, Meta(description="in place of the campaign's, up to 10,000 characters")]
Subject = Annotated[str, Meta(description="one line, up to 150 characters")]
Chosen = Annotated[list[str], Meta(description="ids of the supporter's candidates; all of them if left out")]
Source = Annotated[str, Meta(description="where it came from, up to 64 of A-Z a-z 0-9 . _ : / -")]

By = Annotated[str, Meta(description="without a key: the personal link's token of a supporter who confirmed lately")]


class ActionIn(Struct, frozen=True, forbid_unknown_fields=True):
    """One supporter's wish to write to their candidates."""

    supporter: SupporterIn
    message: OwnWords | None = None
    subject: Subject | None = None
    candidates: Chosen | None = None
    consents: list[ConsentIn] | None = None
    source: Source | None = None
    by: By | None = None


class LetterOut(Struct, frozen=True):
    """One letter of an action; ``state`` as the ledger has it, or what it will be once it is written."""

    letter_id: str
    candidate_id: str
    candidate: str
    party: str
    state: str


class ActionOut(Struct, frozen=True):
    """The action is on disk; the same action again gives the same ids.

    ``state`` is "taken", or "unconfirmed": then its letters are held until the supporter says yes by mail.
    """

    action_id: str
    state: str
    letters: list[LetterOut]


class CandidateOut(Struct, frozen=True):
    """Someone who stands, and where; ``reachable`` is false when no address is known, and letters wait for one.

    ``letter`` says what a letter does now: "ask" for the signature, or "thanks" for it; null: who ``signed`` is not
    written to.
    """

    candidate_id: str
    candidate: str
    party: str
    reachable: bool
    signed: bool
    letter: Literal["ask", "thanks"] | None
    constituency: str = ""
    constituency_name: str = ""


class BallotOut(Struct, frozen=True):
    """Whom a postcode can write to.

    A postcode across a boundary may lie in several ``constituencies``: the candidates of all of them are listed, and
    ``constituency`` is the first.
    """

    campaign: str
    postcode: str
    constituency: str
    constituency_name: str
    candidates: list[CandidateOut]
    constituencies: list[str]


class TallyOut(Struct, frozen=True):
    """A campaign's numbers; ``as_of`` is when they were read, in UTC."""

    campaign: str
    contacts: int
    supporters: int
    signatories: int
    letters: dict[str, int]
    contacts_by_party: dict[str, int]
    signatories_by_party: dict[str, int]
    as_of: str


class SignatoryOut(Struct, frozen=True):
    """A candidate who signed: ``when`` in UTC, ``how`` the way the signature came, "" where something is not known."""

    candidate_id: str
    name: str
    party: str
    constituency: str
    gss: str
    region: str
    when: str
    how: str
    evidence_url: str


class SignatoriesOut(Struct, frozen=True):
    """``total`` signed; listed are those who were asked for."""

    campaign: str
    total: int
    signatories: list[SignatoryOut]


class SignatureData(Struct, frozen=True):
    """Which candidate, and how it is known."""

    candidate_id: Annotated[str, Meta(min_length=1, max_length=64)]
    source: Annotated[str, Meta(pattern=r"\A[A-Za-z0-9][A-Za-z0-9._:/-]{0,63}\Z")]
    evidence_url: Annotated[str, Meta(pattern=r"\Ahttps?://[^\s<>\"]{1,2000}\Z")] | None = None


class SignatureIn(Struct, frozen=True):
    """The body of a signature callback (Standard Webhooks); fields that are not known here are passed over."""

    type: Annotated[str, Meta(examples=["charter.signed", "charter.withdrawn"])]
    timestamp: Annotated[datetime, Meta(tz=True)]
    data: SignatureData
