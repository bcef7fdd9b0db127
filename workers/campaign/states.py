"""The life of a delivery: its states and the one table of legal moves."""

from __future__ import annotations

from enum import StrEnum


class State(StrEnum):
    """Where a delivery is. Every e-mail that leaves is in exactly one of these."""

    HELD = "held"
    QUEUED = "queued"
    SENDING = "sending"
    ACCEPTED = "accepted"
    DELIVERED = "delivered"
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    REJECTED = "rejected"
    UNKNOWN = "unknown"
    WITHHELD = "withheld"
    CANCELLED = "cancelled"


S = State

#: From each state, where it may go next; what is not here is refused.
MOVES: dict[State, frozenset[State]] = {
    S.HELD: frozenset({S.QUEUED, S.WITHHELD, S.CANCELLED, S.COMPLAINED}),
    # One that waits may have left before, for another address or because an operator sends it again: a report may tell.
    S.QUEUED: frozenset({S.SENDING, S.HELD, S.WITHHELD, S.CANCELLED, S.ACCEPTED, S.DELIVERED, S.BOUNCED, S.COMPLAINED}),
    S.SENDING: frozenset(
        {S.ACCEPTED, S.REJECTED, S.UNKNOWN, S.QUEUED, S.DELIVERED, S.BOUNCED, S.COMPLAINED, S.WITHHELD}
    ),
    S.UNKNOWN: frozenset({S.ACCEPTED, S.DELIVERED, S.BOUNCED, S.COMPLAINED, S.REJECTED, S.QUEUED}),
    S.ACCEPTED: frozenset({S.DELIVERED, S.BOUNCED, S.COMPLAINED}),
    S.DELIVERED: frozenset({S.BOUNCED, S.COMPLAINED}),
    S.BOUNCED: frozenset({S.COMPLAINED, S.QUEUED}),  # queued again for the candidate's other address, and only there
    S.COMPLAINED: frozenset(),
    S.REJECTED: frozenset({S.QUEUED}),  # surely not sent: an operator lets a bulletin's copy be tried again
    S.WITHHELD: frozenset(),
    S.CANCELLED: frozenset(),
}

#: A letter in one of these was handed over and did not come back: it is a contact.
CONTACT = frozenset({S.ACCEPTED, S.DELIVERED, S.COMPLAINED})

#: A letter in one of these could not arrive, and nothing more is tried.
UNDELIVERED = frozenset({S.BOUNCED, S.REJECTED})

#: A letter in one of these has not reached its end yet.
WAITING = frozenset({S.HELD, S.QUEUED, S.SENDING})
