"""What ``mobilise calls`` and ``mobilise bulletins`` share: finding one, its books, stopping it, letting it go on."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from workers.campaign.mailings import REMINDER, Kind, Mailing, Stage
from workers.campaign.mailings import book as book_named
from workers.campaign.states import State
from workers.cli.context import Context
from workers.cli.operators import operator
from workers.cli.shown import show_json, show_record, show_rows
from workers.errors import InputError, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Stages at which a mailing can be stopped.
LIVE = (Stage.APPROVED, Stage.GATHERING, Stage.SENDING)
_LOOK_S = 0.5
#: States of copies that have not left, or of which it will be known in a moment.
_WAITING = frozenset({State.QUEUED, State.SENDING, State.HELD})

by_option = click.option(
    "--by", default="", metavar="NAME", help="Who decides; stands in log and events.  [default: your login]"
)
edition_option = click.option("--edition", default="", metavar="WORD", help="Which one.  [default: the newest]")


def find(context: Context, kind: Kind, name: str, edition: str = "") -> Mailing:
    """The mailing of that edition, or the newest; NotFoundError, with those that there are, if there is none."""
    from workers.shapes import nearest, printable

    all_ = [one for one in context.store.mailings.of() if one.kind is kind]
    found = [one for one in all_ if one.name == name and edition in ("", one.edition)]
    if found:  # a reminder is approved with its call, and after it
        return next((one for one in found if edition or not one.edition.endswith(REMINDER)), found[0])
    known = {one.edition for one in all_ if one.name == name} if edition else {one.name for one in all_}
    what = f"edition {printable(edition)} of {printable(name)}" if edition else f"{kind} {printable(name)}"
    mend = nearest(edition or name, known) if known else "none was approved yet"
    raise NotFoundError(f"no {what} in the ledger ({mend})")


def listed(context: Context, kind: Kind) -> Iterator[dict[str, object]]:
    """A row for each mailing of a kind, newest first."""
    paused = context.store.pauses.all()
    for mailing in context.store.mailings.of():
        if mailing.kind is kind:
            yield {
                "name": mailing.name,
                "edition": mailing.edition,
                "campaign": mailing.campaign,
                "stage": _stage(mailing, paused),
                "audience": mailing.audience,
                "handed_over": _handed_over(context, mailing),
                "due": moment(mailing.due_at) if mailing.stage in (Stage.APPROVED, Stage.OVERDUE) else None,
                "approved": moment(mailing.approved_at),
            }


def record(context: Context, mailing: Mailing) -> dict[str, object]:
    """The books of one mailing, and all that is known of how it goes."""
    states = {state: n for state, n in context.store.tallies.totals(mailing.book).letters.items() if n}
    paused = context.store.pauses.all()
    return {
        "kind": mailing.kind,
        "name": mailing.name,
        "edition": mailing.edition,
        "campaign": mailing.campaign,
        "book": mailing.book,
        "stage": _stage(mailing, paused),
        "paused": {scope: paused[scope].reason for scope in _covering(mailing.book) if scope in paused},
        "subject": mailing.content.subject,
        "where": mailing.where or "everybody who agreed",
        "audience": mailing.audience,
        "states": states,
        "withheld": reasons(context, mailing, State.WITHHELD) if states.get(State.WITHHELD) else {},
        "balanced": sum(states.values()) == mailing.audience,
        "breaker": _breaker(context, mailing),
        **_answers(context, mailing),
        "approved_by": mailing.approved_by,
        "approved": moment(mailing.approved_at),
        "due": moment(mailing.due_at),
        "started": moment(mailing.started_at),
        "ended": moment(mailing.ended_at),
    }


def _breaker(context: Context, mailing: Mailing) -> dict[str, str]:
    """The shares that stop it, as they are; nothing where its campaign has no file, or nothing was heard lately."""
    from workers.campaign.breaker import rates

    campaign = context.campaigns.get(mailing.campaign)
    if campaign is None:
        return {}
    window = context.store.windows.read({mailing.book: campaign.breaker.window_minutes})[mailing.book]
    return {rate.outcome: rate.shown for rate in rates(campaign.breaker, window.counts) if window.counts}


def _answers(context: Context, mailing: Mailing) -> dict[str, int]:
    """What its readers did: of a call those of all its editions and reminders, which lead to one page."""
    left = {"left": context.store.preferences.left(mailing.book)}
    if mailing.kind is not Kind.CALL:
        return left
    return {**context.store.calls.response(mailing.campaign, mailing.name)._asdict(), **left}


def reasons(context: Context, mailing: Mailing, state: State) -> dict[str, int]:
    """Why copies are in a state, counted; reads the whole mailing."""
    counts: dict[str, int] = {}
    for copy in context.store.letters.newest_first(mailing.book):
        if copy.state is state:
            counts[copy.reason or "-"] = counts.get(copy.reason or "-", 0) + 1
    return counts


def show_status(shown: dict[str, object], *, as_json: bool) -> None:
    """For people without what is empty."""
    if as_json:
        show_json(shown)
        return
    show_record({key: value for key, value in shown.items() if value not in (None, "", {}, [])})
    states = shown.get("states")
    if isinstance(states, dict) and states.get(State.UNKNOWN):
        slug, _, mailing = str(shown["book"]).partition("/")
        click.echo(f"\nThose that may have left: mobilise letters list -c {slug} --mailing {mailing} --state unknown")
    _show_bar(shown)


def _show_bar(shown: dict[str, object]) -> None:
    """On a terminal, how far what is running has come."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress

    from workers.cli.shown import console

    states, audience = shown.get("states"), shown.get("audience")
    running = str(shown.get("stage", "")).startswith((Stage.GATHERING, Stage.SENDING))
    if running and isinstance(states, dict) and isinstance(audience, int) and console().is_terminal:
        with Progress(BarColumn(50), MofNCompleteColumn(), console=console()) as bars:
            past = sum(n for state, n in states.items() if state not in _WAITING)
            bars.add_task("", total=audience, completed=past)


