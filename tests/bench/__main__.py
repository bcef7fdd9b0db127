"""The bench's command line."""

from __future__ import annotations

import click

from tests.bench import agenda as agenda_bench
from tests.bench import bulletins as bulletins_bench
from tests.bench import console as console_bench
from tests.bench import ingress as ingress_bench
from tests.bench import letters as letters_bench
from tests.bench import logs as logs_bench
from tests.bench import people as people_bench
from tests.bench import places as places_bench
from tests.bench import profile as profile_bench
from tests.bench import reports as reports_bench
from tests.bench import signatures as signatures_bench
from tests.bench import watchers as watchers_bench


@click.group()
def bench() -> None:
    """Figures and ratios, measured now on this machine. Nothing is asserted."""


@bench.command()
@click.option("--letters", default=500_000, show_default=True, help="Letters that wait for their time.")
@click.option("--due", default=10_000, show_default=True, help="Actions that become due at once.")
@click.option("--rounds", default=3, show_default=True, help="How often they do; the median counts.")
def agenda(letters: int, due: int, rounds: int) -> None:
    """What waiting letters cost the clock, how soon due ones are moved, and what a change of pace takes."""
    agenda_bench.run(letters, due, rounds)


@bench.command()
@click.option("--sink", type=click.Choice(["bare", "outbox"]), default="bare", help="Who answers the calls.")
@click.option("--rounds", default=3, show_default=True, help="How often each part runs; the median counts.")
@click.option("--quick", is_flag=True, help="20,000 people: a first impression in two minutes.")
@click.option("--full", is_flag=True, help="1,000,000 people in place of 100,000.")
def bulletins(sink: str, rounds: int, quick: bool, full: bool) -> None:
    """Recipients of a bulletin a second, and what each costs."""
    bulletins_bench.run(sink, rounds=rounds, quick=quick, full=full)


@bench.command()
@click.option("--letters", default=50_000, show_default=True, help="Letters in the ledger.")
@click.option("--rounds", default=15, show_default=True, help="How often each page is asked for; the median counts.")
def console(letters: int, rounds: int) -> None:
    """How long the operators' console and /metrics take, and what a console costs that stays open."""
    console_bench.run(letters, rounds)


@bench.command()
@click.option("--sink", type=click.Choice(["bare", "outbox"]), default="bare", help="Who answers the calls.")
@click.option("--rounds", default=3, show_default=True, help="How often each part runs; the median counts.")
@click.option("--quick", is_flag=True, help="Smaller ledgers: a first impression in two minutes.")
def letters(sink: str, rounds: int, quick: bool) -> None:
    """Letters a second, and what each costs."""
    letters_bench.run(sink, rounds=rounds, quick=quick)


@bench.command()
@click.option("--per-second", default=10_000, show_default=True, help="Lines written in a second.")
@click.option("--seconds", default=10, show_default=True, help="For how long.")
def logs(per_second: int, seconds: int) -> None:
    """What a line of the log costs, and whether `mobilise logs -f` keeps up with a flood."""
    logs_bench.run(per_second, seconds)


@bench.command()
@click.option("--rows", default=1_000_000, show_default=True, help="People in the list that is made and imported.")
def people(rows: int) -> None:
    """People imported in a second, the memory that it takes, and the bytes of one in Valkey."""
    people_bench.run(rows)


@bench.command()
@click.option("--rows", default=2_700_000, show_default=True, help="Rows of the directory that is made and imported.")
def places(rows: int) -> None:
    """Postcodes imported in a second, the bytes that one takes, and how long a look takes."""
    places_bench.run(rows)


@bench.command()
@click.option("--rounds", default=5, show_default=True, help="How often each load runs; the median counts.")
@click.option("--actions", default=4000, show_default=True, help="Actions of a round.")
@click.option("--seconds", default=60, show_default=True, help="How long 50 actions a second come.")
@click.option("--quick", is_flag=True, help="A first impression in half a minute.")
def ingress(rounds: int, actions: int, seconds: int, quick: bool) -> None:
    """Actions accepted a second, what each costs beside an empty answer, and whether one was lost."""
    ingress_bench.run(*((2, 3000, 5) if quick else (rounds, actions, seconds)))


@bench.command()
@click.option("--functions", default=25, show_default=True, help="How many to list.")
def profile(functions: int) -> None:
    """Where the time of a letter goes."""
    profile_bench.run(functions=functions)


@bench.command()
@click.option("--rounds", default=3, show_default=True, help="How often letters and reports run; the median counts.")
@click.option("--letters", default=30_000, show_default=True, help="Letters of a round; each is reported on twice.")
def reports(rounds: int, letters: int) -> None:
    """Reports taken in a second, beside letters sent, and what each costs."""
    reports_bench.run(rounds=rounds, letters=letters)


@bench.command()
@click.option("--rounds", default=3, show_default=True, help="How often the callbacks run; the median counts.")
@click.option("--callbacks", default=8000, show_default=True, help="Callbacks of a round.")
@click.option("--changes", default=300, show_default=True, help="Signatures whose way to an open page is timed.")
def signatures(rounds: int, callbacks: int, changes: int) -> None:
    """Callbacks a second, how soon a page shows one, and what the page of signatories costs."""
    signatures_bench.run(rounds=rounds, callbacks=callbacks, changes=changes)


@bench.command()
@click.option("--watchers", default=2000, show_default=True, help="Streams that are open at once.")
@click.option("--changes", default=20, show_default=True, help="Signatures while they watch.")
def watchers(watchers: int, changes: int) -> None:
    """How many may watch one count, what they cost, and how soon the last one hears."""
    watchers_bench.run(watchers, changes)


if __name__ == "__main__":
    bench(prog_name="scripts/bench")
