"""The command line of chaos: ``scripts/chaos --minutes 5 --seed 7``."""

from __future__ import annotations

import json
import random
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from tests.chaos.run import Outcome, run
from tests.support.judge import QUESTIONS


@click.command()
@click.option("--minutes", default=5.0, show_default=True, type=click.FloatRange(0.1), help="How long things break.")
@click.option("--seed", type=int, help="Repeats the sequence of faults of the run that printed it.")
def chaos(minutes: float, seed: int | None) -> None:
    """Break everything for some minutes while supporters write; 0 if nothing was lost, doubled or miscounted."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    chosen = random.randrange(1_000_000) if seed is None else seed
    folder, began = Path(tempfile.mkdtemp(prefix="mobilise-chaos-")), time.monotonic()
    outcome: Outcome | None = None
    click.echo(f"seed {chosen}, {minutes:g} minutes")
    try:
        outcome = run(folder, minutes, chosen, lambda text: click.echo(f"{time.monotonic() - began:7.1f}  {text}"))
    finally:
        if outcome is not None and outcome.is_good:
            shutil.rmtree(folder, ignore_errors=True)
        else:
            click.echo(f"the logs of this run are in {folder}")
    _show(outcome)
    click.echo(json.dumps(outcome.line()))
    sys.exit(0 if outcome.is_good else 1)


def _show(outcome: Outcome) -> None:
    table = Table("what", "how often", title="What was broken")
    for name, times in sorted(outcome.faults.items()):
        table.add_row(name, str(times))
    Console().print(table)
    letters = ", ".join(f"{n} {state}" for state, n in outcome.letters.items())
    click.echo(f"{outcome.actions} actions; letters: {letters}; {outcome.signatories} signatories")
    click.echo(f"{outcome.in_flight} calls may have met a fault; settled {outcome.settled_s:.1f} s after the last one")
    answers = Table("", "after all of it", "", title="What came out")
    for question, text in QUESTIONS.items():
        answers.add_row(question, text, "; ".join(outcome.wrong.get(question, ["true"])))
    Console().print(answers)
    for failure in outcome.failures:
        click.echo(f"failed: {failure}")


if __name__ == "__main__":
    chaos(prog_name="scripts/chaos")
