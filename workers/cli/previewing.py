"""``mobilise bulletins preview`` and ``mobilise calls preview``: the mail as one reader gets it; nothing is sent."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from workers.campaign.mailings import Kind
from workers.cli.context import Context, pass_context
from workers.cli.shown import json_option, plain, show_json, show_record
from workers.errors import InputError

if TYPE_CHECKING:
    from workers.campaign.mailings import Mailing
    from workers.previewing import Preview, Previewing

_HELP = """\
Show NAME as one reader would get it, as its folder and the ledger stand now; nothing is sent, nothing changes.

The reader is invented unless you choose one; whom you chose stands in the log and the events. Personal links in a
preview open nothing. What keeps it from being sent is said with its file and line.

\b
Examples:
  mobilise {kind}s preview {name}
  mobilise {kind}s preview {name} --html preview.html
  mobilise {kind}s preview {name} --text --person p1a2b3c4d5e6f7g2h
"""
_FILE = click.Path(dir_okay=False, writable=True, path_type=Path)


def preview_command(kind: Kind) -> click.Command:
    """The command for one kind of mailing."""
    name = {"bulletin": "river-post", "call": "ask-your-candidates"}[kind]

    @click.command("preview", help=_HELP.format(kind=kind, name=name), short_help="show it as a reader would get it")
    @click.argument("name")
    @click.option("--person", default="", metavar="ID|EMAIL", help="Whose copy; without it somebody invented.")
    @click.option("--unknown", is_flag=True, help="For somebody of whom neither name nor constituency is known.")
    @click.option("--edition", default="", metavar="WORD", help="One that was approved; without it the next.")
    @click.option("--reminder", is_flag=True, help="The reminder in place of the call.", hidden=kind is not Kind.CALL)
    @click.option("--html", "file", type=_FILE, help="Write the HTML part to this file, to open in a browser.")
    @click.option("--text", "only_text", is_flag=True, help="Print the plain text part and nothing else.")
    @click.option("--by", default="", metavar="NAME", help="Who asks; stands in the log.  [default: your login]")
    @json_option
    @pass_context
    def preview(
        context: Context,
        name: str,
        person: str,
        unknown: bool,
        edition: str,
        reminder: bool,
        file: Path | None,
        only_text: bool,
        by: str,
        as_json: bool,
    ) -> None:
        from workers.cli.operators import operator

        room = _previewing(context)
        mailing = _mailing(context, room, kind, name, edition, reminder=reminder)
        shown = room.unknown(mailing) if unknown else room.invented(mailing)
        if person:
            shown = room.of(mailing, person, operator(by))
        if file:
            _write(file, shown.content.html)
        _show(room, shown, as_json=as_json, only_text=only_text)

    return preview


def _previewing(context: Context) -> Previewing:
    from workers.mail.templates import Templates
    from workers.previewing import Previewing

    settings = context.settings
    templates = Templates(settings.path(settings.templates.folder))
    url, secret = settings.web.public_url.rstrip("/"), settings.secrets.require("MOBILISE_SECRET")
    return Previewing(context.store, templates, url, secret)


def _mailing(
    context: Context, room: Previewing, kind: Kind, name: str, edition: str, *, reminder: bool = False
) -> Mailing:
    from workers.cli.mailing_steps import made_of
    from workers.cli.mailings import find

    if edition:
        return context.store.mailings.get(find(context, kind, name, edition).book)
    source = made_of(context, kind, name)
    return room.draft(source, context.campaign(source.campaign), reminder=reminder)


def _show(room: Previewing, shown: Preview, *, as_json: bool, only_text: bool) -> None:
    content = shown.content
    if only_text:
        click.echo(content.text)
        return
    facts = _facts(room, shown)
    if as_json:
        show_json({**facts, "text": content.text, "html": content.html})
        return
    show_record({name: value for name, value in facts.items() if value not in ("", None)})
    click.echo()
    click.echo("\n".join(plain(line) for line in content.text.split("\n")))


def _facts(room: Previewing, shown: Preview) -> dict[str, object]:
    from workers.previewing import CUT_OFF

    mailing = shown.mailing
    large = f"more than {CUT_OFF // 1000} kB of HTML: some mail services show only the beginning"
    return {
        "subject": shown.content.subject,
        "from": f"{mailing.sender.name} <{mailing.sender.address}>",
        "campaign": mailing.campaign,
        "edition": mailing.edition,
        "stage": mailing.stage,
        "where": mailing.where or "everybody who agreed",
        "recipients": room.expected(mailing),
        "reader": shown.person or "invented",
        "html_bytes": shown.size,
        "text_bytes": len(shown.content.text.encode()),
        "large": large if shown.size > CUT_OFF else "",
        "empty": "" if mailing.content.news else "nothing has happened since the last edition: it would be skipped",
    }


def _write(file: Path, html: str) -> None:
    try:
        file.write_text(html, encoding="utf-8")
    except OSError as error:
        raise InputError(f"cannot be written: {error.strerror}", field="--html") from None
