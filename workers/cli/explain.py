"""``mobilise explain``: the whole story of one thing, in order, and what can be done about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from workers.cli.context import Context, pass_context
from workers.cli.shown import json_option, plain, show_json, show_rows

if TYPE_CHECKING:
    from workers.story.telling import Story

#: Letters that are shown of an action or a person; --json has all of them.
_SHOWN = 20


@click.command()
@click.argument("about", metavar="ID")
@click.option("--campaign", "-c", default="", help="The campaign's slug: needed for a candidate.")
@json_option
@pass_context
def explain(context: Context, about: str, campaign: str, *, as_json: bool) -> None:
    """Tell the story of one thing: what happened to it and when, where it stands, what you can do.

    ID is a letter, receipt or copy (d…-…), an action (a…), a person (p…), a trace id, or a candidate of --campaign.
    Times are in the campaign's zone. It is read from the ledger, its newest events (about 100,000), this machine's
    journals and the log folder. Nobody's name, address or words are shown.
    """
    story = _story(context, about.strip(), context.campaign(campaign).slug if campaign else "")
    if as_json:
        show_json(story)
    else:
        _show(story)


def _story(context: Context, about: str, slug: str) -> Story:
    from workers.story.finding import Finder

    return Finder(context.settings, context.store, context.openings, context.ids).find(about, slug)


def _show(story: Story) -> None:
    of = f" of {story.campaign}" if story.campaign else ""
    click.secho(f"The {story.kind} {plain(story.id)}{of}", bold=True)
    click.echo(f"Times: {story.time_zone}")
    _show_moments(story)
    for sentence in story.now:
        click.echo(f"{click.style('Now', bold=True)}  {plain(_capital(sentence))}")
    if len(story.letters) > 1:
        show_rows([_readable(story, row) for row in story.letters[:_SHOWN]])
        if len(story.letters) > _SHOWN:
            click.echo(f"… and {len(story.letters) - _SHOWN} more: --json has all of them")
    for step in story.next:
        click.echo(f"{click.style('Do', bold=True)}   {plain(step.why)}:\n       {step.command}")


def _show_moments(story: Story) -> None:
    from workers.story.telling import clock

    day = ""
    for moment in (moment for moment in story.moments if moment.says):
        words = clock(moment.at, story.time_zone).split(" ")
        if (today := " ".join(words[:4])) != day:
            day = today
            click.echo(f"\n{day}")
        more = f" ({moment.more})" if moment.more else ""
        click.echo(f"  {words[4]}  {plain(moment.says)}{click.style(plain(more), dim=True)}")
    click.echo()


def _readable(story: Story, row: dict[str, object]) -> dict[str, object]:
    """A letter's row with its times in the campaign's zone."""
    from workers.story.telling import clock

    return {
        name: clock(value, story.time_zone) if name in {"since", "due"} and isinstance(value, int) else value
        for name, value in row.items()
        if name != "call"
    }


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
