"""What ``mobilise check`` says of bulletins and calls: their settings, their texts, their calendars."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from workers.campaign.bulletin import Bulletin, Call
from workers.campaign.model import Campaign
from workers.cli.checks import EXAMPLES, Finding, SetUp, count, errors
from workers.errors import ConfigError
from workers.tomlfile import shown_of


def mailings(set_up: SetUp) -> Iterator[Finding]:
    """Every bulletin and call: its settings, and its text."""
    from workers.bulletinfile import read_bulletins, read_calls
    from workers.campaigns import read_campaigns

    paths, root = set_up.settings.mailings, set_up.settings.root
    known, _ = read_campaigns(set_up.settings.path(set_up.settings.campaigns.folder), root)
    bulletins, wrong = read_bulletins(set_up.settings.beside_campaigns(paths.bulletins), known, root)
    calls, wrong_too = read_calls(set_up.settings.beside_campaigns(paths.calls), known, root)
    yield from errors([*wrong, *wrong_too])
    made: list[Bulletin | Call] = [*bulletins.values(), *calls.values()]
    for one in made:
        yield from _mailing(set_up, one, known[one.campaign])
    for bulletin in bulletins.values():
        yield from _calendar(bulletin, known[bulletin.campaign], root)


def _mailing(set_up: SetUp, made_of: Bulletin | Call, campaign: Campaign) -> Iterator[Finding]:
    """Its text, made ready with values that are invented: much to tell, and nothing."""
    from workers.mail.samples import problems
    from workers.mail.templates import Templates

    wrong = problems(made_of, campaign, Templates(set_up.settings.path(set_up.settings.templates.folder)))
    yield from errors(wrong)
    where = shown_of(made_of.folder, set_up.settings.root)
    if not wrong:
        yield Finding("ok", where, f"{made_of.title}, for {made_of.campaign}")
    if set_up.settings.is_production and made_of.sender.address.endswith(EXAMPLES):
        yield Finding("error", where, "has a sender that is an example", "use the campaign's own domain")


def _calendar(bulletin: Bulletin, campaign: Campaign, root: Path) -> Iterator[Finding]:
    """Its events' files, if it has any: one that cannot be told is left out of the edition, not the others."""
    from workers.calendarfile import NAMES, frame, read_folder

    where, present = shown_of(bulletin.folder, root), [name for name in NAMES if (bulletin.folder / name).is_file()]
    if not present:
        return
    try:
        found = read_folder(bulletin.folder, frame(campaign, datetime.now(UTC)))
    except ConfigError as error:
        yield Finding("error", f"{where}/{error.where}", error.what)
        return
    for flaw in found.flaws:
        yield Finding("warning", f"{where}/{flaw.file}", f"line {flaw.row}: {flaw.sentence}")
    yield Finding("ok", f"{where}/{', '.join(present)}", count(len(found.events), "event"))
