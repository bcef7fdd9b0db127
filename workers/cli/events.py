"""``mobilise events``: what happened, as it happens."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from workers.cli.context import Context, pass_context
from workers.cli.shown import json_option, show_json

if TYPE_CHECKING:
    from workers.store.events import Entry


@click.group()
def events() -> None:
    """Follow or list what happened."""


@events.command("list")
@click.option(
    "--limit", "-n", default=50, show_default=True, type=click.IntRange(1, 100_000), help="The newest so many."
)
@click.option("--campaign", "-c", default="", help="Only this campaign.")
@click.option("--kind", default="", help="Only this kind, such as letters.accepted.")
@json_option
@pass_context
def list_(context: Context, limit: int, campaign: str, kind: str, as_json: bool) -> None:
    """The newest events, oldest first; the ledger keeps about a hundred thousand."""
    for entry in _wanted(iter(context.store.events.newest(limit)), campaign, kind):
        _show(entry, as_json=as_json)


@events.command()
@click.option("--campaign", "-c", default="", help="Only this campaign.")
@click.option("--kind", default="", help="Only this kind, such as letters.accepted.")
@json_option
@pass_context
def tail(context: Context, campaign: str, kind: str, as_json: bool) -> None:
    """Follow events until Ctrl-C."""
    newest = context.store.events.newest(1)
    last = newest[0].id if newest else "0-0"
    while True:
        for entry in context.store.events.after(last, block_ms=1000):
            last = entry.id
            for one in _wanted(iter([entry]), campaign, kind):
                _show(one, as_json=as_json)


def _wanted(entries: Iterator[Entry], campaign: str, kind: str) -> Iterator[Entry]:
    return (e for e in entries if campaign in ("", e.campaign) and kind in ("", e.kind))


def _show(entry: Entry, *, as_json: bool) -> None:
    if as_json:
        show_json(entry)
        return
    at = datetime.fromtimestamp(entry.at, UTC).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]
    click.echo(f"{at}Z  {entry.kind:<20} {entry.campaign:<20} {entry.body}")
