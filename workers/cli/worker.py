"""``mobilise worker``: writes and sends letters, works what comes back."""

from __future__ import annotations

import click

from workers.cli.context import Context, pass_context


@click.command()
@click.option(
    "--queues", "-Q", default="", help="Only these queues, comma-separated: letters, callbacks.  [default: all]"
)
@click.option(
    "--threads", "-t", type=click.IntRange(1, 1024), help="Calls in flight at once.  [default: worker.threads]"
)
@pass_context
def worker(context: Context, queues: str, threads: int | None) -> None:
    """Run one worker process until SIGTERM; then it ends the call it is at and gives back the rest.

    Run as many as there are cores, on as many machines as you like: they share the work through Redis.
    """
    from workers.errors import InputError
    from workers.worker import run

    app = context.app
    named = {queue.strip() for queue in queues.split(",") if queue.strip()}
    if unknown := named - app.broker.get_declared_queues():
        raise InputError(f"there is no queue {', '.join(sorted(unknown))}", field="--queues")
    app.require_safe()
    run(app, threads or app.settings.worker.threads, named)
