"""``mobilise candidates answers`` and ``answer``: what candidates said besides a signature, and taking it back."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from workers.campaign.answers import Said
from workers.cli.context import Context, pass_context
from workers.cli.operators import operator
from workers.cli.shown import confirm, json_option, show_json, show_rows, yes_option

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workers.campaign.answers import Answer
    from workers.campaign.model import Candidate

_COLUMNS = ("candidate", "name", "party", "constituency", "said", "at", "about")
#: What happens next, by what is taken back.
_THEN = {
    Said.DECLINED: "New letters reach them again; those that were withheld stay unsent, and their reason is forgotten.",
    Said.STOPPED: "New letters reach them again; those that were withheld stay unsent.",
    Said.WRONG_ADDRESS: "Letters go to their address again, those that were held as well.",
    Said.LESS_OFTEN: "Each letter leaves when it is due, those that waited as well, unless too many wait.",
}
_said = click.Choice(list(map(str, Said)))


@click.command(short_help="who declined, or said how to be written to, and when")
@click.argument("campaign", metavar="SLUG")
@click.option("--said", type=_said, help="Only this answer.")
@click.option(
    "--reasons", is_flag=True, help="With the private reasons of those who declined. That you looked is logged."
)
@click.option("--by", default="", metavar="NAME", help="Who looks at the reasons, for the log.  [default: your login]")
@click.option("--csv", "as_csv", is_flag=True, help="Show as CSV; a spreadsheet takes no cell for a formula.")
@json_option
@pass_context
def answers(
    context: Context, campaign: str, *, said: str | None, reasons: bool, by: str, as_csv: bool, as_json: bool
) -> None:
    """What the candidates of SLUG answered on the page of their link, besides a signature.

    Reasons for a no were given in confidence: they are shown with --reasons only, and are not for publication.
    """
    if as_csv and as_json:
        raise click.UsageError("Say --csv or --json.")
    slug = context.campaign(campaign).slug
    private = _reasons(context, slug, by) if reasons else None
    rows = [row for row in _rows(context, slug, private) if said in {None, row["said"]}]
    if as_csv:
        _show_csv(rows, reasons=reasons)
    else:
        show_rows(rows, as_json=as_json, empty="no such answers")


@click.command(short_help="take an answer back, for a candidate who asked for it")
@click.argument("candidate", metavar="CANDIDATE")
@click.option("--campaign", "-c", required=True, metavar="SLUG", help="The campaign that they answered.")
@click.option("--take-back", "said", type=_said, required=True, help="Which answer.")
@click.option("--by", default="", metavar="NAME", help="Who enters it; stands in the events.  [default: your login]")
@yes_option
@json_option
@pass_context
def answer(context: Context, candidate: str, campaign: str, *, said: str, by: str, yes: bool, as_json: bool) -> None:
    """Take back what CANDIDATE (an id) answered; they can do so themselves on the page of their link.

    Letters that were withheld stay so: a withheld letter never leaves. What changes is what happens to the others.
    """
    store, slug, which = context.store, context.campaign(campaign).slug, Said(said)
    known, who = store.candidates.get(slug, candidate), operator(by)
    given = which in {one.said for one in store.answers.of(slug, known.id)}
    if given:
        confirm(f"Take back {said!r} of {known.name}? {_THEN[which]}", yes=yes)
    was = given and store.answers.withdraw(slug, known.id, which, who)
    _followed(context, slug, known.id, which, who if was else "")
    result = "taken back" if was else "was not answered: nothing was changed"
    if as_json:
        show_json({"campaign": slug, "candidate": known.id, "said": said, "result": result})
    else:
        click.echo(f"{said} of {known.id}: {result}")


def _followed(context: Context, slug: str, candidate: str, said: Said, who: str) -> None:
    """Waiting letters go where they belong, also if a command before was cut off; it is no news if ``who`` is ""."""
    import structlog

    moved = context.store.waiting.follow(slug, candidate)
    if said is Said.LESS_OFTEN:
        context.store.waiting.hasten(slug, candidate)
    if who:
        structlog.get_logger().info(
            "answer.withdrawn", campaign=slug, candidate=candidate, said=said, by=who, released=moved.released
        )


def _rows(context: Context, slug: str, reasons: Mapping[str, str] | None) -> list[dict[str, Any]]:
    everyone = context.store.candidates.all(slug)
    found = [
        _row(context, everyone.get(key) or _unknown(key), one, reasons)
        for key, given in context.store.answers.all(slug).items()
        for one in given
    ]
    return sorted(found, key=lambda row: (row["at"], row["candidate"], row["said"]))


def _row(context: Context, who: Candidate, one: Answer, reasons: Mapping[str, str] | None) -> dict[str, Any]:
    place = who.constituency_name or who.constituency
    said = {"said": one.said.value, "at": datetime.fromtimestamp(one.at, UTC), "about": _about(context, who, one.about)}
    row = {"candidate": who.id, "name": who.name, "party": who.party, "constituency": place, **said}
    if reasons is not None:
        row["reason"] = reasons.get(who.id, "") if one.said is Said.DECLINED else ""
    return row


def _about(context: Context, who: Candidate, address: str) -> str:
    """Which address an answer is about, without showing it; "" if about none."""
    known = {
        context.ids.address(one): name for one, name in ((who.second_email, "second"), (who.email, "first")) if one
    }
    return known.get(address, "an earlier one") if address else ""


def _unknown(candidate: str) -> Candidate:
    from workers.campaign.model import Candidate

    return Candidate(candidate, "", "", "")


def _reasons(context: Context, slug: str, by: str) -> dict[str, str]:
    import structlog

    found = context.store.answers.reasons(slug)
    who = operator(by)
    context.store.events.append("answers.shown", slug, f"{len(found)} reasons by {who}")
    structlog.get_logger().warning("answers.shown", campaign=slug, reasons=len(found), by=who)
    return found


def _show_csv(rows: list[dict[str, Any]], *, reasons: bool) -> None:
    from workers.campaign.spreadsheet import csv_lines

    shown = [row | {"at": row["at"].isoformat().replace("+00:00", "Z")} for row in rows]
    for line in csv_lines((*_COLUMNS, "reason") if reasons else _COLUMNS, shown):
        click.echo(line.encode(), nl=False)
