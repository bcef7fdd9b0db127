"""``mobilise backup``: the whole ledger in one file."""

from __future__ import annotations

import time
from pathlib import Path

import click

from workers.cli.context import Context, pass_context
from workers.cli.shown import json_option, show_json


@click.command()
@click.argument("target", metavar="FOLDER|FILE", type=click.Path(path_type=Path))
@click.option("--stopped", is_flag=True,
              help="For a server that cannot hold writes: web, workers and clock are stopped.")  # fmt: skip
@json_option
@pass_context
def backup(context: Context, target: Path, stopped: bool, as_json: bool) -> None:
    """Copy the ledger as it stands at one moment into one file, and check that file.

    The server holds everybody's writes while it is read: about 5 s for 300,000 keys, half a million letters. They wait
    and go on; a web that waits longer than 10 s answers 503. It works on any server that knows DUMP and CLIENT PAUSE,
    near or far. In a FOLDER the file gets the time as its name. A file that is there is never written over.

    The file holds people's names and addresses: only you may read it (0600), so keep it as carefully as the ledger.
    Not in it: the queue (the ledger fills it again; dead letters are not kept), the journals, and MOBILISE_SECRET,
    without which it is of no use: keep that elsewhere.
    """
    import structlog

    from workers.backup import Head, checked, made_by, write

    now = int(time.time())
    path = target / time.strftime("mobilise-%Y%m%dT%H%M%SZ.backup", time.gmtime(now)) if target.is_dir() else target
    _refuse_if_there(path)
    copies = context.store.copies
    began = time.monotonic()
    with copies.still(stopped=stopped) as check:
        held = copies.records(check)
        number = write(path, Head(now, copies.server(), made_by(context.ids)), held, context.ids)
    seconds = round(time.monotonic() - began, 2)
    with checked(path, context.ids):
        size = path.stat().st_size
    structlog.get_logger().info("ledger.copied", records=number, bytes=size, seconds=seconds)
    if as_json:
        show_json({"file": str(path), "keys": number, "bytes": size, "seconds": seconds, "taken": now})
        return
    click.echo(f"{path}: {number:,} keys, {size:,} bytes, read again and whole; writes were held for {seconds:g} s.")
    click.echo("It holds names and addresses: only you may read it. MOBILISE_SECRET is not in it.")


def _refuse_if_there(path: Path) -> None:
    from workers.errors import InputError

    if path.exists():
        raise InputError(f"{path} is there already: name another file, or a folder")
    if not path.absolute().parent.is_dir():
        raise InputError(f"{path.parent} is no folder: make it first")
