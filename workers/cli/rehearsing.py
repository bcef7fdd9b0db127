"""``--dry-run`` and ``--rehearse ADDRESS``, the same for every command that lets mail leave."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from workers.cli.shown import show_json

if TYPE_CHECKING:
    from workers.campaign.outcomes import Envelope
    from workers.cli.context import Context

F = TypeVar("F", bound=Callable[..., Any])

#: Mails in a rehearsal at most: somebody reads them.
_LIMIT = 200


def dry_run_option(command: F) -> F:
    """Adds ``--dry-run``, handed to the command as ``dry_run``: it says what would go to how many, and does nothing."""
    return click.option("--dry-run", is_flag=True, help="Say what would go to how many; touch nothing.")(command)


def rehearse_option(command: F) -> F:
    """Adds ``--rehearse`` and ``--rehearse-limit``, handed to the command under these names: see ``rehearse``."""
    what = "Send it to ADDRESS alone, marked as a rehearsal; touch nothing."
    limit = "Mails in a rehearsal at most."
    number = click.IntRange(1, _LIMIT)
    command = click.option("--rehearse-limit", default=10, show_default=True, type=number, help=limit)(command)
    return click.option("--rehearse", default="", metavar="ADDRESS", callback=_usable, help=what)(command)


def rehearse(
    context: Context, envelopes: Iterable[Envelope], address: str, limit: int, *, as_json: bool, none: str = ""
) -> int:
    """Sends the first of ``envelopes`` to ``address`` and says so; the exit status. ``none`` is said if there are none.

    InputError, with nothing sent, if the address must not be mailed, or if all sending is paused.
    """
    from workers.rehearsal import rehearse as post

    _check(context, address)
    done = post(context.app.mailer, envelopes, address, most=limit)
    if as_json:
        show_json({"rehearsed": done.sent, "failed": done.failed, "more": done.has_more})
        return 1 if done.failed else 0
    if not done.sent and not done.failed:
        click.echo(none or "Nothing would be sent: no mail to rehearse.")
        return 0
    more = " There are more: say --rehearse-limit." if done.has_more and not done.failed else ""
    click.echo(f"{_mails(done.sent)} sent to {address} alone, marked as a rehearsal. Nothing else was touched.{more}")
    for reason in done.failed:
        click.echo(f"not sent: {_explained(reason)}", err=True)
    return 1 if done.failed else 0


def _usable(_context: click.Context, _option: click.Parameter, value: str) -> str:
    """``value`` as mail is sent to it; an error that does not repeat it if it is no address."""
    from workers.candidates import usable_address

    try:
        return usable_address(value) if value else ""
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


def _check(context: Context, address: str) -> None:
    from workers.errors import InputError, NotFoundError

    why = context.store.pauses.all().get("all")
    if why is not None:
        raise InputError(f"everything is paused ({why.reason}): no mail leaves, not even a rehearsal")
    try:
        context.store.suppressions.of(context.ids.address(address))
    except NotFoundError:
        return
    raise InputError("this address is suppressed: mobilise suppressions remove, or rehearse with another one")


def _explained(reason: str) -> str:
    from workers.mail.guard import NOT_PRODUCTION

    mend = "this is not production: list the address in mail.allowed (MOBILISE_MAIL__ALLOWED)"
    return mend if reason == NOT_PRODUCTION else reason


def _mails(number: int) -> str:
    return f"{number:,} mail{'' if number == 1 else 's'}"
