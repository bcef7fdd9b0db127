"""``mobilise web``: the HTTP server."""

from __future__ import annotations

import click

from workers.cli.context import Context, pass_context


@click.command("web")
@click.option("--host", help="Address to listen on.  [default: web.host of the settings]")
@click.option("--port", type=click.IntRange(0, 65535), help="0 takes a free one.  [default: web.port of the settings]")
@pass_context
def web(context: Context, host: str | None, port: int | None) -> None:
    """Take actions and callbacks, show tallies and pages."""
    from workers.web.server import run

    settings = context.settings.web
    run(context.app, host or settings.host, settings.port if port is None else port)
