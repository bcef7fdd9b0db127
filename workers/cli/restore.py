"""``mobilise restore``: a backup into an empty ledger, with all sending paused."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from workers.cli.context import Context, pass_context
from workers.cli.shown import confirm, json_option, show_json, yes_option

if TYPE_CHECKING:
    from workers.backup import Head
    from workers.store.copies import Written

_NEXT = """\
Sending is paused: letters may have left after the copy was made, and it does not know of them. Next:
  1. start web, workers and clock
  2. mobilise ledger doubts    what the workers' journals know and the copy does not (--journal FOLDER: other machines')
  3. mobilise ledger accept    those become unknown, and sending begins again"""


@click.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@yes_option
@json_option
@pass_context
def restore(context: Context, file: Path, yes: bool, as_json: bool) -> int:
    """Write a backup into an empty ledger, recount its tallies, and leave all sending paused.

    Stop web, workers and clock first, and let REDIS_URL name an empty database: another number on the same server
    (the queue takes the next one), or a new server. The file is checked whole before anything is written; if anything
    goes wrong after that, the database is empty again. What supporters did after the copy was made is not in it.

    Exit status 3 if a tally is not what the ledger says: see `mobilise tally verify`.
    """
    import structlog

    from workers.backup import checked
    from workers.cli.tally import DIFFERENT

    with checked(file, context.ids) as (head, records):
        copies = context.store.copies
        _refuse_if_used(context)
        confirm(f"Write the copy of {_moment(head)} into the empty ledger?", yes=yes)
        written = copies.write(records)
    structlog.get_logger().warning("ledger.restored", records=written.keys, taken=head.taken)
    differing = _recounted(context)
    if as_json:
        show_json({"taken": _moment(head), "keys": written.keys, "ended": written.ended, "paused": True,
                   "differing": differing})  # fmt: skip
    else:
        _tell(head, written, differing)
    return DIFFERENT if differing else 0


def _refuse_if_used(context: Context) -> None:
    from workers.errors import UnsafeError

    copies = context.store.copies
    if size := copies.size():
        mend = "name an empty database in REDIS_URL: another number, or a new server"
        raise UnsafeError(f"the ledger is not empty, it holds {size} keys: nothing was changed ({mend})")
    if others := copies.others():
        raise UnsafeError(f"{others} connections of other processes are open here: stop web, workers and clock first")


def _recounted(context: Context) -> list[str]:
    """The campaigns whose books do not balance."""
    from workers.cli.tally import differences_of

    return [slug for slug in context.campaigns if differences_of(context, slug) or context.store.signatures.flaw(slug)]


def _moment(head: Head) -> str:
    return datetime.fromtimestamp(head.taken, UTC).strftime("%Y-%m-%d %H:%M:%SZ")


def _tell(head: Head, written: Written, differing: list[str]) -> None:
    click.echo(f"{written.keys:,} keys of {_moment(head)} are in the ledger ({written.ended:,} had ended since).")
    for slug in differing:
        click.echo(f"The tally of {slug} is not what its ledger says: mobilise tally verify {slug}", err=True)
    if not differing:
        click.echo("Recounted: the tallies are what the ledger says.")
    click.echo(_NEXT)
