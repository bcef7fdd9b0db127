"""``POST /api/campaigns/{campaign}/actions``: a supporter's action is checked, remembered and answered."""

from __future__ import annotations

import time
from typing import NamedTuple

import msgspec
import structlog
from starlette.requests import Request
from starlette.responses import Response

from workers.app import App
from workers.campaign.events import ActionTaken
from workers.campaign.ids import delivery_id
from workers.campaign.intents import ASIDE, UNCONFIRMED
from workers.campaign.model import Action, Campaign, Candidate, Consent, Person
from workers.errors import NotFoundError, UnavailableError
from workers.store.actions import Request as Repeat
from workers.store.actions import Taken
from workers.store.letters import Letter
from workers.web import rules
from workers.web.asides import Asides
from workers.web.ballot import Ballot, find_ballot
from workers.web.bodies import decode, read_body, require_json
from workers.web.callers import Callers, idempotency_key
from workers.web.campaigns import campaign_of, require_open
from workers.web.problems import KEY_REUSED, FieldError, Problem, invalid
from workers.web.shapes import ActionIn, ActionOut, LetterOut
from workers.web.threads import Threads

log = structlog.get_logger()

_decoder = msgspec.json.Decoder(ActionIn)

#: The state of an action that is on disk.
TAKEN = "taken"


class Asked(NamedTuple):
    """Who asked for what, and how to know the same request again."""

    campaign: Campaign
    wish: rules.Wish
    repeat: Repeat


