"""``--dry-run`` and ``--rehearse ADDRESS``, the same for every command that lets mail leave."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar, cast

import click

from workers.cli.shown import show_json

if TYPE_CHECKING:
    from workers.campaign.outcomes import Answer, Envelope
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
    return click.option("--rehearse", default="", metavar="ADDRESS", callback=usable, help=what)(
        rehearse_limit_option(command)
    )


def rehearse_limit_option(command: F) -> F:
    """Adds ``--rehearse-limit``."""
    number, what = click.IntRange(1, _LIMIT), "Mails in a rehearsal at most."
    return click.option("--rehearse-limit", default=10, show_default=True, type=number, help=what)(command)


@dataclass(frozen=True, slots=True)
class Trial:
    """Whether a command is only tried out: false if it is to be done in earnest."""

    dry_run: bool = False
    address: str = ""
    limit: int = 0

    def __bool__(self) -> bool:
        return self.dry_run or bool(self.address)


def trial_options(command: F) -> F:
    """Adds ``--dry-run`` and ``--rehearse``, handed to the command together as ``trial``."""

    @wraps(command)
    def run(*args: object, dry_run: bool, rehearse: str, rehearse_limit: int, **options: object) -> object:
        if dry_run and rehearse:
            raise click.UsageError("--dry-run sends nothing, --rehearse does: say one of them.")
        return command(*args, trial=Trial(dry_run, rehearse, rehearse_limit), **options)

    return dry_run_option(rehearse_option(cast(F, run)))


def rehearse(
    context: Context, envelopes: Iterable[Envelope], address: str, limit: int, *, as_json: bool, none: str = ""
) -> int:
    """Sends the first of ``envelopes`` to ``address`` and says so; the exit status. ``none`` is said if there are none.

    InputError, with nothing sent, if the address must not be mailed, or if all sending is paused.
    """
    from workers.rehearsal import rehearse as post

    _check(context, address)
    done = post(_Stoppable(context), envelopes, address, most=limit)
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


class _Stoppable:
    """The mailer, for as long as nobody pauses everything: that stops a rehearsal too."""

    def __init__(self, context: Context) -> None:
        self._pauses, self._mailer = context.store.pauses, context.app.mailer

    @property
    def longest_s(self) -> float:
        """Seconds that one call may take."""
        return self._mailer.longest_s

    def post(self, envelope: Envelope) -> Answer:
        """One provider call, unless everything is paused by now."""
        from workers.campaign.outcomes import Answer, Outcome

        why = self._pauses.all().get("all")
        return Answer(Outcome.BARRED, reason=f"paused: {why.reason}") if why else self._mailer.post(envelope)


def usable(_context: click.Context, option: click.Parameter, value: str) -> str:
    """``value`` as mail is sent to it; an error that does not repeat it if it is no address."""
    from workers.candidates import usable_address

    try:
        return usable_address(value) if value or option.required else ""
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


def _check(context: Context, address: str) -> None:
    from workers.errors import InputError

    why = context.store.pauses.all().get("all")
    if why is not None:
        raise InputError(f"everything is paused ({why.reason}): no mail leaves, not even a rehearsal")
    if context.store.suppressions.has(context.ids.address(address)):
        raise InputError("this address is suppressed: mobilise suppressions remove, or rehearse with another one")


def _explained(reason: str) -> str:
    from workers.mail.guard import NOT_PRODUCTION

    mend = "this is not production: list the address in mail.allowed (MOBILISE_MAIL__ALLOWED)"
    return mend if reason == NOT_PRODUCTION else reason


def _mails(number: int) -> str:
    return f"{number:,} mail{'' if number == 1 else 's'}"