def follow(context: Context, mailing: Mailing) -> Mailing:
    """Waits, with a bar on a terminal, until nothing of it moves any more; the mailing as it is then."""
    from rich.progress import MofNCompleteColumn

    from workers.cli.progress import progress

    with progress(MofNCompleteColumn()) as bars:
        task = bars.add_task(f"{mailing.kind} {mailing.name} {mailing.edition}", total=mailing.audience or None)
        while True:
            mailing = context.store.mailings.get(mailing.book)
            bars.update(task, completed=_past(context, mailing), total=mailing.audience or None)
            stopped = set(context.store.pauses.all()) & set(_covering(mailing.book))
            if mailing.stage not in LIVE or (mailing.due_at > time.time() and not mailing.started_at) or stopped:
                return mailing
            time.sleep(_LOOK_S)


def pause(context: Context, mailing: Mailing, reason: str, wait: float) -> str:
    """Stops it at once: when this answers, no call with its copies begins any more."""
    from workers.cli.stopping import stop
    from workers.store.keys import mailing_scope

    if mailing.stage not in LIVE:
        raise InputError(f"it is {mailing.stage} and nothing of it leaves", field="name")
    scope = mailing_scope(mailing.book)
    new = stop(context.store, scope, reason, wait, f"{mailing.kind} {mailing.name}")
    return "paused" if new else "was paused already"


def resume(context: Context, mailing: Mailing) -> str:
    """What waited leaves again."""
    from workers.store.keys import mailing_scope

    was = context.store.pauses.resume(mailing_scope(mailing.book), operator(""))
    return "resumed" if was else "was not paused"


def cancel(context: Context, mailing: Mailing, by: str) -> int:
    """Ends it for good; how many copies that waited are not sent. A batch that is being posted is posted whole."""
    store, book = context.store, mailing.book
    if not store.mailings.move(book, Stage.CANCELLED, *LIVE, Stage.DRAFT, Stage.OVERDUE):
        raise InputError(f"it is {mailing.stage}: there is nothing to cancel", field="name")
    copies = store.mailings.turn(book, [State.QUEUED, State.HELD], State.CANCELLED, "cancelled")
    if mailing.stage is not Stage.SENDING:
        store.contributions.give_back(book)
    _log("mailing.cancelled", book, by, copies)
    if mailing.kind is Kind.CALL:
        reminder = book_named(mailing.campaign, mailing.kind, mailing.name, mailing.edition + REMINDER)
        if store.mailings.move(reminder, Stage.CANCELLED, Stage.APPROVED, Stage.OVERDUE):
            _log("mailing.cancelled", reminder, by, 0)
    return copies


def retry(context: Context, mailing: Mailing, by: str, *, unknown: bool = False) -> int:
    """Copies that the provider refused are queued again, and no others: they surely did not leave.

    With ``unknown`` it is those that may have left.
    """
    store, book = context.store, mailing.book
    if mailing.stage not in (Stage.SENDING, Stage.FINISHED):
        raise InputError(f"it is {mailing.stage}: nothing of it has failed", field="name")
    copies = store.mailings.turn(book, [State.UNKNOWN if unknown else State.REJECTED], State.QUEUED, "retried")
    if not store.mailings.is_idle(book):  # also after a retry that was broken off here
        store.mailings.move(book, Stage.SENDING, Stage.FINISHED)
    _log("mailing.retried", book, by, copies)
    return copies


def said(mailing: Mailing, what: str, *, as_json: bool, **more: object) -> None:
    """What became of a deed."""
    if as_json:
        show_json({"book": mailing.book, "result": what, **more})
    else:
        click.echo(f"{mailing.kind} {mailing.name} {mailing.edition}: {what}")


def show_list(context: Context, kind: Kind, *, as_json: bool) -> None:
    """Every mailing of a kind."""
    show_rows(listed(context, kind), as_json=as_json, empty=f"no {kind} was approved yet")


def _log(event: str, book: str, by: str, copies: int) -> None:
    import structlog

    structlog.get_logger().info(event, campaign=book, by=operator(by), copies=copies)


def _covering(book: str) -> tuple[str, ...]:
    from workers.store.pauses import covering_mailing

    return covering_mailing(book)


def _stage(mailing: Mailing, paused: object) -> str:
    is_paused = isinstance(paused, dict) and any(scope in paused for scope in _covering(mailing.book))
    return f"{mailing.stage}, paused" if is_paused and mailing.stage in LIVE else mailing.stage


def _handed_over(context: Context, mailing: Mailing) -> int:
    return context.store.tallies.totals(mailing.book).contacts


def _past(context: Context, mailing: Mailing) -> int:
    """Copies that wait no more."""
    states = context.store.tallies.totals(mailing.book).letters
    return sum(n for state, n in states.items() if state not in _WAITING)


def moment(at: int) -> datetime | None:
    """Epoch seconds as a time; None for 0."""
    return datetime.fromtimestamp(at, UTC) if at else None
