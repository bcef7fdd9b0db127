"""``mobilise queues``: what waits in dramatiq's queues, and what waits in the ledger behind them."""

from __future__ import annotations

import click

from workers.cli.context import Context, pass_context
from workers.cli.shown import json_option, show_json, show_rows


@click.group()
def queues() -> None:
    """Show queues."""


@queues.command()
@json_option
@pass_context
def show(context: Context, as_json: bool) -> None:
    """Messages by queue (waiting, being worked, delayed, dead) and actions by campaign that wait in the ledger."""
    app = context.app
    rows = [{"queue": queue, **app.broker.sizes(queue)} for queue in sorted(app.broker.get_declared_queues())]
    behind = [{"campaign": slug, "waiting_actions": app.store.agenda.waiting(slug)} for slug in app.campaigns]
    if as_json:
        show_json({"queues": rows, "ledger": behind})
    else:
        show_rows(rows)
        show_rows(behind)
