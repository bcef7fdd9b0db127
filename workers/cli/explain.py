"""``mobilise explain``: the whole story of one thing, in order, and what can be done about it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import click

from workers.cli.context import Context, pass_context
from workers.cli.shown import json_option, plain, show_json, show_rows
from workers.errors import InputError, NotFoundError
from workers.logbook.sifting import trace_of

if TYPE_CHECKING:
    from workers.story.others import OtherStories
    from workers.story.telling import Story

_LETTER = re.compile(r"d[a-z2-7]{16}-\S+")
_ACTION, _PERSON = re.compile(r"a[a-z2-7]{16}"), re.compile(r"p[a-z2-7]{16}")
_TRACE = re.compile(r"[0-9a-f]{8,32}")
#: Letters that are shown of an action or a person; --json has all of them.
_SHOWN = 20


@click.command()
@click.argument("about", metavar="ID")
@click.option("--campaign", "-c", default="", help="The campaign's slug: needed for a candidate.")
@json_option
@pass_context
def explain(context: Context, about: str, campaign: str, *, as_json: bool) -> None:
    """Tell the story of one thing: what happened to it and when, where it stands, what you can do.

    ID is a letter or receipt (d…-…), an action (a…), a person (p…), a trace id, or a candidate of --campaign. Times
    are in the campaign's zone. It is read from the ledger, its newest events (about 100,000), this machine's journals
    and the log folder. Nobody's name, address or words are shown.
    """
    story = _story(context, about.strip(), context.campaign(campaign).slug if campaign else "")
    if as_json:
        show_json(story)
    else:
        _show(story)


def _story(context: Context, about: str, slug: str) -> Story:
    """NotFoundError, or InputError if it looks like no id at all."""
    from workers.story.around import Around
    from workers.story.evidence import Evidence
    from workers.story.letters import LetterStories
    from workers.story.others import OtherStories

    settings = context.settings
    log = settings.path(settings.log.folder) if settings.log.folder else None
    journals = settings.path(settings.worker.journal) if settings.worker.journal else None
    around, evidence = Around(context.store, context.openings), Evidence(context.store, log, journals)
    letters, others = LetterStories(around, evidence), OtherStories(around, evidence, context.ids)
    if slug and not _is_unmistakable(about):
        return others.candidate(slug, about)
    if _LETTER.fullmatch(about):
        return letters.letter(about)
    if _ACTION.fullmatch(about):
        return letters.action(about)
    if _PERSON.fullmatch(about):
        return others.person(about)
    if _TRACE.fullmatch(trace_of(about)):
        return _trace_or_candidate(others, about, slug)
    what = "not the id of a letter (d…-…), an action (a…), a person (p…) or a trace; for a candidate say --campaign"
    raise InputError(f"{plain(about)!r} is {what}")


def _is_unmistakable(about: str) -> bool:
    return any(kind.fullmatch(about) for kind in (_LETTER, _ACTION, _PERSON)) or len(trace_of(about)) == 32


def _trace_or_candidate(others: OtherStories, about: str, slug: str) -> Story:
    try:
        return others.trace(trace_of(about), slug)
    except NotFoundError as error:
        raise NotFoundError(f"{error}; a candidate? say --campaign") from None


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
