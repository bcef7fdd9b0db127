"""``mobilise letters settle`` and ``release``: what a person decides about letters that wait for a decision."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from workers.campaign.mailings import Stage, of_book
from workers.campaign.states import State
from workers.cli.context import Context, pass_context
from workers.cli.operators import operator
from workers.cli.rehearsing import Trial, trial_options
from workers.cli.shown import confirm, json_option, show_json, yes_option

if TYPE_CHECKING:
    from workers.store.letters import Letter

#: What is at stake, in words, before it is done.
_RISKS = {
    State.ACCEPTED: "If it never left, the count says one too many and nobody gets it.",
    State.QUEUED: "If it did leave, it arrives twice. The provider's activity page may tell.",
}
_DEEDS = {State.ACCEPTED: "Count {} as accepted?", State.QUEUED: "Send {} again?"}


@click.command()
@click.argument("letter_ids", metavar="[ID]...", nargs=-1)
@click.option("--accepted", "verdict", flag_value="accepted", help="It left: count it as a contact of today.")
@click.option("--resend", "verdict", flag_value="queued", help="It did not leave: send it again, now.")
@click.option("--all", "every", is_flag=True, help="Every unknown letter of --campaign.")
@click.option("--campaign", "-c", default="", help="The campaign's slug, with --all.")
@click.option("--by", default="", help="Who decides; stands in the events.  [default: your login]")
@trial_options
@yes_option
@json_option
@pass_context
def settle(
    context: Context,
    *,
    letter_ids: tuple[str, ...],
    verdict: str | None,
    every: bool,
    campaign: str,
    by: str,
    trial: Trial,
    yes: bool,
    as_json: bool,
) -> int:
    """Decide what became of unknown letters: ID is one of `mobilise letters list --state unknown`.

    Copies of calls and bulletins are settled in the same way; all of one: `mobilise bulletins retry NAME --unknown`.

    An unknown letter may have left: no machine posts it again. Exit status 1, and nothing is changed, if one of them is
    not unknown.
    """
    if verdict is None:
        raise click.UsageError("Say what became of it: --accepted or --resend.")
    state = State(verdict)
    found = _asked_for(context, letter_ids, campaign, every=every)
    _check(context, found, state)
    if trial:
        return _tried(context, found if state is State.QUEUED else [], trial, as_json=as_json)
    if found:
        confirm(f"{_DEEDS[state].format(_letters(len(found)))} {_RISKS[state]}", yes=yes)
    settled = _settle(context, found, state, operator(by))
    _tell(settled, len(found), state, as_json=as_json)
    return 0 if len(settled) == len(found) else 1


@click.command()
@click.option("--campaign", "-c", required=True, help="The campaign's slug.")
@click.option("--candidate", default="", help="Only letters to this candidate (an id).")
@trial_options
@json_option
@pass_context
def release(context: Context, *, campaign: str, candidate: str, trial: Trial, as_json: bool) -> int:
    """Let held letters leave whose candidate can be reached now. Importing an address does it by itself."""
    import structlog

    slug, store = context.campaign(campaign).slug, context.store
    chosen = [store.candidates.get(slug, candidate).id] if candidate else _held(context, slug)
    if trial:
        return _tried(context, _releasable(context, slug, chosen), trial, as_json=as_json)
    found = {name: store.waiting.follow(slug, name).released for name in chosen}
    released = {name: n for name, n in found.items() if n}
    total, left = sum(released.values()), store.tallies.totals(slug).letters[State.HELD]
    if total:
        structlog.get_logger().info("letters.released", campaign=slug, letters=total, candidates=len(released))
    if as_json:
        show_json({"campaign": slug, "released": total, "held": left, "candidates": released})
    else:
        click.echo(f"{_letters(total)} released, {left} still held.")
    return 0


def _tried(context: Context, found: Iterable[Letter], trial: Trial, *, as_json: bool) -> int:
    from workers.errors import InputError

    found = list(found)
    if trial.address and any(of_book(letter.campaign) for letter in found):
        raise InputError("copies are rehearsed by mobilise bulletins test NAME, or calls test NAME", field="to")
    from workers.cli.letters_tried import Leaving, rehearsed, show_leaving

    if trial.address:
        return rehearsed(context, found, trial, as_json=as_json)
    to = [letter.candidate for letter in found]
    return show_leaving([Leaving(len(to), len(set(to)))], as_json=as_json)


def _releasable(context: Context, slug: str, candidates: Sequence[str]) -> Iterator[Letter]:
    """Letters held for want of an address, to candidates of whom one is known now that is mailed."""
    store = context.store
    for one in store.parted(context.openings[slug], candidates).written:
        addresses = [address for address in (one.email, one.second_email) if address]
        if any(not store.suppressions.has(context.ids.address(address)) for address in addresses):
            for action in store.actions.get_many(list(store.waiting.actions(slug, one.id))):
                found = store.letters.of_action(action)
                yield from (letter for letter in found if (letter.candidate, letter.state) == (one.id, State.HELD))


def _held(context: Context, slug: str) -> list[str]:
    """The candidates to whom letters are held."""
    counts = context.store.tallies.show(slug).candidates
    return [candidate for candidate, states in counts.items() if states.get(State.HELD)]


def _asked_for(context: Context, ids: Sequence[str], campaign: str, *, every: bool) -> list[Letter]:
    if every == bool(ids):
        raise click.UsageError("Name letters, or say --all --campaign CAMPAIGN.")
    if every and not campaign:
        raise click.UsageError("--all needs --campaign.")
    slug = context.campaign(campaign).slug if campaign else ""
    if every:
        return context.store.letters.unknown(slug)
    return [context.store.letters.get(letter_id) for letter_id in dict.fromkeys(ids)]


def _check(context: Context, found: Sequence[Letter], state: State) -> None:
    """InputError if one of them cannot be settled so: then none is."""
    from workers.errors import InputError

    for letter in found:
        if letter.state is not State.UNKNOWN:
            what = f"letter {letter.id} is {letter.state.value}, not unknown: there is nothing to settle"
            raise InputError(what)
        if of_book(letter.campaign):
            if state is State.QUEUED and context.store.mailings.get(letter.campaign).stage is Stage.CANCELLED:
                raise InputError(f"its mailing is cancelled: copy {letter.id} cannot leave any more")
            continue
        campaign = context.openings.get(letter.campaign)
        if state is State.QUEUED and campaign and time.time() >= campaign.closes.timestamp():
            raise InputError(f"campaign {letter.campaign} has closed: letter {letter.id} cannot leave any more")


def _settle(context: Context, found: Sequence[Letter], state: State, who: str) -> list[str]:
    """The ids of those that moved: a report may have settled the others meanwhile."""
    import structlog

    from workers.store.tallies import day_number

    settled = []
    for slug in dict.fromkeys(letter.campaign for letter in found):
        campaign = context.campaigns.get(slug.partition("/")[0])
        day = day_number(time.time(), campaign.time_zone if campaign else "UTC")
        ids = [letter.id for letter in found if letter.campaign == slug]
        moved = context.store.unknowns.settle(slug, ids, state, day, who)
        done = [letter_id for letter_id, did in zip(ids, moved, strict=True) if did]
        if done and state is State.QUEUED and of_book(slug):
            context.store.mailings.move(slug, Stage.SENDING, Stage.FINISHED)
        for letter_id in done:
            structlog.get_logger().warning(
                "letters.settled", campaign=slug, letter=letter_id, state=state.value, by=who
            )
        settled += done
    return settled


def _tell(settled: Sequence[str], asked: int, state: State, *, as_json: bool) -> None:
    if as_json:
        at = datetime.now(UTC)
        show_json({"state": state.value, "asked": asked, "settled": settled, "at": at})
        return
    what = "counted as accepted" if state is State.ACCEPTED else "due again now"
    click.echo(f"{_letters(len(settled))} {what}.")
    if len(settled) < asked:
        click.echo(f"{_letters(asked - len(settled))} settled by a report or somebody else meanwhile.", err=True)


def _letters(number: int) -> str:
    return f"{number} letter{'' if number == 1 else 's'}"
