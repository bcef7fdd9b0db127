"""The operators' way in: ``mobilise NOUN VERB``. Each noun is a module beside this one, loaded when it is asked for."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Sequence

import click

from workers.cli.context import Context, pass_context
from workers.cli.nouns import Nouns
from workers.errors import MobiliseError

__all__ = ["Context", "main", "mobilise", "pass_context"]

#: Exit statuses beside 0 and 2 (a command line that cannot be understood).
FAILED = 1
STOPPED = 130


@click.group(cls=Nouns, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--version", is_flag=True, help="Show the version and exit.")
@click.pass_context
def mobilise(context: click.Context, version: bool) -> None:
    """Supporters' letters to candidates, sent once and counted truly."""
    if context.obj is None:
        context.obj = Context()
        context.call_on_close(context.obj.close)
    if version:
        click.echo(_version())
    elif context.invoked_subcommand is None:
        click.echo(context.get_help())


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; whatever can be expected to go wrong is one line on stderr. Returns the exit status."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # a name beyond the terminal's letters is no reason to stop
    try:
        status = mobilise.main(arguments, prog_name="mobilise", standalone_mode=False)
        sys.stdout.flush()
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        return _failed("stopped", STOPPED)
    except MobiliseError as error:
        return _failed(str(error))
    except OSError as error:
        return _os_failed(error)
    return status if isinstance(status, int) else 0


def _failed(text: str, status: int = FAILED) -> int:
    click.echo(f"error: {text}" if status == FAILED else text, err=True)
    return status


def _os_failed(error: OSError) -> int:
    if error.errno == errno.EPIPE:  # whoever read along has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    place = f"{error.filename}: " if error.filename else ""
    return _failed(f"{place}{error.strerror or type(error).__name__}")


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return f"mobilise {version('mobilise')}"
    except PackageNotFoundError:
        return "mobilise, not installed: run from its folder"
