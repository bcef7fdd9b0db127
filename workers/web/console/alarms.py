"""What is not as it should be just now, in sentences, with what to do first."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from workers.web.console.shapes import Look
from workers.web.console.words import at, count, span

#: Seconds after which somebody should wonder: no tick, the oldest message, letters late, a report unworked.
_TICK_S, _QUEUE_S, _LATE_S, _CALLBACK_S = 30, 120, 300, 300
#: Share of the memory limit that is nearly all.
_NEARLY = 0.9


class Alarm(NamedTuple):
    """``wrong``: it needs somebody now; else it is worth knowing. ``link`` leads to what to do, ``do`` says it."""

    says: str
    wrong: bool = True
    link: str = ""
    do: str = ""


def alarms(look: Look) -> list[Alarm]:
    """The urgent ones first; empty when all is well."""
    found = [*_stops(look), *_processes(look), *_provider(look), *_work(look), *_books(look), *_redis(look)]
    return sorted(found, key=lambda alarm: not alarm.wrong)


def _stops(look: Look) -> Iterator[Alarm]:
    for stop in look.stops:
        by = f" by {stop.by}" if stop.by else ""
        says = f"Paused since {at(stop.since)} UTC{by}: {stop.says}. {stop.reason}"
        yield Alarm(says, stop.scope == "all" or not stop.by, f"/console/resume?scope={stop.scope}", "Resume")


def _processes(look: Look) -> Iterator[Alarm]:
    if look.clock_tick_s is None or look.clock_tick_s > _TICK_S:
        since = "has ever ticked" if look.clock_tick_s is None else f"has ticked for {span(look.clock_tick_s)}"
        yield Alarm(f"No clock {since}: nothing that is due is moved. Start one: mobilise clock")
    if not any(one.kind == "worker" and not one.silent for one in look.processes):
        yield Alarm("No worker gives a sign of life: nothing is sent. Start one: mobilise worker")
    for one in look.processes:
        if one.silent:
            yield Alarm(f"The {one.kind} {one.name} fell silent {span(one.seen_s)} ago.", wrong=False)


def _provider(look: Look) -> Iterator[Alarm]:
    if look.provider_hold_s:
        yield Alarm(f"The provider is left alone for another {span(look.provider_hold_s)}: it asked for it, or failed.")


def _work(look: Look) -> Iterator[Alarm]:
    for queue in look.queues:
        if queue.dead:
            says = f"{count(queue.dead, 'dead letter')} in the queue {queue.queue}: an actor kept failing."
            yield Alarm(says, link="/console/dead-letters", do="Read")
        if queue.oldest_s > _QUEUE_S and not queue.paused:
            yield Alarm(f"The oldest message of the queue {queue.queue} has waited for {span(queue.oldest_s)}.")
    for line in look.campaigns:
        if line.overdue_s > _LATE_S and line.state == "open" and not look.provider_hold_s:
            yield Alarm(f"Letters of {line.campaign} are late by {span(line.overdue_s)}.")
    if look.callbacks_oldest_s > _CALLBACK_S:
        yield Alarm(
            f"{count(look.callbacks, 'report')} not worked; the oldest came {span(look.callbacks_oldest_s)} ago."
        )


def _books(look: Look) -> Iterator[Alarm]:
    for doubt in look.doubts:
        letter, since = doubt.oldest[0] if doubt.oldest else ("", 0)
        says = (
            f"{count(doubt.letters, 'letter')} of {doubt.book} may have left: unknown since {at(since)} UTC, or later."
        )
        yield Alarm(says, doubt.old > 0, f"/console/explain/{letter}", "Explain the oldest")
    for one in look.books:
        if one.stage == "overdue":
            yield Alarm(f"The time of {one.says} of {one.campaign} has passed: send it now, or cancel it.")
    for slug, number in look.contributions.items():
        says = f"{count(number, 'contribution')} to {slug} not decided on: mobilise contributions list -c {slug}"
        yield Alarm(says, wrong=False)
    for book, number in look.drift.items():
        yield Alarm(f"The last recount of {book} found {count(number, 'wrong count')}: mobilise tally repair {book}")


def _redis(look: Look) -> Iterator[Alarm]:
    for what in look.redis["wrong"]:
        yield Alarm(f"Redis does not keep what it is given as it should: {what.replace('_', ' ')} is not well.")
    used, limit = look.redis["used"], look.redis["limit"]
    if limit and used > _NEARLY * limit:
        yield Alarm(f"Redis has used {100 * used / limit:.0f} % of the memory that it may use.")
