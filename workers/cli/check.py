"""``mobilise check``: one line for each thing that was looked at, and exit status 1 if anything is wrong."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import click

from workers.cli.checks import LOCAL, Check, Finding, SetUp
from workers.cli.context import Context, pass_context
from workers.cli.domain_checks import domains
from workers.cli.machine_checks import folders, queue
from workers.cli.mailing_checks import mailings
from workers.cli.provider_checks import provider, web
from workers.cli.shown import console, json_option, plain, show_json
from workers.errors import MobiliseError

#: What is looked at here, and what others have to be asked for.
CHECKS: list[Check] = [*LOCAL, mailings, queue, folders]
ONLINE: list[Check] = [web, provider, domains]
_STYLES = {"ok": "green", "warning": "yellow", "error": "bold red"}
_WIDTH = max(map(len, _STYLES))


@click.command(short_help="Say what is wrong with the set-up.")
@click.option("--offline", is_flag=True, help="Ask neither the provider nor the DNS.")
@click.option("--dns-server", default="", metavar="HOST[:PORT]", help="Ask this name server in place of the system's.")
@click.option("--test-event", is_flag=True, help="Have the provider post an invented report here, and wait for it.")
@json_option
@pass_context
def check(context: Context, *, offline: bool, dns_server: str, test_event: bool, as_json: bool) -> None:
    """Reads every setting, secret, campaign and template, asks Redis what it promises, says how to mend what is wrong.

    Then it asks the provider about key, senders and event webhook, and the DNS about the domains that mail comes from.
    Nothing is changed anywhere, and no mail is sent. Give it the environment that the processes will have.

    Exit status 0: nothing is wrong (there may be warnings). 1: something is.
    """
    set_up = SetUp.read(context.root, context.environ, dns_server, test_event=test_event)
    findings: list[Finding] = []
    for finding in _findings(set_up, CHECKS if offline else [*CHECKS, *ONLINE]):
        findings.append(finding)
        if not as_json:
            _show(finding)
    is_ok = all(finding.level != "error" for finding in findings)
    if as_json:
        show_json({"ok": is_ok, "findings": findings})
    else:
        _show_sum(findings)
    click.get_current_context().exit(0 if is_ok else 1)


def _findings(set_up: SetUp, checks: Iterable[Check]) -> Iterator[Finding]:
    for look in checks:
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
