"""What happened to calls and bulletins; ``campaign`` is the mailing's book: its copies are too many to be named."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from workers.campaign.events import Event


@dataclass(frozen=True, slots=True)
class MailingDue(Event):
    """A call or bulletin has something to do: to begin, to gather the next of its audience, or to end."""

    level: ClassVar[str] = "debug"


@dataclass(frozen=True, slots=True)
class MailingStarted(Event):
    """Its audience is being written to the ledger, in so many groups."""

    groups: int


@dataclass(frozen=True, slots=True)
class AudienceGathered(Event):
    """Everybody who gets a copy is in the ledger; copies leave from now on."""

    audience: int


@dataclass(frozen=True, slots=True)
class CopiesDue(Event):
    """Copies of these orders may leave now."""

    level: ClassVar[str] = "debug"

    orders: list[str]


@dataclass(frozen=True, slots=True)
class CopiesAccepted(Event):
    """The provider took these copies in one call."""

    order: str
    copies: int
    message_id: str
    duration_ms: int


@dataclass(frozen=True, slots=True)
class CopiesRejected(Event):
    """The provider will never take these copies as they are."""

    level: ClassVar[str] = "warning"

    order: str
    copies: int
    reason: str


@dataclass(frozen=True, slots=True)
class CopiesUnknown(Event):
    """These copies may have left: no machine posts them again."""

    level: ClassVar[str] = "warning"

    order: str
    copies: int
    reason: str


@dataclass(frozen=True, slots=True)
class CopiesRequeued(Event):
    """These copies surely did not leave, and wait for their next time."""

    order: str
    copies: int
    reason: str


@dataclass(frozen=True, slots=True)
class MailingFinished(Event):
    """Every copy has come to its end, and the books balance."""

    audience: int
    accepted: int


@dataclass(frozen=True, slots=True)
class MailingUnbalanced(Event):
    """Nothing of it waits, and its states do not add up to its audience: it is not finished until they do."""

    level: ClassVar[str] = "error"

    audience: int
    counted: int


@dataclass(frozen=True, slots=True)
class MailingSkipped(Event):
    """It would have been empty: nothing to tell, or nobody to tell it to."""

    level: ClassVar[str] = "warning"

    reason: str


@dataclass(frozen=True, slots=True)
class EditionDue(Event):
    """The time of a bulletin's next edition has come."""

    name: str
    due_at: int


@dataclass(frozen=True, slots=True)
class EditionOverdue(Event):
    """The time of an edition passed while nobody was there, or before it was approved: an operator decides."""

    level: ClassVar[str] = "warning"

    reason: str
