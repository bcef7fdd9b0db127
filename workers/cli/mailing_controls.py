"""What ``mobilise calls`` and ``mobilise bulletins`` have alike: status, pause, resume, cancel and retry."""

from __future__ import annotations

import click

from workers.campaign.mailings import Kind
from workers.cli import mailings
from workers.cli.context import Context, pass_context
from workers.cli.mailings import by_option, edition_option, find
from workers.cli.shown import confirm, json_option, yes_option


def add_controls(group: click.Group, kind: Kind) -> None:
    """Adds what calls and bulletins have alike: status, pause, resume, cancel and retry."""
    for command in (_status, _pause, _resume, _cancel, _retry):
        group.add_command(command(kind))


def _status(kind: Kind) -> click.Command:
    @click.command("status", short_help="its books, and how far it has come")
    @click.argument("name")
    @edition_option
    @click.option("--follow", is_flag=True, help="Until nothing of it moves any more, with a progress bar.")
    @json_option
    @pass_context
    def status(context: Context, name: str, edition: str, follow: bool, as_json: bool) -> None:
        """Where every copy is, why some were not sent, and whether the books balance."""
        mailing = find(context, kind, name, edition)
        if follow:
            mailing = mailings.follow(context, mailing)
        mailings.show_status(mailings.record(context, context.store.mailings.get(mailing.book)), as_json=as_json)

    return status


def _pause(kind: Kind) -> click.Command:
    @click.command("pause", short_help="stop it at once")
    @click.argument("name")
    @edition_option
    @click.option("--reason", default="paused by hand", help="Shown wherever the pause is.")
    @click.option("--wait", default=120, show_default=True, help="Seconds to wait for calls that have begun.")
    @json_option
    @pass_context
    def pause(context: Context, name: str, edition: str, reason: str, wait: int, as_json: bool) -> None:
        """When this answers, no call with its copies begins any more; nothing is lost."""
        mailing = find(context, kind, name, edition)
        mailings.said(mailing, mailings.pause(context, mailing, reason, wait), as_json=as_json)

    return pause


def _resume(kind: Kind) -> click.Command:
    @click.command("resume", short_help="let it go on")
    @click.argument("name")
    @edition_option
    @json_option
    @pass_context
    def resume(context: Context, name: str, edition: str, as_json: bool) -> None:
        """What waited leaves again; nobody gets a second copy."""
        mailing = find(context, kind, name, edition)
        mailings.said(mailing, mailings.resume(context, mailing), as_json=as_json)

    return resume


def _cancel(kind: Kind) -> click.Command:
    @click.command("cancel", short_help="end it for good")
    @click.argument("name")
    @edition_option
    @by_option
    @yes_option
    @json_option
    @pass_context
    def cancel(context: Context, name: str, edition: str, by: str, yes: bool, as_json: bool) -> None:
        """What waits is not sent; a batch that is being posted is posted whole."""
        mailing = find(context, kind, name, edition)
        confirm(f"Cancel {kind} {name}, edition {mailing.edition}? What waits is not sent any more.", yes=yes)
        copies = mailings.cancel(context, mailing, by)
        mailings.said(mailing, f"cancelled: {copies} copies are not sent", as_json=as_json, copies=copies)

    return cancel


def _retry(kind: Kind) -> click.Command:
    @click.command("retry", short_help="send again what the provider refused, and only that")
    @click.argument("name")
    @edition_option
    @click.option("--unknown", is_flag=True, help="Those that may have left, and of which nothing was reported.")
    @by_option
    @yes_option
    @json_option
    @pass_context
    def retry(context: Context, name: str, edition: str, unknown: bool, by: str, yes: bool, as_json: bool) -> None:
        """Copies that were refused surely did not leave: they are sent again, and no others.

        With --unknown it is those that may have left: look at the provider's activity first, whoever got one gets two.
        """
        mailing = find(context, kind, name, edition)
        what = "copies that may have left: whoever got one gets a second" if unknown else "refused copies"
        confirm(f"Send again, of {name}, edition {mailing.edition}, the {what}?", yes=yes)
        copies = mailings.retry(context, mailing, by, unknown=unknown)
        mailings.said(mailing, f"{copies} copies are tried again", as_json=as_json, copies=copies)

    return retry
