"""``mobilise dead-letters``: queue messages that gave up. Letters are never in here: they are in the ledger."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING

import click

from workers.cli.context import Context, pass_context
from workers.cli.shown import confirm, json_option, show_json, show_record, show_rows, yes_option

if TYPE_CHECKING:
    from workers.dead_letters import DeadLetter, DeadLetters

#: Shown of a list of ids, before it is cut short.
_SHOWN = 20

queue_option = click.option("--queue", "-q", default="", help="Only this queue.  [default: all]")
all_option = click.option("--all", "every", is_flag=True, help="Every one (of --queue).")


@click.group("dead-letters")
def dead_letters() -> None:
    """List, replay and discard dead letters."""


@dead_letters.command("list")
@queue_option
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 1_000_000), help="At most so many.")
@json_option
@pass_context
def list_(context: Context, queue: str, limit: int, as_json: bool) -> None:
    """Dead letters, newest first by queue: which actor gave up, how often it tried, and the kind of its last error."""
    dead = _dead(context)
    rows = [_row(letter) for letter in islice(dead.newest_first(_queues(dead, queue)), limit)]
    show_rows(rows, as_json=as_json, empty="there is no dead letter")


@dead_letters.command()
@click.argument("dead_id", metavar="ID")
@json_option
@pass_context
def show(context: Context, dead_id: str, as_json: bool) -> None:
    """One dead letter with what its actor was called with: ids only, no message holds a name or an address."""
    dead = _dead(context)
    letter = dead.get(dead_id)
    fields = {name: _short(value) for name, value in (letter.fields or {}).items()}
    show_record(_row(letter) | {"fields": fields, "can_be_replayed": dead.can_replay(letter)}, as_json=as_json)


@dead_letters.command()
@click.argument("dead_ids", metavar="[ID]...", nargs=-1)
@queue_option
@all_option
@yes_option
@json_option
@pass_context
def replay(context: Context, dead_ids: tuple[str, ...], queue: str, every: bool, yes: bool, as_json: bool) -> int:
    """Put dead letters back into their queue, with all their attempts. What they did before is not done twice."""
    dead = _dead(context)
    found = _asked_for(dead, dead_ids, queue, every=every)
    good = [letter for letter in found if dead.can_replay(letter)]
    if every and good:
        confirm(f"Replay {_messages(len(good))}?", yes=yes)
    done = [letter.id for letter in good if dead.replay(letter)]
    _log("dead_letter.replayed", good, done)
    stuck = [letter.id for letter in found if letter not in good]
    if as_json:
        show_json({"replayed": done, "cannot_be_replayed": stuck})
    else:
        click.echo(f"{_messages(len(done))} replayed.")
        if stuck:
            click.echo(f"{_messages(len(stuck))} of no actor that is known here: {', '.join(stuck[:_SHOWN])}", err=True)
    return 0 if len(done) == len(found) else 1


@dead_letters.command()
@click.argument("dead_ids", metavar="[ID]...", nargs=-1)
@queue_option
@all_option
@yes_option
@json_option
@pass_context
def discard(context: Context, dead_ids: tuple[str, ...], queue: str, every: bool, yes: bool, as_json: bool) -> int:
    """Throw dead letters away. No letter is lost: the clock nudges from the ledger what still has to be done."""
    dead = _dead(context)
    found = _asked_for(dead, dead_ids, queue, every=every)
    if found:
        confirm(f"Throw {_messages(len(found))} away for good?", yes=yes)
    done = [letter.id for letter in found if dead.discard(letter)]
    _log("dead_letter.discarded", found, done)
    if as_json:
        show_json({"discarded": done})
    else:
        click.echo(f"{_messages(len(done))} thrown away.")
    return 0 if len(done) == len(found) else 1


def _dead(context: Context) -> DeadLetters:
    from workers.dead_letters import DeadLetters

    return DeadLetters(context.app.broker)


def _queues(dead: DeadLetters, queue: str) -> list[str]:
    """NotFoundError, with those that there are, if there is no such queue."""
    from workers.errors import NotFoundError
    from workers.shapes import nearest, printable

    if queue and queue not in dead.queues():
        raise NotFoundError(f"no queue {printable(queue)} ({nearest(queue, dead.queues())})")
    return [queue] if queue else dead.queues()


def _asked_for(dead: DeadLetters, ids: tuple[str, ...], queue: str, *, every: bool) -> list[DeadLetter]:
    if every == bool(ids):
        raise click.UsageError("Name dead letters, or say --all.")
    if every:
        return list(dead.newest_first(_queues(dead, queue)))
    return [dead.get(dead_id) for dead_id in dict.fromkeys(ids)]


def _log(event: str, letters: Iterable[DeadLetter], done: list[str]) -> None:
    import structlog

    for letter in letters:
        if letter.id in done:
            structlog.get_logger().info(event, message_id=letter.id, queue=letter.queue, actor=letter.actor)


def _row(letter: DeadLetter) -> dict[str, object]:
    return {
        "message": letter.id,
        "queue": letter.queue,
        "actor": letter.actor,
        "campaign": (letter.fields or {}).get("campaign", ""),
        "since": datetime.fromtimestamp(letter.at, UTC),
        "attempts": letter.attempts,
        "reason": letter.reason,
    }


def _short(value: object) -> object:
    if isinstance(value, list) and len(value) > _SHOWN:
        return [*value[:_SHOWN], f"and {len(value) - _SHOWN} more"]
    return value


def _messages(number: int) -> str:
    return f"{number} message{'' if number == 1 else 's'}"
