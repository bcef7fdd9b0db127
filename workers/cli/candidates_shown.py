"""How candidates, and what an import would change, look on a terminal and in JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import click

from workers.campaign.candidate_file import Remark
from workers.campaign.difference import Change
from workers.campaign.model import Candidate
from workers.candidates import Plan
from workers.cli.shown import plain
from workers.store.waiting import Moved

#: Lines of each kind that are shown; JSON has them all.
_SHOWN = 20
#: Fields that are never shown.
_ADDRESSES = {"email": "address", "second_email": "second address"}


def record(candidate: Candidate) -> dict[str, Any]:
    """A candidate without the address."""
    return {
        "id": candidate.id,
        "name": candidate.name,
        "honorific": candidate.honorific,
        "party": candidate.party,
        "constituency": candidate.constituency,
        "constituency_name": candidate.constituency_name,
        "region": candidate.region,
        "incumbent": candidate.incumbent,
        "status": candidate.status,
        "has_address": bool(candidate.email),
        "has_second_address": bool(candidate.second_email),
    }


def listed(candidate: Candidate) -> dict[str, str]:
    """A candidate as a line of a table."""
    has = "yes" if candidate.email else "none"
    return {
        "id": candidate.id,
        "name": candidate.name,
        "party": candidate.party,
        "constituency": f"{candidate.constituency} {candidate.constituency_name}".rstrip(),
        "address": has if candidate.is_standing else candidate.status,
    }


def masked(address: str) -> str:
    """Enough of an address to recognise it by: "p…@d….example"."""
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}…@{domain[:1]}….{domain.rpartition('.')[2]}" if local else ""


def plan_record(plan: Plan, campaign: str, moved: Moved | None) -> dict[str, Any]:
    """What an import found and did, whole; ``moved`` is None for a dry run."""
    change = plan.difference
    return {
        "campaign": campaign,
        "generation": plan.file.generation,
        "applied": moved is not None,
        **_counts(plan),
        "changes": [{"candidate": each.after.id, "fields": each.fields} for each in change.changed],
        "withdrawn": [candidate.id for candidate in change.gone],
        "refused_rows": [_row(remark) for remark in plan.file.refused],
        "notes": [_row(remark) for remark in plan.file.notes],
        "remark": plan.remark,
        "released": moved.released if moved else 0,
        "held": moved.held if moved else 0,
        "withheld": moved.withheld if moved else 0,
    }


def _counts(plan: Plan) -> dict[str, int]:
    change = plan.difference
    return {
        "new": len(change.new),
        "changed": len(change.changed),
        "back": len(change.back),
        "gone": len(change.gone),
        "same": change.same,
        "no_address": len(change.without_address),
        "lost_address": change.losing_address,
        "refused": len(plan.file.refused),
    }


def _row(remark: Remark) -> dict[str, Any]:
    return {"row": remark.row, "reason": remark.text, "candidate": remark.candidate}


_WORDS = {
    "new": "new",
    "changed": "changed",
    "back": "back again",
    "gone": "gone: to be withdrawn",
    "same": "as before",
    "no_address": "standing without an address",
    "lost_address": "lose their address",
    "refused": "rows refused",
}


def show_plan(plan: Plan, name: str, campaign: str) -> None:
    """The difference, before anything is changed."""
    change = plan.difference
    click.secho(f"{plain(name)}: a candidate file of {plan.file.generation}, for the campaign {campaign}", bold=True)
    if plan.remark:
        click.secho(plan.remark, fg="yellow")
    for key, number in _counts(plan).items():
        if number or key in {"new", "changed", "gone"}:
            click.echo(f"{number:9,}  {_WORDS[key]}")
    _section("Changed", [_change_line(each) for each in change.changed])
    _section("Gone", [_line(candidate) for candidate in change.gone], "yellow")
    _section("Back again", [_line(candidate) for candidate in change.back])
    _section("Noted", [f"row {note.row}: {note.text}" for note in plan.file.notes])
    _section("Refused", [f"row {remark.row}: {remark.text}" for remark in plan.file.refused], "red")


def show_end(plan: Plan, moved: Moved | None) -> None:
    """What was done."""
    if not plan.difference.put:
        click.secho("Nothing to change: the ledger says what the file says.", fg="green")
    elif moved is None:
        click.secho("Dry run: nothing was changed.", fg="green")
    else:
        click.secho(f"Done: {len(plan.difference.put):,} candidates written.", fg="green")
    if moved and moved != Moved():
        click.echo(f"Letters: {moved.released:,} released, {moved.held:,} held, {moved.withheld:,} withheld.")


def _change_line(change: Change) -> str:
    return f"{_line(change.after)}: {', '.join(_differences(change))}"


def _differences(change: Change) -> Iterator[str]:
    """Field by field, from what to what; an address only says that it is another one."""
    for name in change.fields:
        before, after = getattr(change.before, name), getattr(change.after, name)
        if name in _ADDRESSES:
            what = _ADDRESSES[name]
            yield f"{what} changed" if before and after else (f"new {what}" if after else f"{what} gone")
        else:
            yield f"{name.replace('_', ' ')} {_said(before)} → {_said(after)}"


def _said(value: object) -> str:
    return {"": "none", "True": "yes", "False": "no"}.get(str(value), str(value))


def _line(candidate: Candidate) -> str:
    return (
        f"{candidate.id} {candidate.name} ({candidate.party}, {candidate.constituency_name or candidate.constituency})"
    )


def _section(title: str, lines: Sequence[str], colour: str | None = None) -> None:
    if not lines:
        return
    click.secho(title, bold=True, fg=colour)
    for line in lines[:_SHOWN]:
        click.secho(f"  {plain(line)}", fg=colour)
    if len(lines) > _SHOWN:
        click.secho(f"  … and {len(lines) - _SHOWN:,} more", fg=colour)
