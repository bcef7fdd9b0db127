"""``mobilise ledger``: what to do when Redis went back in time: an old copy restored, the tail of its file cut."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import click

from workers.cli.context import Context, pass_context
from workers.cli.shown import confirm, json_option, show_json, show_rows, yes_option
from workers.doubts import Doubts, folders_of

_journals = click.option(
    "--journal",
    "copies",
    multiple=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="Also read this copy of another machine's journal folder; may be repeated.",
)


@click.group()
def ledger() -> None:
    """Compare the ledger with the journals that each sender keeps outside Redis.

    When the ledger knows less than a journal it went back in time, and nothing is sent until you say so. Every machine
    that runs workers has a journal, and each counts: bring copies of the others with --journal.
    """


@ledger.command()
@_journals
@json_option
@pass_context
def doubts(context: Context, copies: tuple[Path, ...], as_json: bool) -> None:
    """The letters that were handed to a provider call and that the ledger has forgotten; nothing is changed.

    "queued" and "held" ones would be sent again, "absent" ones if their supporter acts again: `ledger accept` makes
    them unknown. "lost" means that the action itself is gone: ask its supporter to act again.
    """
    found = _doubts(context, copies)
    rows = [_row(doubt) for doubt in found.letters()]
    if as_json:
        show_json({**_numbers(found), "letters": rows})
        return
    show_rows(rows, empty=_nothing(found), title=_title(found) if found.behind else "")


@ledger.command()
@_journals
@click.option("--forgotten", is_flag=True, help="Go on although some claims are in no journal any more.")
@yes_option
@json_option
@pass_context
def accept(context: Context, copies: tuple[Path, ...], forgotten: bool, yes: bool, as_json: bool) -> None:
    """Say go: letters in doubt become unknown, the ledger counts on from where the journals are, sending begins again.

    Unknown letters are never posted again by a machine: a report settles them, or `mobilise letters settle`.
    """
    from workers.errors import UnsafeError

    found = _doubts(context, copies)
    if found.forgotten and not forgotten:
        what = (
            f"{found.forgotten} claims are older than the journals: their letters are not known and may be sent again"
        )
        raise UnsafeError(f"{what} (bring every machine's journal with --journal, or say --forgotten)")
    if found.behind:
        count = Counter(doubt.says for doubt in found.letters())
        if not as_json:
            click.echo(f"{_title(found)}: {_counted(count)}", err=True)
        confirm("Make those that would be sent again unknown, and let sending begin?", yes=yes)
    unknown, remembered, lifted = found.accept()
    if as_json:
        show_json({**_numbers(found), "unknown": unknown, "remembered": remembered, "resumed": lifted})
    elif not found.behind and not lifted:
        click.echo(_nothing(found))
    else:
        click.echo(f"{_number(unknown, 'letter')} made unknown, {remembered} more will be if they are written again.")
        click.echo("Sending begins again." if lifted else "Sending was not held by this.")


def _doubts(context: Context, copies: tuple[Path, ...]) -> Doubts:
    folders = folders_of(context.root, context.settings.worker.journal, copies)
    return Doubts(context.store, folders)


def _numbers(found: Doubts) -> dict[str, object]:
    senders = [
        {"sender": sender, "ledger": number, "journal": found.known[sender]} for sender, number in found.behind.items()
    ]
    return {"behind": senders, "in_doubt": sum(1 for _ in found.letters()), "forgotten": found.forgotten}


def _row(doubt: object) -> dict[str, object]:
    names = ("letter", "campaign", "action", "claimed", "says", "lost")
    return {{"says": "ledger_says"}.get(name, name): getattr(doubt, name) for name in names}


def _title(found: Doubts) -> str:
    claims = sum(found.known[sender] - number for sender, number in found.behind.items())
    lost = f"; {found.forgotten} of them are in no journal any more" if found.forgotten else ""
    return f"The ledger has forgotten {_number(claims, 'claim')} of {_number(len(found.behind), 'sender')}{lost}"


def _counted(count: Counter[str]) -> str:
    return ", ".join(f"{n} {says}" for says, n in sorted(count.items())) or "no letter is in doubt"


def _nothing(found: Doubts) -> str:
    if found.behind:
        return f"{_title(found)}, and no letter is in doubt."
    return f"Nothing is in doubt: the ledger knows all that is in {_number(len(found.known), 'journal')}."


def _number(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
