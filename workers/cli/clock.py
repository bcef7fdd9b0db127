"""``mobilise clock``: moves what is due into the queue."""

from __future__ import annotations

import click

from workers.cli.context import Context, pass_context


@click.command()
@pass_context
def clock(context: Context) -> None:
    """Run the clock until SIGTERM. Any number may run: each due thing is moved by one of them."""
    from workers.clock import Clock
    from workers.pulse import beating
    from workers.worker import asked_to_stop

    asked = asked_to_stop()
    context.app.require_safe()
    with beating(context.app.store, "clock"):
        Clock(context.app).run(asked)
