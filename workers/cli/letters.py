"""``mobilise letters``: the ledger, letter by letter."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING

import click

from workers.campaign.mailings import of_book
from workers.campaign.states import State
from workers.cli.context import Context, pass_context
from workers.cli.letters_tried import rehearse_letters
from workers.cli.settling import release, settle
from workers.cli.shown import json_option, show_record, show_rows

if TYPE_CHECKING:
    from workers.store.letters import Letter


@click.group()
def letters() -> None:
    """List and show letters; rehearse, release or settle them."""


letters.add_command(rehearse_letters)
letters.add_command(release)
letters.add_command(settle)


@letters.command("list")
@click.option("--campaign", "-c", required=True, help="The campaign's slug.")
@click.option("--state", type=click.Choice([state.value for state in State]), help="Only letters in this state.")
@click.option("--candidate", default="", help="Only letters to this candidate (an id).")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 1_000_000), help="At most so many.")
@click.option("--receipts", is_flag=True, help="The campaign's receipts in place of its letters.")
@click.option("--mailing", default="", metavar="BOOK", help="Copies of a call or bulletin: bulletin.NAME.EDITION.")
@json_option
@pass_context
def list_(
    context: Context,
    campaign: str,
    state: str | None,
    candidate: str,
    limit: int,
    *,
    receipts: bool,
    mailing: str,
    as_json: bool,
) -> None:
    """Letters of a campaign, newest action first. Nobody's name or address is shown.

    With --state unknown: those that may have left, longest first, and what is known of each. A report settles most of
    them; `mobilise letters settle` is for the rest.
    """
    slug = context.campaign(campaign).slug
    found = _found(context, _book(context, slug, mailing, receipts=receipts), state, candidate)
    shown = _doubt if state == State.UNKNOWN else _row
    rows = [shown(letter) for letter in islice(found, limit)]
    show_rows(rows, as_json=as_json, empty="no such letter")


@letters.command()
@click.argument("letter_id", metavar="ID")
@json_option
@pass_context
def show(context: Context, letter_id: str, as_json: bool) -> None:
    """One letter, receipt or copy: where it is, since when and why, its action, and the provider's id for it."""
    from workers.errors import NotFoundError

    letter = context.store.letters.get(letter_id)
    if of_book(letter.campaign):
        show_record(_copy(letter), as_json=as_json)
        return
    row = _row(letter) | _leaves(context, letter) | {"throwaway": _is_throwaway(context, letter)}
    summary = _summary(context, letter)
    row |= {"message_id": letter.message_id, "said": _said(letter.said), "summary": summary}
    try:
        candidate = context.store.candidates.get(letter.campaign, letter.candidate)
    except NotFoundError:
        show_record(row, as_json=as_json)
        return
    more = {"candidate_name": candidate.name, "party": candidate.party, "constituency": candidate.constituency_name}
    show_record(row | more, as_json=as_json)


def _book(context: Context, slug: str, mailing: str, *, receipts: bool) -> str:
    """The books that are meant; NotFoundError if there is no such mailing."""
    if mailing:
        return context.store.mailings.get(f"{slug}/{mailing.removeprefix(f'{slug}/')}").book
    return context.store.receipts.book(slug) if receipts else slug


def _leaves(context: Context, letter: Letter) -> dict[str, object]:
    """When it may leave, if it waits for that: by itself, or with all others to its candidate."""
    if letter.state is not State.QUEUED:
        return {}
    together = context.store.summaries.all(letter.campaign).get(letter.candidate)
    return {"leaves": datetime.fromtimestamp(letter.at if together is None else together, UTC)}


def _summary(context: Context, letter: Letter) -> dict[str, object]:
    """Which mail carried it together with others."""
    summary, _, place = letter.summary.partition(" ")
    if not summary:
        return {}
    letters = context.store.summaries.letters([summary]).get(summary, [])
    return {"mail": f"{summary}-{letter.candidate}", "place": int(place), "letters": len(letters)}


def _is_throwaway(context: Context, letter: Letter) -> bool:
    """Whether its supporter gave a throw-away address; a receipt has none."""
    from workers.errors import NotFoundError

    try:
        return context.store.actions.get(letter.action).throwaway
    except NotFoundError:
        return False


def _said(kept: str) -> str:
    at, _, text = kept.partition(" ")
    return f"{datetime.fromtimestamp(int(at), UTC):%Y-%m-%d %H:%M:%SZ} {text}" if kept else ""


def _found(context: Context, campaign: str, state: str | None, candidate: str) -> Iterator[Letter]:
    ledger = context.store.letters
    source = ledger.unknown(campaign) if state == State.UNKNOWN else ledger.newest_first(campaign)
    for letter in source:
        if (not state or letter.state == state) and (not candidate or letter.candidate == candidate):
            yield letter


def _row(letter: Letter) -> dict[str, object]:
    return {
        "letter": letter.id,
        "campaign": letter.campaign,
        "candidate": letter.candidate,
        "state": letter.state.value,
        "since": datetime.fromtimestamp(letter.at, UTC),
        "reason": letter.reason,
        "action": letter.action,
    }


def _copy(copy: Letter) -> dict[str, object]:
    """A copy of a call or bulletin, in the words for one; its reader is an id."""
    row = _row(copy)
    words = {"copy": "letter", "mailing": "campaign", "reader": "candidate", "state": "state", "since": "since"}
    named = {new: row[old] for new, old in (words | {"reason": "reason", "batch": "action"}).items()}
    return named | {"message_id": copy.message_id, "said": _said(copy.said)}


def _doubt(letter: Letter) -> dict[str, object]:
    """What is known of a letter that may have left; ``call`` is the provider's id for it, if it ever gave one."""
    hours = (datetime.now(UTC).timestamp() - letter.at) / 3600
    known = {"hours": round(max(0.0, hours), 2), "call": letter.message_id or "no answer"}
    return _row(letter) | known
