"""The bench's command line."""

from __future__ import annotations

import click

from tests.bench import letters as letters_bench
from tests.bench import profile as profile_bench


@click.group()
def bench() -> None:
    """Figures and ratios, measured now on this machine. Nothing is asserted."""


@bench.command()
@click.option("--sink", type=click.Choice(["bare", "outbox"]), default="bare", help="Who answers the calls.")
@click.option("--rounds", default=3, show_default=True, help="How often each part runs; the median counts.")
@click.option("--quick", is_flag=True, help="Smaller ledgers: a first impression in a minute.")
def letters(sink: str, rounds: int, quick: bool) -> None:
    """Letters a second, and what each costs."""
    letters_bench.run(sink, rounds=rounds, quick=quick)


@bench.command()
@click.option("--functions", default=25, show_default=True, help="How many to list.")
def profile(functions: int) -> None:
    """Where the time of a letter goes."""
    profile_bench.run(functions=functions)


if __name__ == "__main__":
    bench(prog_name="scripts/bench")
