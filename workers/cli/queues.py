"""``mobilise queues``: what waits in dramatiq's queues, and what waits in the ledger behind them."""

from __future__ import annotations

import click

from workers.cli.context import Context, pass_context
from workers.cli.freezing import drain, freeze, thaw
from workers.cli.letters_tried import tried
from workers.cli.operators import operator
from workers.cli.rehearsing import Trial, trial_options
from workers.cli.shown import json_option, show_json, show_rows


@click.group()
def queues() -> None:
    """Show, pause, resume and drain queues; freeze all work."""


queues.add_command(drain)
queues.add_command(freeze)
queues.add_command(thaw)


@queues.command()
@json_option
@pass_context
def show(context: Context, as_json: bool) -> None:
    """Messages by queue (waiting, being worked, delayed, dead, paused) and the actions that wait in the ledger."""
    app = context.app
    paused = {scope: pause.reason for scope, pause in app.store.pauses.all().items()}
    names = sorted(app.broker.get_declared_queues())
    rows = [{"queue": queue, **app.broker.sizes(queue), "paused": paused.get(f"queue:{queue}", "")} for queue in names]
    behind = [{"campaign": slug, "waiting_actions": app.store.agenda.waiting(slug)} for slug in app.campaigns]
    if as_json:
        show_json({"queues": rows, "ledger": behind})
    else:
        show_rows(rows)
        show_rows(behind)


@queues.command()
@click.argument("queue")
@click.option("--reason", default="paused by hand", help="Shown wherever the pause is.")
@click.option("--wait", default=120, show_default=True, help="Seconds to wait for calls that have begun.")
@json_option
@pass_context
def pause(context: Context, queue: str, reason: str, wait: int, as_json: bool) -> None:
    """Stop a queue in every campaign; its work waits in the ledger and none is lost.

    letters: when this answers, no call to the provider begins any more. callbacks: reports and signatures are taken in
    and kept, and none is worked; letters to a candidate who signed stop all the same.
    """
    from workers.cli.stopping import stop
    from workers.store.keys import queue_scope

    scope, store = queue_scope(_known(context, queue)), context.store
    new = (
        stop(store, scope, reason, wait, queue)
        if queue == "letters"
        else store.pauses.pause(scope, reason, operator(""))
    )
    _said(scope, "paused" if new else "was paused already", "queue.paused" if new else "", as_json=as_json)


@queues.command()
@click.argument("queue")
@trial_options
@json_option
@pass_context
def resume(context: Context, queue: str, *, trial: Trial, as_json: bool) -> int:
    """Let a queue go on; what waited for it is due at once."""
    from workers.store.keys import queue_scope

    scope = queue_scope(_known(context, queue))
    if trial and queue == "callbacks":
        raise click.UsageError("No mail leaves from this queue: reports and signatures are worked there.")
    if trial:
        return tried(context, list(context.openings), trial, lifted=scope, as_json=as_json)
    was = context.store.pauses.resume(scope, operator(""))
    if queue == "callbacks":
        context.store.agenda.hasten_callbacks()
    _said(scope, "resumed" if was else "was not paused", "queue.resumed" if was else "", as_json=as_json)
    return 0


def _known(context: Context, queue: str) -> str:
    """NotFoundError, with those that there are, if there is no such queue."""
    from workers.errors import NotFoundError
    from workers.shapes import nearest, printable

    names = context.app.broker.get_declared_queues()
    if queue not in names:
        raise NotFoundError(f"no queue {printable(queue)} ({nearest(queue, names)})")
    return queue


def _said(scope: str, what: str, event: str, *, as_json: bool) -> None:
    import structlog

    if event:
        structlog.get_logger().info(event, scope=scope)
    if as_json:
        show_json({"scope": scope, "result": what})
    else:
        click.echo(f"{scope} {what}")
