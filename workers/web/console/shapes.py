"""The numbers of one moment, as the console's page and its JSON have them."""

from __future__ import annotations

from typing import Any

from msgspec import Struct


class CampaignLine(Struct, frozen=True):
    """One campaign in a line; ``minutes`` are the letters handed over in each of the last sixty minutes."""

    campaign: str
    title: str
    state: str
    contacts: int
    supporters: int
    signatories: int
    actions: int
    unconfirmed: int
    to_go: int
    due_now: int
    overdue_s: int
    per_minute: int
    per_hour: int
    minutes: list[int]
    paused: bool


class Book(Struct, frozen=True):
    """The letters of one mailing by state; a campaign's letters and receipts are two mailings.

    ``stage`` is how far a call or bulletin has come, "" for others; ``scope`` pauses it, "" if nothing of it leaves.
    """

    book: str
    campaign: str
    says: str
    stage: str
    scope: str
    paused: bool
    states: dict[str, int]
    total: int


class Queue(Struct, frozen=True):
    """The messages of one queue."""

    queue: str
    waiting: int
    working: int
    delayed: int
    dead: int
    oldest_s: int
    paused: bool


class Stop(Struct, frozen=True):
    """What is paused: ``says`` in words, ``since`` in epoch seconds."""

    scope: str
    says: str
    reason: str
    since: int
    by: str


class Doubt(Struct, frozen=True):
    """Letters of a book that may have left; ``oldest`` are ids with epoch seconds."""

    book: str
    letters: int
    old: int
    oldest: list[tuple[str, int]]


class Answer(Struct, frozen=True):
    """Provider calls that came to one outcome; ``newest`` in epoch seconds, 0 if that is not known."""

    outcome: str
    calls: int
    newest: int


class Process(Struct, frozen=True):
    """A process and its newest sign of life."""

    kind: str
    name: str
    seen_s: int
    silent: bool


class Look(Struct, frozen=True):
    """All of it; times are epoch seconds."""

    at: float
    campaigns: list[CampaignLine]
    books: list[Book]
    accepted: list[int]
    failed: list[int]
    queues: list[Queue]
    stops: list[Stop]
    doubts: list[Doubt]
    held: dict[str, dict[str, int]]
    contributions: dict[str, int]
    answers: list[Answer]
    provider_hold_s: float
    in_flight: int
    callbacks: int
    callbacks_oldest_s: int
    processes: list[Process]
    clock_tick_s: int | None
    drift: dict[str, int]
    redis: dict[str, Any]
