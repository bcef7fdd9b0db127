"""How a call or bulletin is made ready and begun: drafted from its folder, counted, approved, sent."""

from __future__ import annotations

import time
from itertools import islice
from typing import TYPE_CHECKING

from workers.campaign.mailings import REMINDER, Kind, Mailing, Stage
from workers.cli.context import Context
from workers.cli.mailings import find, follow, record, said, show_status
from workers.cli.operators import operator
from workers.cli.shown import confirm
from workers.errors import InputError, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from workers.campaign.bulletin import Bulletin, Call
    from workers.campaign.mailings import Reader
    from workers.cli.rehearsing import Trial
    from workers.newsroom import Newsroom


def made_of(context: Context, kind: Kind, name: str) -> Bulletin | Call:
    """What the folder of that name says; NotFoundError, with those that there are, if there is none."""
    from workers.shapes import nearest, printable

    known: dict[str, Bulletin | Call] = {**(context.calls if kind is Kind.CALL else context.bulletins)}
    if name not in known:
        raise NotFoundError(f"no {kind} {printable(name)} ({nearest(name, known) if known else 'there is no folder'})")
    return known[name]


def newsroom(context: Context) -> Newsroom:
    """Where editions are made."""
    from workers.mail.templates import Templates
    from workers.newsroom import Newsroom

    settings = context.settings
    templates = Templates(settings.path(settings.templates.folder))
    return Newsroom(context.store, templates, settings.web.public_url.rstrip("/"))


def draft(context: Context, kind: Kind, name: str, edition: str = "", *, reminder: bool = False) -> Mailing:
    """The edition that would be approved now."""
    from workers.campaign.mailings import NAME

    if edition and not NAME.fullmatch(edition):
        raise InputError("is not small letters, digits and dashes, at most 40", field="edition")
    source = made_of(context, kind, name)
    return newsroom(context).draft(source, context.campaign(source.campaign), edition, reminder=reminder)


def approve(context: Context, mailing: Mailing, *, by: str, due_at: int, yes: bool, empty: bool = False) -> Mailing:
    """Freezes an edition after a question that says what and to how many."""
    _require_answerable(context, mailing)
    room = newsroom(context)
    count = room.expected(mailing)
    if mailing.kind is Kind.BULLETIN and not mailing.content.news and not empty:
        raise InputError(
            "this edition would be empty: nothing has happened since the last (--empty sends it)", field="name"
        )
    if not count:
        raise InputError(f"nobody would get it: {mailing.where or 'nobody agreed to it yet'}", field="where")
    confirm(f"Approve {_named(mailing)} for {count} people? Subject: {mailing.content.subject}", yes=yes)
    approved = room.approve(mailing, operator(by), due_at=due_at, expected=count)
    _log("mailing.approved", approved, by, count)
    return approved


def approve_reminder(context: Context, call: Mailing, *, by: str) -> None:
    """The reminder that a call asks for: its content stands from now on, its audience is found when it is due."""
    source = made_of(context, Kind.CALL, call.name)
    days = getattr(source, "remind_after_days", 0.0)
    if days:
        edition = f"{call.edition}{REMINDER}"
        reminder = newsroom(context).draft(source, context.campaign(call.campaign), edition, reminder=True)
        newsroom(context).approve(
            reminder, operator(by), due_at=int(time.time() + days * 86_400), expected=newsroom(context).expected(call)
        )


def reschedule(context: Context, mailing: Mailing, due_at: int, by: str) -> None:
    """The same content at another time."""
    newsroom(context).approve(mailing, operator(by), due_at=due_at)


def _require_answerable(context: Context, mailing: Mailing) -> None:
    """InputError for a call whose campaign takes no letters any more."""
    from workers.mailings import is_over

    if mailing.kind is Kind.CALL and is_over(context.openings[mailing.campaign]):
        raise InputError(f"the campaign {mailing.campaign} is over: nobody can act on a call", field="name")


def begin(context: Context, mailing: Mailing, *, by: str, yes: bool, wait: bool, as_json: bool) -> None:
    """Lets an approved edition begin now; with ``wait`` until nothing of it moves any more."""
    count = newsroom(context).expected(mailing)
    confirm(f"Send {_named(mailing)} to {count} people now? Subject: {mailing.content.subject}", yes=yes)
    store = context.store
    from_ = Stage.APPROVED, Stage.OVERDUE
    if not store.mailings.move(mailing.book, Stage.GATHERING, *from_, expected=count):
        raise InputError(f"it is {store.mailings.get(mailing.book).stage}", field="name")
    _log("mailing.started", mailing, by, count)
    if wait:
        show_status(record(context, follow(context, store.mailings.get(mailing.book))), as_json=as_json)
    else:
        said(mailing, "begins", as_json=as_json, expected=count)


def require_approved(context: Context, kind: Kind, name: str, edition: str) -> Mailing:
    """The newest edition that may begin; InputError, with what to do, if there is none."""
    try:
        mailing = find(context, kind, name, edition)
    except NotFoundError:
        made_of(context, kind, name)
        raise InputError(f"no edition was approved: say mobilise {kind}s approve {name}", field="name") from None
    if mailing.stage not in (Stage.APPROVED, Stage.OVERDUE):
        raise InputError(
            f"edition {mailing.edition} is {mailing.stage}: say mobilise {kind}s approve {name} for the next",
            field="name",
        )
    return context.store.mailings.get(mailing.book)


def show_dry_run(context: Context, mailing: Mailing, *, as_json: bool) -> None:
    """What would go to how many; nothing is touched."""
    shown = {
        "would": f"{mailing.kind} {mailing.name} {mailing.edition}",
        "recipients": newsroom(context).expected(mailing),
        "where": mailing.where or "everybody who agreed",
        "subject": mailing.content.subject,
        "from": f"{mailing.sender.name} <{mailing.sender.address}>",
        "touched": "nothing",
    }
    show_status(shown, as_json=as_json)


def rehearse_mailing(context: Context, mailing: Mailing, trial: Trial, *, as_json: bool) -> int:
    """Sends the first few copies to one address, marked; nothing in the ledger moves. The exit status."""
    from workers.cli.rehearsing import rehearse
    from workers.mail.copies import copies

    campaign, none = context.campaign(mailing.campaign), "nobody would get it"
    readers = list(islice(_readers(context, mailing), trial.limit + 1))
    return rehearse(context, copies(campaign, mailing, readers), trial.address, trial.limit, as_json=as_json, none=none)


def _readers(context: Context, mailing: Mailing) -> Iterator[tuple[str, Reader]]:
    """Those of the audience whom a rehearsal stands for, with links that open nothing."""
    from workers.audience import audience
    from workers.campaign.reader_links import ReaderLinks
    from workers.mailings import Constituencies, Readers
    from workers.rehearsal import powerless

    store, ids = context.store, powerless(context.settings.secrets.require("MOBILISE_SECRET"))
    readers = Readers(ReaderLinks(ids, context.settings.web.public_url), Constituencies(store))
    for number, one in enumerate(audience(store, mailing, store.people.profiles())):
        person, profile = store.people.find(one), store.people.profile(one)
        if person and profile:
            yield f"rehearsal-{number}", readers.reader(mailing, person, ",".join(profile.seats))


def _named(mailing: Mailing) -> str:
    return f"{mailing.kind} {mailing.name}, edition {mailing.edition},"


def _log(event: str, mailing: Mailing, by: str, people: int) -> None:
    import structlog

    structlog.get_logger().info(event, campaign=mailing.book, by=operator(by), people=people)
