"""What happened: past tense, frozen, ids only. The fields are what a reaction's actors are called with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class Event:
    """The base of all events; ``campaign`` is a slug, or "" for none. ``level`` is how loud it is logged."""

    level: ClassVar[str] = "info"

    campaign: str


@dataclass(frozen=True, slots=True)
class ActionTaken(Event):
    """Supporters acted: their actions are on disk and their letters are to be written."""

    level: ClassVar[str] = "debug"

    actions: list[str]


@dataclass(frozen=True, slots=True)
class IntentsKept(Event):
    """Actions are kept aside: their supporters may have to be asked to confirm them, or reminded."""

    level: ClassVar[str] = "debug"

    intents: list[str]


@dataclass(frozen=True, slots=True)
class LettersDue(Event):
    """Letters of these actions are written and may leave now."""

    level: ClassVar[str] = "debug"

    actions: list[str]


@dataclass(frozen=True, slots=True)
class LettersUndelivered(Event):
    """Letters of these actions could not arrive, and their supporters may have to hear of it."""

    level: ClassVar[str] = "debug"

    actions: list[str]


@dataclass(frozen=True, slots=True)
class ReceiptsDue(Event):
    """These receipts are queued and may leave now."""

    level: ClassVar[str] = "debug"

    receipts: list[str]


@dataclass(frozen=True, slots=True)
class LettersAccepted(Event):
    """The provider took these letters in one call: each is a contact."""

    action: str
    letters: list[str]
    message_id: str
    duration_ms: int


@dataclass(frozen=True, slots=True)
class LettersRejected(Event):
    """The provider will never take these letters."""

    level: ClassVar[str] = "warning"

    action: str
    letters: list[str]
    reason: str


@dataclass(frozen=True, slots=True)
class LettersUnknown(Event):
    """These letters may have left: no machine posts them again."""

    level: ClassVar[str] = "warning"

    action: str
    letters: list[str]
    reason: str


@dataclass(frozen=True, slots=True)
class LettersRequeued(Event):
    """These letters surely did not leave, and wait for their next time."""

    action: str
    letters: list[str]
    reason: str


@dataclass(frozen=True, slots=True)
class LettersStopped(Event):
    """So many letters of an action go to real addresses, and this is not production: withheld for good."""

    level: ClassVar[str] = "warning"

    action: str
    letters: int
    reason: str


@dataclass(frozen=True, slots=True)
class SummariesDue(Event):
    """What waits for these candidates may leave now, in one mail to each."""

    level: ClassVar[str] = "debug"

    candidates: list[str]


@dataclass(frozen=True, slots=True)
class SummaryAccepted(Event):
    """The provider took a mail with so many letters to a candidate: each of them is a contact."""

    candidate: str
    summary: str
    letters: int
    message_id: str
    duration_ms: int


@dataclass(frozen=True, slots=True)
class SummaryRejected(Event):
    """The provider will never take this mail: so many letters are rejected."""

    level: ClassVar[str] = "warning"

    candidate: str
    summary: str
    letters: int
    reason: str


@dataclass(frozen=True, slots=True)
class SummaryUnknown(Event):
    """This mail may have left, with so many letters: no machine posts them again."""

    level: ClassVar[str] = "warning"

    candidate: str
    summary: str
    letters: int
    reason: str


@dataclass(frozen=True, slots=True)
class SummaryRequeued(Event):
    """This mail surely did not leave, and so many letters wait for the next try."""

    candidate: str
    summary: str
    letters: int
    reason: str


@dataclass(frozen=True, slots=True)
class SendingPaused(Event):
    """Something that only a person can mend stopped the sending of ``scope`` ("all" or one campaign)."""

    level: ClassVar[str] = "error"

    scope: str
    reason: str


@dataclass(frozen=True, slots=True)
class ReportsReceived(Event):
    """A verified batch of the provider's reports is on disk under ``callback``."""

    callback: str


@dataclass(frozen=True, slots=True)
class ReportsRecorded(Event):
    """A batch of reports was worked: ``moved`` deliveries changed state, ``unread`` entries were not understood."""

    callback: str
    reports: int
    moved: int
    unread: int
    strange: int = 0  # on deliveries that the ledger does not know


@dataclass(frozen=True, slots=True)
class AddressesSuppressed(Event):
    """These addresses (ids) are not mailed any more, in any campaign."""

    addresses: list[str]


@dataclass(frozen=True, slots=True)
class AddressesRestored(Event):
    """These addresses (ids) may be mailed again."""

    addresses: list[str]


@dataclass(frozen=True, slots=True)
class LettersFollowed(Event):
    """Letters that waited went to where they belong, because an address is not what it was."""

    released: int
    held: int
    withheld: int


@dataclass(frozen=True, slots=True)
class SignatureReceived(Event):
    """A verified signature callback is on disk under ``callback``."""

    callback: str


@dataclass(frozen=True, slots=True)
class CharterSigned(Event):
    """A candidate is a signatory now."""

    candidate: str


@dataclass(frozen=True, slots=True)
class CandidateAnswered(Event):
    """A candidate said something other than yes; ``said`` is one of ``campaign.answers.Said``."""

    candidate: str
    said: str


@dataclass(frozen=True, slots=True)
class AnswerWithdrawn(Event):
    """A candidate took back what they had ``said``; ``by`` is "link", or the operator who did it for them."""

    candidate: str
    said: str
    by: str


@dataclass(frozen=True, slots=True)
class SupportersDue(Event):
    """There are more supporters who may have to hear that this candidate signed."""

    level: ClassVar[str] = "debug"

    candidate: str


@dataclass(frozen=True, slots=True)
class WritersDue(Event):
    """Letters of these actions were on their way to this candidate, who signed; what became of them may be known."""

    level: ClassVar[str] = "debug"

    candidate: str
    actions: list[str]


@dataclass(frozen=True, slots=True)
class CharterWithdrawn(Event):
    """A candidate is no signatory any more."""

    candidate: str


@dataclass(frozen=True, slots=True)
class LettersWithheld(Event):
    """Letters that waited for this candidate will not leave."""

    candidate: str
    letters: int
    reason: str
