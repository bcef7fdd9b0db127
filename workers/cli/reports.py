"""``mobilise reports``: what the provider said and nobody understood."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from workers.cli.context import Context, pass_context
from workers.cli.shown import json_option, show_rows


@click.group()
def reports() -> None:
    """What the provider reported."""


@reports.command()
@click.option("--limit", "-n", default=50, show_default=True, type=click.IntRange(1, 1000), help="The newest so many.")
@json_option
@pass_context
def unread(context: Context, limit: int, as_json: bool) -> None:
    """Entries that were kept aside, newest first: unknown events and broken rows, without what tells of people.

    The rest of their batch was worked. The ledger keeps the newest thousand.
    """
    rows = [
        {
            "at": datetime.fromtimestamp(one.at, UTC),
            "callback": one.callback,
            "row": one.row,
            "reason": one.reason,
            "entry": one.entry,
        }
        for one in context.store.reports.unread(limit)
    ]
    show_rows(rows, as_json=as_json, empty="everything that was reported was understood")
