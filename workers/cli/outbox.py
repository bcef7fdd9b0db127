"""``mobilise outbox``: the stand-in for SendGrid."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from workers.errors import InputError, MobiliseError

_SHARE = click.FloatRange(0, 1)


def _share(name: str, default: float, text: str) -> Callable[[click.decorators.FC], click.decorators.FC]:
    return click.option(f"--{name}", type=_SHARE, default=default, show_default=True, metavar="SHARE", help=text)


@click.command("outbox", context_settings={"show_default": True})
@click.option("--folder", type=click.Path(file_okay=False, path_type=Path), default="var/outbox",
              envvar="MOBILISE_OUTBOX__FOLDER", help="Where mail, events, keys and certificates are kept.")  # fmt: skip
@click.option("--host", default="127.0.0.1", help="Address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), default=8025, help="0 takes a free one; the log names it.")
@click.option("--host-name", "hosts", multiple=True, help="A dotted name the pages are also served under.")
@click.option("--https", is_flag=True, help="Serve HTTPS; clients trust FOLDER/ca.pem.")
@click.option("--api-key", default="", help="The only bearer key that is accepted.", show_default="any")
@click.option("--events-to", default="", metavar="URL", help="Where signed events are sent.", show_default="nowhere")
@_share("delivered", 1.0, "Mails that are delivered, of those not dropped or bounced.")
@_share("bounce", 0.0, "Mails that bounce.")
@_share("block", 0.0, "Mails that are blocked (a soft bounce).")
@_share("drop", 0.0, "Mails that are dropped, never tried.")
@_share("defer", 0.0, "Mails that are put off first.")
@_share("complaint", 0.0, "Delivered mails that are reported as spam.")
@_share("open", 0.0, "Delivered mails that are opened.")
@_share("click", 0.0, "Delivered mails whose link is followed.")
@click.option("--repeat-events", type=click.IntRange(0), default=0, help="How often each event is sent again.")
@click.option("--shuffle-events", is_flag=True, help="Send the events of a batch in no order.")
@click.option("--event-delay-ms", type=click.IntRange(0), default=0, help="How long after the mail its events come.")
@click.option("--event-every", "event_every_s", type=float, default=1.0, help="Seconds between two batches of events.")
@click.option("--seed", type=int, default=0, help="The same seed brings the same chances.")
@click.option("--fault", "faults", multiple=True, metavar="RULE",
              help="Misbehave: accept_then_fail:times=3, or JSON. Repeatable.")  # fmt: skip
@click.option("--log-level", envvar="MOBILISE_LOG__LEVEL", type=click.Choice(["debug", "info", "warning", "error"]),
              default="info", help="The least that is logged.")  # fmt: skip
@click.option("--log-format", envvar="MOBILISE_LOG__FORMAT", type=click.Choice(["auto", "json", "console"]),
              default="auto", help="JSON lines for machines, columns for people.")  # fmt: skip
def outbox(faults: tuple[str, ...], log_level: str, log_format: str, **given: Any) -> None:
    """Speak SendGrid's mail/send, keep what comes, show it, and report back with signed events."""
    from workers import log
    from workers.outbox.misbehaviour import parse_rule
    from workers.outbox.options import Chances, OutboxOptions
    from workers.outbox.server import run

    log.configure(log_level, log_format)
    try:
        rules = tuple(parse_rule(text) for text in faults)
        chances = Chances(**{name: given.pop(name) for name in Chances.__slots__})
        run(OutboxOptions(rules=rules, chances=chances, **given))
    except InputError as error:
        raise click.BadParameter(str(error), param_hint="--fault") from None
    except MobiliseError as error:
        raise click.ClickException(str(error)) from None
