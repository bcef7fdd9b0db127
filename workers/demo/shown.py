"""What a person sees: a bar for each part of the job, the closing table, and the addresses of the pages."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from workers.campaign.states import CONTACT
from workers.demo.audit import HANDED_OVER, Audit

#: What a state means, in the closing table.
MEANINGS = {
    "held": "no address is known yet",
    "queued": "waiting to leave",
    "sending": "on their way",
    "accepted": "the provider took them",
    "delivered": "they arrived",
    "bounced": "they came back",
    "complained": "they arrived, and were called spam",
    "rejected": "the provider refused them",
    "unknown": "they may have left: never posted again by a machine",
    "withheld": "they were not to leave any more",
    "cancelled": "called off",
}
_PARTIES = 10


class Bars:
    """Progress on stderr; without a terminal, a line for each part that is done."""

    def __init__(self, console: Console) -> None:
        self._console, self._lively = console, console.is_terminal
        self._begun = time.monotonic()
        self._progress = Progress(
            SpinnerColumn(finished_text="[green]✓"), TextColumn("{task.description:<18}"), BarColumn(32),
            MofNCompleteColumn(), TimeElapsedColumn(), console=console, disable=not self._lively,
        )  # fmt: skip
        self._told: set[str] = set()

    def part(self, name: str, total: int) -> Bar:
        """A new bar, at nothing."""
        return Bar(self._progress, name, total, self)

    def done(self, name: str, count: int, total: int) -> None:
        """Said once, where bars would be noise."""
        if not self._lively and name not in self._told:
            self._told.add(name)
            self._console.print(f"{name:<18} {count:>7,}/{total:,}  {time.monotonic() - self._begun:6.1f} s")

    @contextmanager
    def shown(self) -> Iterator[None]:
        with self._progress:
            yield


class Bar:
    """One part of the job."""

    def __init__(self, progress: Progress, name: str, total: int, bars: Bars) -> None:
        self._progress, self._name, self._total, self._bars = progress, name, total, bars
        self._count = 0
        self._task = progress.add_task(name, total=total)

    def advance(self, number: int) -> None:
        """Moves it on by ``number``."""
        self.at(self._count + number)

    def at(self, count: int) -> None:
        """Moves it to ``count``."""
        self._count = count
        self._progress.update(self._task, completed=count)
        if count >= self._total:
            self._bars.done(self._name, count, self._total)

    def end(self) -> None:
        """Nothing more will come: what there was is all."""
        self._total = self._count
        self._progress.update(self._task, completed=self._count, total=self._count)
        self._bars.done(self._name, self._count, self._total)


def handed_over(tally: dict[str, Any]) -> int:
    """Letters that the provider took."""
    return sum(tally["letters"][state.value] for state in HANDED_OVER)


def reported(tally: dict[str, Any]) -> int:
    """Letters of which a report came back."""
    return handed_over(tally) - int(tally["letters"]["accepted"])


def show_books(console: Console, tally: dict[str, Any], found: Audit, rates: dict[str, str]) -> None:
    """The closing tables."""
    console.print(_states(tally))
    console.print(_parties(tally))
    yes = "[green]yes[/]" if found.balanced else "[red]no[/]"
    same = "[green]yes[/]" if found.verified else "[red]no[/]"
    console.print(f"  books balanced       {yes}, {sum(tally['letters'].values()):,} letters, each in one state")
    console.print(f"  recount = tally      {same}, counted anew from the ledger")
    console.print(f"  at the outbox        {found.mails:,} mails, by its own ledger")
    for what, text in rates.items():
        console.print(f"  {what:<20} {text}")
    for sentence in found.wrong:
        console.print(f"  [red]wrong[/]: {sentence}")


def _states(tally: dict[str, Any]) -> Table:
    table = Table("letters", "", "", box=SIMPLE_HEAD, pad_edge=True)
    table.columns[1].justify = "right"
    for state, count in tally["letters"].items():
        if count:
            table.add_row(state, f"{count:,}", f"[dim]{MEANINGS.get(state, '')}")
    table.add_section()
    of = " + ".join(state for state, count in tally["letters"].items() if count and state in CONTACT)
    table.add_row(
        "[bold]contacts", f"[bold]{tally['contacts']:,}", f"[dim]{of}, from {tally['supporters']:,} supporters"
    )
    return table


def _parties(tally: dict[str, Any]) -> Table:
    contacts, signed = tally["contacts_by_party"], tally["signatories_by_party"]
    table = Table("party", "contacts", *(["signed"] if tally["signatories"] else []), box=SIMPLE_HEAD)
    for column in table.columns[1:]:
        column.justify = "right"
    for party in sorted(contacts, key=lambda name: (-contacts[name], name))[:_PARTIES]:
        counts = [f"{contacts[party]:,}", *([f"{signed.get(party, 0):,}"] if tally["signatories"] else [])]
        table.add_row(party or "(none)", *counts)
    if len(contacts) > _PARTIES:
        table.add_row(f"[dim]and {len(contacts) - _PARTIES} more")
    return table
