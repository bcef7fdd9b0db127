"""``scripts/demo``: its options, and a tidy end however it ends."""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from types import FrameType
from typing import Any

import click
from rich.console import Console

from workers.demo.machine import Machine
from workers.demo.options import CANDIDATES, POSTCODES, Options
from workers.demo.run import Demo
from workers.errors import InputError, MobiliseError

_FILE = click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)
_SHARE = click.FloatRange(0, 1)
_FAILED, _STOPPED = 1, 128
_STOPS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class Stopped(BaseException):
    """Someone asked the demo to end, with this signal."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


@click.command(context_settings={"help_option_names": ["-h", "--help"], "show_default": True})
@click.option("--once", is_flag=True, help="End when all is settled; the tally is the last line, as JSON.")
@click.option("--candidates", type=_FILE, default=CANDIDATES, show_default="an invented list", metavar="FILE",
              help="Democracy Club's candidates, of 2015 or of today.")  # fmt: skip
@click.option("--postcodes", type=_FILE, default=POSTCODES, show_default="invented ones", metavar="FILE",
              help="Postcodes and their constituencies.")  # fmt: skip
@click.option("--regions", type=_FILE, metavar="FILE", help="Constituencies and their regions.")
@click.option("--campaign", default=Options.campaign, metavar="SLUG", help="The campaign.")
@click.option("--contacts", type=click.IntRange(1, 1_000_000), default=Options.contacts, metavar="N",
              help="How many letters leave.")  # fmt: skip
@click.option("--signatures", type=click.IntRange(0, 100_000), show_default="12", metavar="M",
              help="How many candidates sign.")  # fmt: skip
@click.option("--subscribers", type=click.IntRange(0, 1_000_000), default=Options.subscribers, metavar="N",
              help="Readers of the bulletin; 0: none is sent.")  # fmt: skip
@click.option("--called", type=click.IntRange(0, 1_000_000), default=Options.called, metavar="N",
              help="Supporters who are called to write; 0: nobody is.")  # fmt: skip
@click.option("--bounce", type=_SHARE, default=0.0, metavar="SHARE", help="Mails that bounce.")
@click.option("--complaint", type=_SHARE, default=0.0, metavar="SHARE", help="Mails that are reported as spam.")
@click.option("--repeat-events", type=click.IntRange(0, 1000), default=0, help="How often each report comes again.")
@click.option("--workers", type=click.IntRange(1, 64), default=Options.workers, help="Worker processes.")
@click.option("--https", is_flag=True, help="Speak HTTPS to the outbox, with a certificate it makes.")
def demo(**given: Any) -> int:
    """Run a campaign on this machine: supporters write, candidates sign, a bulletin tells of it.

    Everything is real but the provider: the letters end in the outbox, a stand-in for SendGrid, and leave this machine
    never.
    """
    options = Options(**given)
    console = Console(stderr=True, highlight=False, emoji=False)
    with Machine(options) as machine:
        try:
            return _run(options, machine, console)
        except (Stopped, InputError):
            machine.failed = False  # nothing is wrong that the log could explain
            raise
        finally:
            for number in _STOPS:  # the end is short, and not to be cut off
                signal.signal(number, signal.SIG_IGN)
            if machine.failed and machine.log.exists():
                console.print(f"What the processes said is in {machine.log}", soft_wrap=True)


def _run(options: Options, machine: Machine, console: Console) -> int:
    console.print("A campaign on this machine. Its letters end in the outbox, a stand-in for SendGrid: no mail leaves.")
    with console.status("Starting Valkey, outbox, web, workers and clock"):
        machine.start()
    running = Demo(options, machine, console)
    in_order = running.run()
    machine.failed = not in_order
    if not options.once:
        running.show_pages()
        _stay(machine, console)
    return 0 if in_order else _FAILED


def _stay(machine: Machine, console: Console) -> None:
    console.print("\nAll of it runs until you press Ctrl-C.")
    try:
        machine.wait()
    except Stopped:
        console.print("\nEnding, and removing what was made.")


def main() -> int:
    """Runs the demo; whatever goes wrong is one line on stderr. Returns the exit status."""
    for number in _STOPS:
        signal.signal(number, _stop)
    try:
        status = demo.main(prog_name="scripts/demo", standalone_mode=False)
    except Stopped as stopped:
        click.echo("stopped", err=True)
        return _STOPPED + stopped.number
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (MobiliseError, OSError) as error:
        click.echo(f"error: {error}", err=True)
        return _FAILED
    return status if isinstance(status, int) else 0


def _stop(number: int, _frame: FrameType | None) -> None:
    raise Stopped(number)


if __name__ == "__main__":
    sys.exit(main())
