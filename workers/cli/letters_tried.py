"""What a command would let leave: counted for ``--dry-run``, written for ``--rehearse``, and left where it is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from workers.campaign.model import Action, Candidate, Person
from workers.campaign.states import State
from workers.cli.context import Context, pass_context
from workers.cli.rehearsing import Trial, rehearse, rehearse_limit_option, usable
from workers.cli.shown import json_option, show_json

if TYPE_CHECKING:
    from workers.campaign.model import Campaign, Variant
    from workers.campaign.outcomes import Envelope
    from workers.mail.envelope import Composer
    from workers.store.letters import Letter

#: Actions looked at for a rehearsal: more than anybody reads the letters of.
_ACTIONS = 1000
#: Stands in a rehearsal where the ledger has nobody.
_CANDIDATE = Candidate("1", "Jo Bloggs", "Example Party", "E14000001", "Anytown", region="Anywhere")
_PERSON = Person("", "Sam Sample", "sam@supporter.example", "ZZ1 1AA")


@dataclass(frozen=True, slots=True)
class Leaving:
    """What would leave, to how many candidates; ``hindered`` is what would keep it all the same."""

    letters: int = 0
    candidates: int = 0
    receipts: int = 0
    copies: int = 0  # of calls and bulletins
    hindered: tuple[str, ...] = ()


def tried(
    context: Context, slugs: Sequence[str], trial: Trial, *, lifted: str = "", opened: bool = False, as_json: bool
) -> int:
    """Tries out letting what is queued in these campaigns leave, as if the pause ``lifted`` and the dates were gone."""
    if trial.address:
        letters = (letter for slug in slugs for letter in queued(context, slug))
        return rehearsed(context, letters, trial, as_json=as_json)
    return show_leaving([_leaving(context, slug, lifted, opened=opened) for slug in slugs], as_json=as_json)


def show_leaving(found: Iterable[Leaving], *, as_json: bool) -> int:
    """Says what would leave; exit status 0."""
    found = list(found)
    numbers = ((one.letters, one.candidates, one.receipts, one.copies) for one in found)
    letters, candidates, receipts, copies = map(sum, zip((0, 0, 0, 0), *numbers, strict=True))
    hindered = list(dict.fromkeys(why for one in found for why in one.hindered))
    if as_json:
        total = {"letters": letters, "candidates": candidates, "receipts": receipts, "copies": copies}
        show_json({"dry_run": True, **total, "hindered_by": hindered})
        return 0
    what = [f"{_count(letters, 'letter')} to {_count(candidates, 'candidate')}"]
    what += [_count(receipts, "receipt")] if receipts else []
    what += [_count(copies, "copy of calls and bulletins", "copies of calls and bulletins")] if copies else []
    click.echo(f"Dry run, nothing was touched: {', '.join(what)} would leave, at their pace.")
    if hindered:
        click.echo(f"still kept by: {', '.join(hindered)}", err=True)
    return 0


def rehearsed(context: Context, letters: Iterable[Letter], trial: Trial, *, as_json: bool) -> int:
    """Sends these letters to the address of the rehearsal; the exit status."""
    return rehearse(context, _written(context, letters), trial.address, trial.limit, as_json=as_json)


def queued(context: Context, slug: str) -> Iterator[Letter]:
    """The letters of a campaign that wait to be sent, soonest first."""
    store = context.store
    for action in store.actions.get_many(store.agenda.first(slug, _ACTIONS)):
        found = store.letters.of_action(action)
        yield from (one for one in found if one.state is State.QUEUED and one.action == action.id)


@click.command("rehearse", short_help="send sample letters, or those that wait, to one address")
@click.argument("address", callback=usable)
@click.option("--campaign", "-c", required=True, help="The campaign's slug.")
@click.option("--waiting", is_flag=True, help="The letters that wait, with their supporters' own words.")
@rehearse_limit_option
@json_option
@pass_context
def rehearse_letters(
    context: Context, address: str, *, campaign: str, waiting: bool, rehearse_limit: int, as_json: bool
) -> int:
    """Send ADDRESS what candidates would get, marked as a rehearsal: a letter of each variant, from Sam Sample.

    Nothing in the ledger moves, and the personal links in it lead nowhere. Outside production ADDRESS must be listed in
    mail.allowed, unless mail goes to the outbox.
    """
    slug = context.campaign(campaign).slug
    if waiting:
        trial = Trial(address=address, limit=rehearse_limit)
        return rehearsed(context, queued(context, slug), trial, as_json=as_json)
    return rehearse(context, _samples(context, context.openings[slug]), address, rehearse_limit, as_json=as_json)


def _leaving(context: Context, slug: str, lifted: str, *, opened: bool) -> Leaving:
    from workers.store.keys import receipts_book

    tallies, campaign = context.store.tallies, context.openings[slug]
    counts = [states.get(State.QUEUED, 0) for states in tallies.show(slug).candidates.values()]
    receipts = tallies.totals(receipts_book(slug)).letters[State.QUEUED]
    running = [one.book for one in context.store.mailings.worked() if one.campaign == slug]
    copies = sum(tallies.totals(book).letters[State.QUEUED] for book in running)
    hindered = [scope for scope in context.store.pauses.covering(slug) if scope != lifted]
    if not opened and not campaign.is_open(datetime.now(UTC)):
        hindered.append(f"{slug} is not open")
    return Leaving(sum(counts), sum(map(bool, counts)), receipts, copies, tuple(hindered))


def _written(context: Context, letters: Iterable[Letter]) -> Iterator[Envelope]:
    """Each letter as it would leave now; none to who would get none, or of whom nothing is kept."""
    from workers.campaign.model import known

    composer, store = _composer(context), context.store
    for letter in letters:
        action = store.actions.get(letter.action)
        person, campaign = store.people.find(action.person), known(context.openings, letter.campaign)
        found = store.parted(campaign, [letter.candidate])
        if person:
            yield from composer.compose(
                campaign, person, action, [(letter.id, one) for one in found.written], found.thanked
            )


def _samples(context: Context, campaign: Campaign) -> Iterator[Envelope]:
    composer, candidates = _composer(context), list(context.store.candidates.all(campaign.slug).values())
    action = Action("a", campaign.slug, "", "d" * 17, (), 0)
    for variant in [*campaign.variants, *([campaign.thanks] if campaign.thanks else [])]:
        to = _suiting(campaign, variant, candidates)
        if to:
            thanks = {to.id} if variant is campaign.thanks else set()
            yield from composer.compose(campaign, _PERSON, action, [(f"{action.group}-1", to)], thanks)


def _suiting(campaign: Campaign, variant: Variant, candidates: Sequence[Candidate]) -> Candidate | None:
    """Somebody who gets this variant, invented if the ledger has nobody; None if none can be made up."""
    wanted: dict[str, Any] = {key: values[0] for key, values in variant.when.items()}
    if "incumbent" in wanted:
        wanted["incumbent"] = wanted["incumbent"] == "true"
    invented = replace(_CANDIDATE, **wanted)
    everybody = [*(one for one in candidates if one.is_standing), invented]
    is_thanks = variant is campaign.thanks
    return next((one for one in everybody if is_thanks or campaign.variant(one) is variant), None)


def _composer(context: Context) -> Composer:
    from workers.campaign.links import Links
    from workers.mail.envelope import Composer
    from workers.mail.templates import Templates
    from workers.rehearsal import powerless

    settings = context.settings
    ids = powerless(settings.secrets.require("MOBILISE_SECRET"))
    templates = Templates(settings.path(settings.templates.folder))
    return Composer(templates, Links(ids, settings.web.public_url))


def _count(number: int, noun: str, many: str = "") -> str:
    return f"{number:,} {noun if number == 1 else many or f'{noun}s'}"
