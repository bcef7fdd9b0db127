"""``mobilise check``: one line for each thing that was looked at, and exit status 1 if anything is wrong."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import click

from workers.cli.checks import CHECKS, Finding, SetUp
from workers.cli.context import Context, pass_context
from workers.cli.shown import console, json_option, plain, show_json
from workers.errors import MobiliseError

_STYLES = {"ok": "green", "warning": "yellow", "error": "bold red"}
_WIDTH = max(map(len, _STYLES))


@click.command(short_help="Say what is wrong with the set-up.")
@json_option
@pass_context
def check(context: Context, as_json: bool) -> None:
    """Reads every setting, secret, campaign and template, asks Redis what it promises, says how to mend what is wrong.

    Exit status 0: nothing is wrong (there may be warnings). 1: something is.
    """
    set_up = SetUp.read(context.root, context.environ)
    findings: list[Finding] = []
    for finding in _findings(set_up):
        findings.append(finding)
        if not as_json:
            _show(finding)
    is_ok = all(finding.level != "error" for finding in findings)
    if as_json:
        show_json({"ok": is_ok, "findings": findings})
    else:
        _show_sum(findings)
    click.get_current_context().exit(0 if is_ok else 1)


def _findings(set_up: SetUp) -> Iterator[Finding]:
    for look in CHECKS:
        try:
            yield from look(set_up)
        except (MobiliseError, OSError) as error:
            yield Finding("error", look.__name__, str(error))


def _show(finding: Finding) -> None:
    from rich.text import Text

    text = Text.assemble(
        (finding.level.ljust(_WIDTH), _STYLES[finding.level]),
        "  ",
        (plain(finding.where), "bold"),
        ": " if finding.where else "",
        plain(finding.what),
        (f" → {plain(finding.mend)}" if finding.mend else "", "cyan"),
    )
    console().print(text, soft_wrap=True)


def _show_sum(findings: Sequence[Finding]) -> None:
    counts = {level: sum(finding.level == level for finding in findings) for level in _STYLES}
    click.echo(f"{counts['ok']} ok, {counts['warning']} to think about, {counts['error']} to mend")
