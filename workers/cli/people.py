"""``mobilise people``: import a file; people_known.py has the verbs about those who are known."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from workers.cli.context import Context, pass_context
from workers.cli.operators import operator
from workers.cli.people_known import count, erase, export, show
from workers.cli.shown import confirm, json_option, show_json, yes_option

if TYPE_CHECKING:
    from workers.campaign.model import Consent
    from workers.people import Count, Import
    from workers.store import Store


#: Exit status of an import that left rows out.
ROWS_REFUSED = 3

_IMPORT = """\
Add the people in FILE, a CSV in UTF-8; who is known already gets what is new. Nobody is removed.

\b
Columns, in any order, with , or ; or a tab between:
  name            or first_name and last_name
  email           with the name it tells people apart: two who share a mailbox are two
  postcode        its constituency is looked up in the places that are imported
  tags            with ; between: volunteer;door-to-door. They are added; one with a dash before it,
                  -volunteer, is taken away
  language        cy, en-GB
  consent_purpose consent_wording consent_at consent_source
                  what they agreed to (bulletins, calls, updates, or a word of yours), in which
                  exact words, when, and where. A person with several consents has several rows.

A file without these consents needs --purpose, --wording and --agreed-at: nobody is mailed for what they did
not agree to, and people who took a consent back, or were erased, do not come back with a list.

The difference to the ledger is shown first, then it is asked. A row that cannot be used stops nothing. Importing
the same file again changes nothing.

Exit status: 0 all rows taken, 3 some rows refused, 1 nothing done.
"""

_FILE = click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)


@click.group("people", short_help="supporters and subscribers: import, count, show, export, erase")
def people() -> None:
    """Supporters and subscribers: who they are, and what they agreed to."""


people.add_command(count)
people.add_command(show)
people.add_command(export)
people.add_command(erase)


@people.command("import", short_help="add people from a CSV file, with what they agreed to", help=_IMPORT)
@click.argument("file", type=_FILE)
@click.option("--purpose", default="", metavar="WORD", help="What everybody in FILE agreed to: bulletins, calls …")
@click.option("--wording", default="", metavar="TEXT", help="The exact words they agreed to.")
@click.option("--agreed-at", default="", metavar="TIME", help="When: 2026-05-01, or 2026-05-01T12:30Z.")
@click.option("--source", default="", metavar="TEXT", help="Where: a form, a stall; without it FILE's name.")
@click.option("--dry-run", is_flag=True, help="Show the difference and change nothing.")
@yes_option
@json_option
@pass_context
def import_file(
    context: Context,
    file: Path,
    *,
    purpose: str,
    wording: str,
    agreed_at: str,
    source: str,
    dry_run: bool,
    yes: bool,
    as_json: bool,
) -> None:
    from workers.cli.people_shown import import_record, show_difference, show_end
    from workers.people import Import

    with Import(context.store, file, _agreed(purpose, wording, agreed_at, source or file.name)) as found:
        with _bar("reading", found.size) as moved:
            count = found.compare(moved)
        if not as_json:
            show_difference(found, count, file.name)
        done = not dry_run and _put(context.store, found, count, yes=yes)
    if as_json:
        show_json(import_record(found, count, file.name, applied=done))
    else:
        show_end(count, done=done, dry_run=dry_run)
    if count.refused:
        click.get_current_context().exit(ROWS_REFUSED)


@people.command(short_help="find everybody's constituency anew, after an import of places")
@json_option
@pass_context
def place(context: Context, *, as_json: bool) -> None:
    """Look up everybody's postcode in the places that are imported now, and write down the constituency."""
    from workers.campaign.profile import BUCKETS
    from workers.people import place_all

    with _bar("people", BUCKETS) as moved:
        number, elsewhere, nowhere = place_all(context.store, advance=moved)
    if as_json:
        show_json({"people": number, "changed": elsewhere, "without_constituency": nowhere})
    else:
        said = f"{number:,} people looked up: {elsewhere:,} are in another constituency than before"
        click.echo(f"{said}, {nowhere:,} in none that is known.")


def _put(store: Store, found: Import, count: Count, *, yes: bool) -> bool:
    """Whether there was something to do."""
    if not count.new and not count.changed:
        return False
    confirm(f"Add {count.new:,} people and change {count.changed:,}?", yes=yes)
    with _bar("people", found.kept) as moved:
        found.put(moved)
    store.events.append("people.imported", "", f"{count.new} new, {count.changed} changed by {operator('')}")
    return True


def _agreed(purpose: str, wording: str, at: str, source: str) -> Consent | None:
    from workers.errors import InputError
    from workers.peoplefile import consent

    if not (purpose or wording or at):
        return None
    if not (purpose and wording and at):
        what = "a consent is --purpose, --wording and --agreed-at together"
        raise InputError(what, field="--purpose")
    return consent(purpose, wording, at, source)


@contextmanager
def _bar(what: str, size: int) -> Iterator[Callable[[int], None]]:
    from rich.progress import TaskProgressColumn

    from workers.cli.progress import progress

    with progress(TaskProgressColumn()) as shown:
        task = shown.add_task(what, total=size)
        yield lambda moved: shown.advance(task, moved)