class Actions:
    """The endpoint, on the services of one process."""

    def __init__(self, app: App, threads: Threads) -> None:
        self._app, self._threads = app, threads
        self._asides = Asides(app)
        self._callers = Callers(app.settings.secrets.api_keys())
        self._nudge_ms = int(app.settings.clock.nudge_s * 1000)

    async def post(self, request: Request) -> Response:
        """202 once the action is on disk; the same action again gives the same answer.

        One without a key is kept aside until its supporter confirms it.
        """
        caller = self._callers.of(request)
        campaign = campaign_of(request, self._app.campaigns)
        require_open(campaign)
        key = idempotency_key(request)
        require_json(request)
        body = decode(await read_body(request, self._app.settings.web.max_body), _decoder)
        wish = rules.check(body)
        if caller:
            asked = Asked(campaign, wish, self._repeat(caller, campaign, key, body))
            answer = await self._threads.run(self._take, asked)
        else:
            answer = await self.take(campaign, wish, by=body.by or "")
        return Response(msgspec.json.encode(answer), 202, media_type="application/json")

    async def take(self, campaign: Campaign, wish: rules.Wish, *, by: str = "") -> ActionOut:
        """What anyone asks for: taken if ``by`` is the personal link of who confirmed lately, else kept aside."""
        return await self._threads.run(self._keep, Asked(campaign, wish, Repeat()), by)

    async def ballot(self, campaign: Campaign, postcode: str) -> Ballot:
        """Whom a postcode can write to; NotFoundError for an unknown one."""
        return await self._threads.run(find_ballot, self._app.store, campaign, postcode)

    def _keep(self, asked: Asked, by: str) -> ActionOut:
        again = self._asides.writes_again(asked.campaign, by)
        person, action, consents, chosen = self._made(asked)
        if again == person.id:
            return self._take(asked)
        self._asides.keep(action, person, consents)
        letters = [_letter_out(action, one, None) for one in chosen]
        return ActionOut(action.id, UNCONFIRMED, [msgspec.structs.replace(letter, state=ASIDE) for letter in letters])

    def _made(self, asked: Asked) -> tuple[Person, Action, list[Consent], list[Candidate]]:
        """What is asked for, as it would be remembered, and who is written to."""
        wish = asked.wish
        chosen = _chosen(_ballot(self._app, asked), wish.candidates)
        person = Person(self._app.ids.person(wish.email, wish.name), wish.name, wish.email, wish.postcode)
        action = self._action(asked, person, chosen)
        consents = [Consent(purpose, wording, action.at, wish.source) for purpose, wording in wish.consents]
        return person, action, consents, chosen

    def _repeat(self, caller: str, campaign: Campaign, key: str, body: ActionIn) -> Repeat:
        """The fingerprint is keyed like every id: it tells nothing about the person in the body."""
        if not key:
            return Repeat()
        ids = self._app.ids
        content = msgspec.json.encode(body).decode()
        return Repeat(ids.request(caller, key), ids.request(f"body for {campaign.slug}", content))

    def _take(self, asked: Asked) -> ActionOut:
        campaign = asked.campaign
        person, action, consents, chosen = self._made(asked)
        nudge_at = int(time.time() * 1000) + self._nudge_ms
        taken, known = self._app.store.actions.take(person, action, consents, asked.repeat, nudge_at_ms=nudge_at)
        if taken is Taken.CONFLICT:
            raise Problem(KEY_REUSED, "use a new Idempotency-Key for a new request")
        if known != action.id:
            action = self._app.store.actions.get(known)
            chosen = list(self._named(campaign, action, chosen))
        letters = {letter.candidate: letter for letter in self._app.store.letters.of_action(action)}
        if taken is Taken.NEW or len(letters) < len(chosen):
            self._announce(action)
        new = taken is Taken.NEW
        log.info("action.taken", campaign=campaign.slug, action=action.id, letters=len(chosen), new=new)
        return ActionOut(action.id, TAKEN, [_letter_out(action, one, letters.get(one.id)) for one in chosen])

    def _action(self, asked: Asked, person: Person, chosen: list[Candidate]) -> Action:
        campaign, wish, ids = asked.campaign.slug, asked.wish, self._app.ids
        candidates = tuple(candidate.id for candidate in chosen)
        return Action(
            id=ids.action(campaign, person.id, candidates),
            campaign=campaign,
            person=person.id,
            group=ids.group(campaign, "letter", "", person.id),
            candidates=candidates,
            at=int(time.time()),
            message=wish.message,
            subject=wish.subject,
            source=wish.source,
        )

    def _named(self, campaign: Campaign, action: Action, chosen: list[Candidate]) -> list[Candidate]:
        """The candidates of an action taken earlier, whose ballot may have been another."""
        found = {candidate.id: candidate for candidate in chosen}
        return [found.get(name) or self._app.store.candidates.get(campaign.slug, name) for name in action.candidates]

    def _announce(self, action: Action) -> None:
        try:
            self._app.publish(ActionTaken(action.campaign, [action.id]))
        except UnavailableError:
            # It is on disk: the clock finds it by its time.
            log.warning("action.not_announced", campaign=action.campaign, action=action.id)


def _ballot(app: App, asked: Asked) -> Ballot:
    try:
        ballot = find_ballot(app.store, asked.campaign, asked.wish.postcode)
    except NotFoundError:
        raise invalid([FieldError("supporter.postcode", "is not among the postcodes that are known here")]) from None
    if not ballot.candidates:
        detail = "is in a constituency where no candidate is known yet"
        raise invalid([FieldError("supporter.postcode", detail)])
    return ballot


def _chosen(ballot: Ballot, wanted: tuple[str, ...]) -> list[Candidate]:
    """Those of the ballot that are wanted; all when none is named."""
    if not wanted:
        return ballot.candidates
    chosen = [candidate for candidate in ballot.candidates if candidate.id in wanted]
    if len(chosen) < len(wanted):
        raise invalid([FieldError("candidates", "must all stand in the supporter's constituency")])
    return chosen


def _letter_out(action: Action, candidate: Candidate, letter: Letter | None) -> LetterOut:
    state = str(letter.state) if letter else "queued" if candidate.email else "held"
    return LetterOut(delivery_id(action.group, candidate.id), candidate.id, candidate.name, candidate.party, state)
