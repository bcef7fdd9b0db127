"""``mobilise people show``, ``export``, ``erase`` and ``count``: whom the ledger knows, and how to be forgotten."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from workers.cli.context import Context, pass_context
from workers.cli.operators import operator
from workers.cli.shown import confirm, json_option, show_json, show_record, yes_option

if TYPE_CHECKING:
    from workers.campaign.model import Person
    from workers.campaign.profile import Profile
    from workers.dossiers import Line

#: People counted in one round trip.
_CHUNK = 1000

_COUNT = """\
Count whom a segment means, before it is used: and how many of them may be mailed, and for what.

\b
  mobilise people count -c SLUG --where "region = 'Wales' and not wrote"
  mobilise people count -c SLUG --where "tag = 'volunteer' and not mailed in 14 days"
"""

_person = click.argument("person", metavar="ID|EMAIL")
_by = click.option("--by", default="", metavar="NAME", help="Who asks; stands in the events.  [default: your login]")


@click.command(short_help="one person; the name and address are masked")
@_person
@click.option("--reveal", is_flag=True, help="Show name, address and postcode in full; stands in the events.")
@_by
@json_option
@pass_context
def show(context: Context, person: str, *, reveal: bool, by: str, as_json: bool) -> None:
    """Show a person: what they agreed to, what they do not want, and how many letters they wrote.

    Of an address, everybody is shown who shares its mailbox. `mobilise explain ID` tells their story.
    """
    from workers.erasure import find

    found = find(context.store, person)
    if reveal:
        _note(context, "person.shown", found, by)
    rows = [_row(context, one, reveal=reveal) for one in found]
    if as_json:
        show_json(rows)
        return
    for place, row in enumerate(rows):
        if place:
            click.echo()
        show_record(row)


@click.command(short_help="all that is known of a person, as CSV, for them")
@_person
@click.argument("file", type=click.Path(dir_okay=False, writable=True, path_type=Path), required=False)
@_by
@json_option
@pass_context
def export(context: Context, person: str, file: Path | None, *, by: str, as_json: bool) -> None:
    """Write all that is known of a person to FILE, or to standard output: for who asks what you know of them.

    Who they are, what they agreed to, their own words, each letter and what became of it, each mail they got. FILE can
    be read by you alone: send it to nobody but the address in it.
    """
    from workers.campaign.spreadsheet import csv_lines
    from workers.dossiers import COLUMNS, dossier
    from workers.erasure import find

    found = find(context.store, person)
    lines = [line.row() for one in found for line in dossier(context.store, context.campaigns, one)]
    _note(context, "person.exported", found, by)
    if as_json:
        show_json(lines)
    elif file is None:
        _write(sys.stdout.buffer.fileno(), csv_lines(COLUMNS, lines), close=False)
    else:
        _write(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), csv_lines(COLUMNS, lines))
        click.echo(f"{file.name}: {len(lines):,} lines about {_people(found)}.", err=True)


@click.command(short_help="forget a person; a suppressed address stays suppressed")
@_person
@_by
@yes_option
@json_option
@pass_context
def erase(context: Context, person: str, *, by: str, yes: bool, as_json: bool) -> None:
    """Forget a person, or everybody at an address: name, address, consents, profile, wishes and their own words.

    Letters of theirs that wait are withheld. What stays are ids, made from the address and MOBILISE_SECRET: the books
    balance, a suppressed address stays suppressed, and no list brings the person back; only they themselves can.
    Backups that were made before still hold them. Erasing again changes nothing.
    """
    from workers.erasure import erase as forget
    from workers.erasure import find
    from workers.errors import NotFoundError

    try:
        found = find(context.store, person)
    except NotFoundError:
        found = _unknown(context, person)
    confirm(f"Forget {_people(found)} ({', '.join(one.id for one in found)})? There is no way back.", yes=yes)
    done = [forget(context.store, context.campaigns, one, operator(by)) for one in found]
    if any(one.known for one in done):
        _note(context, "person.erased", found, by)
    counts = {"withheld": sum(one.withheld for one in done), "actions": sum(one.actions for one in done)}
    if as_json:
        show_json({"erased": [one.id for one, was in zip(found, done, strict=True) if was.known], **counts})
    elif any(one.known for one in done):
        waiting = f" {counts['withheld']:,} letters that waited are withheld." if counts["withheld"] else ""
        click.echo(f"{_people(found)} forgotten.{waiting}")
    else:
        click.echo("Nothing of them was kept any more.")


@click.command(short_help="how many people a segment means", help=_COUNT)
@click.option("--campaign", "-c", required=True, metavar="SLUG", help="Whose letters and candidates count.")
@click.option("--where", "-w", default="", metavar="WORDS", help="Whom you mean; without it everybody.")
@json_option
@pass_context
def count(context: Context, campaign: str, *, where: str, as_json: bool) -> None:
    from workers.audience import matching
    from workers.campaign.segments import parse

    segment, slug = parse(where), context.campaign(campaign).slug
    counts = {"people": 0, "meant": 0, "bulletins": 0, "calls": 0, "suppressed": 0}
    profiles = _counted(context.store.people.profiles(), counts)
    source = matching(context.store, slug, segment, profiles)
    while chunk := list(islice(source, _CHUNK)):
        _add(context, chunk, counts)
    if as_json:
        show_json({"campaign": slug, "where": str(segment), **counts})
        return
    words = {
        "people": "people are known",
        "meant": f"are meant by: {segment}" if where else "are meant: everybody",
        "bulletins": "of these agree to bulletins and can be mailed",
        "calls": "of these agree to calls and can be mailed",
        "suppressed": "of these have a suppressed address",
    }
    for key, number in counts.items():
        click.echo(f"{number:9,}  {words[key]}")


def _counted(profiles: Iterable[tuple[str, Profile]], counts: dict[str, int]) -> Iterator[tuple[str, Profile]]:
    for one in profiles:
        counts["people"] += 1
        yield one


def _add(context: Context, chunk: list[tuple[str, Profile]], counts: dict[str, int]) -> None:
    suppressed = context.store.suppressions.among([profile.address for _, profile in chunk])
    for _, profile in chunk:
        counts["meant"] += 1
        if profile.address in suppressed:
            counts["suppressed"] += 1
            continue
        for purpose in profile.purposes:
            counts[purpose] += 1


def _row(context: Context, person: Person, *, reveal: bool) -> dict[str, Any]:
    from workers.cli.candidates_shown import masked
    from workers.dossiers import standing

    lines = list(standing(context.store, person))
    letters = [
        letter
        for slug in context.campaigns
        for letter in context.store.letters.of_group(context.ids.group(slug, "letter", "", person.id))
    ]
    return {
        "id": person.id,
        "name": person.name if reveal else f"{person.name[:1]}…",
        "address": person.email if reveal else masked(person.email),
        "postcode": person.postcode if reveal else person.postcode.partition(" ")[0],
        **{line.about.replace(" ", "_"): line.says for line in lines if line.what == "profile"},
        "consents": [_said(line) for line in lines if line.what == "consent"],
        "does_not_want": [line.says for line in lines if line.what == "preferences"],
        "suppressed": [line.about for line in lines if line.what == "suppression"],
        "mailed": [line.row()["at"] for line in lines if line.what == "mailed"],
        "letters": len(letters),
    }


def _said(line: Line) -> str:
    at = str(line.row()["at"])[:10]
    return f"{line.about} ({at}{', ' if line.source else ''}{line.source}): {line.says}"


def _unknown(context: Context, given: str) -> list[Person]:
    """Who is erased although nothing is known of them: what is left of a broken erasure, or an address on no list."""
    from workers.campaign.ids import is_person_id
    from workers.campaign.model import Person
    from workers.errors import InputError
    from workers.typed import email

    if is_person_id(given):
        return [Person(given, "", "", "")]
    try:
        address = email(given)
    except InputError as error:
        what = "is neither an id of a person nor an address"
        raise InputError(what if "@" not in given else error.what, field="person") from None
    return [Person(context.ids.person(address, ""), "", address, "")]


def _people(found: list[Person]) -> str:
    return "1 person" if len(found) == 1 else f"{len(found):,} people"


def _note(context: Context, event: str, found: list[Person], by: str) -> None:
    import structlog

    _ = context.settings  # begins the log
    who = operator(by)
    for one in found:
        if event != "person.erased":  # which its script writes itself
            context.store.events.append(event, "", f"{one.id} by {who}")
        structlog.get_logger().info(event, person=one.id, by=who)


def _write(file: int, lines: Iterator[str], *, close: bool = True) -> None:
    with os.fdopen(file, "wb", closefd=close) as out:
        for line in lines:
            out.write(line.encode())
