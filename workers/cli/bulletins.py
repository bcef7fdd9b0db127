"""``mobilise bulletins``: from a folder to everybody's mailbox, in steps that each ask once."""

from __future__ import annotations

import click

from workers.campaign.mailings import Kind
from workers.cli import mailings
from workers.cli.context import Context, pass_context
from workers.cli.mailing_controls import add_controls
from workers.cli.mailings import by_option, edition_option
from workers.cli.previewing import preview_command
from workers.cli.rehearsing import Trial, trial_options
from workers.cli.shown import json_option, yes_option

_KIND = Kind.BULLETIN


@click.group()
def bulletins() -> None:
    """Preview, approve, schedule and send bulletins.

    A bulletin is a folder: bulletin.toml and body.md. Its editions go draft, preview, test, approve, send; what was
    approved is what is sent. NAME is the folder's name.
    """


@bulletins.command("list")
@json_option
@pass_context
def list_(context: Context, as_json: bool) -> None:
    """Every edition that was approved, newest first."""
    mailings.show_list(context, _KIND, as_json=as_json)


@bulletins.command(short_help="send the next edition to one address")
@click.argument("name")
@click.option("--to", required=True, metavar="ADDRESS", help="Who gets it, marked as a rehearsal.")
@click.option("--copies", default=1, show_default=True, type=click.IntRange(1, 20), help="Copies for so many readers.")
@json_option
@pass_context
def test(context: Context, name: str, to: str, copies: int, as_json: bool) -> int:
    """Send the edition that would be approved now to one address, as some of its readers would get it."""
    from workers.cli.mailing_steps import draft, rehearse_mailing

    return rehearse_mailing(context, draft(context, _KIND, name), Trial(address=to, limit=copies), as_json=as_json)


@bulletins.command(short_help="freeze the next edition: this is what is sent")
@click.argument("name")
@click.option("--edition", default="", metavar="WORD", help="Its name.  [default: its day]")
@click.option("--at", default="", metavar="WHEN", help='When it starts by itself: "2026-12-01 09:00 Europe/London".')
@click.option("--standing", is_flag=True, help="Every edition of its schedule, as long as its folder does not change.")
@click.option("--empty", is_flag=True, help="Even if there is nothing to tell.")
@by_option
@yes_option
@json_option
@pass_context
def approve(
    context: Context, name: str, edition: str, at: str, standing: bool, empty: bool, by: str, yes: bool, as_json: bool
) -> None:
    """Freeze the content of the next edition and its audience's rule, after counting who would get it.

    A bulletin with a schedule starts at its next time; with --at at that time; otherwise when you say
    `bulletins send`.
    """
    from workers.cli import mailing_steps
    from workers.cli.schedules import due_at, edition_due, stand, starts

    if standing:
        stand(context, name, by, yes=yes, as_json=as_json)
        return
    when = due_at(context, name, at)
    draft = mailing_steps.draft(context, _KIND, name, edition or edition_due(context, name, when))
    approved = mailing_steps.approve(context, draft, by=by, due_at=when, yes=yes, empty=empty)
    then = f"approved; {starts(context, approved, when)}" if when else f"approved; say mobilise bulletins send {name}"
    mailings.said(approved, then, as_json=as_json, due_at=when)


@bulletins.command(short_help="set when an approved edition starts")
@click.argument("name")
@edition_option
@click.option("--at", required=True, metavar="WHEN", help='"2026-12-01 09:00 Europe/London".')
@by_option
@json_option
@pass_context
def schedule(context: Context, name: str, edition: str, at: str, by: str, as_json: bool) -> None:
    """Let an approved edition start by itself at a time; what it says stays as it was approved."""
    from workers.cli import mailing_steps
    from workers.cli.schedules import due_at, starts

    mailing = mailing_steps.require_approved(context, _KIND, name, edition)
    when = due_at(context, name, at)
    mailing_steps.reschedule(context, mailing, when, by)
    mailings.said(mailing, starts(context, mailing, when), as_json=as_json, due_at=when)


@bulletins.command(short_help="send an approved edition now")
@click.argument("name")
@edition_option
@click.option("--wait", is_flag=True, help="Wait until it is done, with a progress bar.")
@trial_options
@by_option
@yes_option
@json_option
@pass_context
def send(context: Context, name: str, edition: str, wait: bool, trial: Trial, by: str, yes: bool, as_json: bool) -> int:
    """Send the newest approved edition now, also one whose time passed while nobody was there."""
    from workers.cli import mailing_steps

    mailing = mailing_steps.require_approved(context, _KIND, name, edition)
    if trial.dry_run:
        mailing_steps.show_dry_run(context, mailing, as_json=as_json)
    elif trial:
        return mailing_steps.rehearse_mailing(context, mailing, trial, as_json=as_json)
    else:
        mailing_steps.begin(context, mailing, by=by, yes=yes, wait=wait, as_json=as_json)
    return 0


bulletins.add_command(preview_command(_KIND))
add_controls(bulletins, _KIND)
