"""What happened: past tense, frozen, ids only. The fields are what a reaction's actors are called with."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Event:
    """The base of all events; ``campaign`` is a slug."""

    campaign: str


@dataclass(frozen=True, slots=True)
class ActionTaken(Event):
    """Supporters acted: their actions are on disk and their letters are to be written."""

    actions: list[str]


@dataclass(frozen=True, slots=True)
class LettersDue(Event):
    """Letters of these actions are written and may leave now."""

    actions: list[str]


@dataclass(frozen=True, slots=True)
class LettersAccepted(Event):
    """The provider took these letters: each is a contact."""

    action: str
    letters: list[str]


@dataclass(frozen=True, slots=True)
class LettersRejected(Event):
    """The provider will never take these letters."""

    action: str
    letters: list[str]
    reason: str


@dataclass(frozen=True, slots=True)
class LettersUnknown(Event):
    """These letters may have left: no machine posts them again."""

    action: str
    letters: list[str]
    reason: str


@dataclass(frozen=True, slots=True)
class SendingPaused(Event):
    """The provider refused in a way that only a person can mend; ``scope`` is "all" or the campaign."""

    scope: str
    reason: str


@dataclass(frozen=True, slots=True)
class ReportsReceived(Event):
    """A verified batch of the provider's reports is on disk under ``batch``; ``campaign`` is ""."""

    batch: str


@dataclass(frozen=True, slots=True)
class SignatureReceived(Event):
    """A verified signature callback is on disk under ``callback``."""

    callback: str


@dataclass(frozen=True, slots=True)
class CharterSigned(Event):
    """A candidate is now a signatory."""

    candidate: str
