"""``mobilise calls``: a mail to many supporters that asks each to write, with a personal link."""

from __future__ import annotations

import click

from workers.campaign.mailings import Kind
from workers.cli import mailings
from workers.cli.context import Context, pass_context
from workers.cli.mailing_controls import add_controls
from workers.cli.mailings import by_option
from workers.cli.previewing import preview_command
from workers.cli.rehearsing import Trial, trial_options
from workers.cli.shown import json_option, yes_option

_KIND = Kind.CALL


@click.group()
def calls() -> None:
    """Preview and send calls: mails that ask supporters to write, each with a personal link.

    A call is a folder: call.toml and body.md. NAME is the folder's name. Who wrote already gets none.
    """


@calls.command("list")
@json_option
@pass_context
def list_(context: Context, as_json: bool) -> None:
    """Every call that was sent, newest first."""
    mailings.show_list(context, _KIND, as_json=as_json)


@calls.command(short_help="send it to one address")
@click.argument("name")
@click.option("--to", required=True, metavar="ADDRESS", help="Who gets it, marked as a rehearsal.")
@click.option("--copies", default=1, show_default=True, type=click.IntRange(1, 20), help="Copies for so many readers.")
@click.option("--reminder", is_flag=True, help="The reminder in place of the call.")
@json_option
@pass_context
def test(context: Context, name: str, to: str, copies: int, reminder: bool, as_json: bool) -> int:
    """Send the call as it would be now to one address, as some of its readers would get it."""
    from workers.cli.mailing_steps import draft, rehearse_mailing

    mailing = draft(context, _KIND, name, reminder=reminder)
    return rehearse_mailing(context, mailing, Trial(address=to, limit=copies), as_json=as_json)


@calls.command(short_help="send it to everybody whom its rule means")
@click.argument("name")
@click.option("--edition", default="", metavar="WORD", help="Which time it is.  [default: today's date]")
@click.option("--wait", is_flag=True, help="Wait until it is done, with a progress bar.")
@trial_options
@by_option
@yes_option
@json_option
@pass_context
def send(context: Context, name: str, edition: str, wait: bool, trial: Trial, by: str, yes: bool, as_json: bool) -> int:
    """Count, ask once, and send; the reminder that call.toml asks for follows by itself to who has not written.

    Polling day ends it: what waits then is not sent.
    """
    from workers.cli import mailing_steps

    draft = mailing_steps.draft(context, _KIND, name, edition)
    if trial.dry_run:
        mailing_steps.show_dry_run(context, draft, as_json=as_json)
    elif trial:
        return mailing_steps.rehearse_mailing(context, draft, trial, as_json=as_json)
    else:
        approved = mailing_steps.approve(context, draft, by=by, due_at=0, yes=yes)
        mailing_steps.approve_reminder(context, approved, by=by)
        mailing_steps.begin(context, approved, by=by, yes=True, wait=wait, as_json=as_json)
    return 0


calls.add_command(preview_command(_KIND))
add_controls(calls, _KIND)
