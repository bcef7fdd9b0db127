"""The table of nouns, and the group that loads only the one that was asked for."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import NamedTuple

import click


class Noun(NamedTuple):
    """Where a noun's command is ("module:attribute"), and its line in the help."""

    command: str
    says: str


#: Sections of the help, in order; a noun whose module is not there is not shown.
SECTIONS: dict[str, dict[str, Noun]] = {
    "Run": {
        "up": Noun("workers.cli.up:up", "Run all processes on this machine and restart one that dies."),
        "web": Noun("workers.cli.web:web", "Run the HTTP server."),
        "worker": Noun("workers.cli.worker:worker", "Run worker processes: they send."),
        "clock": Noun("workers.cli.clock:clock", "Run the clock: it moves due letters into the queue."),
        "outbox": Noun("workers.cli.outbox:outbox", "Run the stand-in for SendGrid, with a page to read the mail."),
        "check": Noun("workers.cli.check:check", "Say what is wrong with the set-up, and how to mend it."),
    },
    "Campaign": {
        "campaigns": Noun("workers.cli.campaigns:campaigns", "List, show, open, pause, resume and close campaigns."),
        "candidates": Noun(
            "workers.cli.candidates:candidates", "Import, list and show candidates; what they answered."
        ),
        "places": Noun("workers.cli.places:places", "Import postcodes; find the constituency of one."),
        "people": Noun("workers.cli.people:people", "Import, count, show, export and erase people."),
        "signatures": Noun("workers.cli.signatures:signatures", "List, add, withdraw and export signatures."),
        "calls": Noun("workers.cli.calls:calls", "Preview and send calls to supporters."),
        "bulletins": Noun("workers.cli.bulletins:bulletins", "Preview, schedule and send bulletins."),
        "contributions": Noun("workers.cli.contributions:contributions", "Take in partners' news and events."),
    },
    "Books": {
        "letters": Noun("workers.cli.letters:letters", "List and show letters; rehearse, release or settle them."),
        "tally": Noun("workers.cli.tally:tally", "Show the counts; verify and repair them."),
        "backup": Noun("workers.cli.backup:backup", "Copy the whole ledger into one file, checked."),
        "restore": Noun("workers.cli.restore:restore", "Write a backup into an empty ledger; sending stays paused."),
        "ledger": Noun("workers.cli.ledger:ledger", "Say what a Redis that went back in time has forgotten; go on."),
        "logs": Noun("workers.cli.logs:logs", "Follow and sift what all processes write; fold a flood into rates."),
        "explain": Noun(
            "workers.cli.explain:explain", "Tell the story of a letter, action, candidate, person or trace."
        ),
        "events": Noun("workers.cli.events:events", "Follow or list what happened."),
        "queues": Noun("workers.cli.queues:queues", "Show, pause, resume and drain queues; freeze all work."),
        "domains": Noun("workers.cli.domains:domains", "List, pause and resume mail to one domain."),
        "dead-letters": Noun("workers.cli.dead_letters:dead_letters", "List, replay and discard dead letters."),
        "suppressions": Noun(
            "workers.cli.suppressions:suppressions", "List, add, remove, import, export suppressions."
        ),
        "reports": Noun("workers.cli.reports:reports", "Show what the provider said and nobody understood."),
    },
}
NOUNS: dict[str, Noun] = {name: noun for section in SECTIONS.values() for name, noun in section.items()}

EXAMPLES = """\
  mobilise check
  mobilise candidates import candidates.csv --campaign clean-rivers --dry-run
  mobilise up
  mobilise tally show clean-rivers --json"""


class Nouns(click.Group):
    """A group whose commands are those of ``NOUNS``."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 -- click's signature
        """Every noun that is here, in the table's order."""
        return [name for name, noun in NOUNS.items() if find_spec(noun.command.partition(":")[0])]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The noun's command, imported now; None if there is none."""
        if cmd_name not in self.list_commands(ctx):
            return None
        module, _, attribute = NOUNS[cmd_name].command.partition(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does, with the nearest noun in the error."""
        if args and not args[0].startswith("-") and self.get_command(ctx, args[0]) is None:
            from workers.shapes import nearest, printable

            ctx.fail(f"No such command {printable(args[0])!r}: {nearest(args[0], self.list_commands(ctx))}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Nouns by section, from the table alone: nothing is imported to show help."""
        here = set(self.list_commands(ctx))
        for section, nouns in SECTIONS.items():
            if rows := [(name, noun.says) for name, noun in nouns.items() if name in here]:
                with formatter.section(section):
                    formatter.write_dl(rows)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 -- click's
        """Examples, and where to read on."""
        formatter.write(f"\nExamples:\n{EXAMPLES}\n\nmobilise NOUN --help says more.\n")
