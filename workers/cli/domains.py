"""``mobilise domains``: mail to one domain is stopped in every campaign, and everything else goes on."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from workers.cli.context import Context, pass_context
from workers.cli.operators import operator
from workers.cli.shown import json_option, show_json, show_rows


@click.group()
def domains() -> None:
    """List, pause and resume mail to one domain: its server is down, or turns away all that comes."""


@domains.command("list")
@json_option
@pass_context
def list_(context: Context, as_json: bool) -> None:
    """The domains that are paused, why, since when and by whom."""
    rows = [
        {"domain": one.domain, "reason": one.reason, "since": datetime.fromtimestamp(one.at, UTC), "by": one.by}
        for one in context.store.pauses.all().values()
        if one.domain
    ]
    show_rows(rows, as_json=as_json, empty="no domain is paused")


@domains.command()
@click.argument("domain")
@click.option("--reason", default="paused by hand", help="Shown wherever the pause is.")
@click.option("--wait", default=120, show_default=True, help="Seconds to wait for calls that have begun.")
@json_option
@pass_context
def pause(context: Context, domain: str, reason: str, wait: int, as_json: bool) -> None:
    """Stop mail to addresses at DOMAIN, such as example.org, in every campaign; letters to it stay queued.

    Subdomains are domains of their own. When this answers, no call with such an address begins any more.
    """
    from workers.cli.stopping import stop
    from workers.domains import normal_domain, scope_of

    name = normal_domain(domain)
    new = stop(context.store, scope_of(context.ids, name), reason, wait, name, domain=name)
    _said(context, name, "paused" if new else "was paused already", as_json=as_json)


@domains.command()
@click.argument("domain")
@json_option
@pass_context
def resume(context: Context, domain: str, as_json: bool) -> None:
    """Let mail to DOMAIN leave again: letters at once, at their campaign's pace; receipts within ten minutes."""
    from workers import domains as stopped

    name = stopped.normal_domain(domain)
    was = stopped.resume(context.store, context.campaigns, stopped.scope_of(context.ids, name), operator(""))
    _said(context, name, "resumed" if was else "was not paused", as_json=as_json)


def _said(context: Context, name: str, what: str, *, as_json: bool) -> None:
    from workers.domains import scope_of

    if as_json:
        show_json({"domain": name, "scope": scope_of(context.ids, name), "result": what})
    else:
        click.echo(f"{name} {what}")
