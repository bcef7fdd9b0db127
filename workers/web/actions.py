"""``POST /api/campaigns/{campaign}/actions``: a supporter's action is checked, remembered and answered."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import msgspec
import structlog
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from workers.app import App
from workers.campaign.ids import delivery_id
from workers.campaign.intents import ASIDE, UNCONFIRMED
from workers.campaign.model import Action, Campaign, Candidate, Consent, Person
from workers.campaign.profile import own_profile
from workers.errors import NotFoundError, UnavailableError
from workers.store.actions import Answer, Asked, Taken
from workers.store.actions import Request as Repeat
from workers.store.ballots import View
from workers.throwaway import is_throwaway
from workers.web import rules
from workers.web.announcing import Announcer
from workers.web.asides import Asides
from workers.web.ballot import Ballot, find_ballot
from workers.web.bodies import decode, read_body, require_json
from workers.web.callers import Callers, idempotency_key
from workers.web.campaigns import campaign_of, require_open
from workers.web.limits import Limits
from workers.web.problems import KEY_REUSED, FieldError, Problem, invalid
from workers.web.shapes import ActionIn, ActionOut, LetterOut
from workers.web.threads import Threads

log = structlog.get_logger()

_decoder = msgspec.json.Decoder(ActionIn)
_encode = msgspec.json.Encoder().encode

_THROWAWAY = "is at a provider of throw-away addresses: give one that you keep, candidates answer to it"

#: The state of an action that is on disk.
TAKEN = "taken"


class _Wish(NamedTuple):
    """Who asked for what, and how to know the same request again."""

    campaign: Campaign
    said: rules.Wish
    repeat: Repeat = Repeat()
    call: str = ""


class Actions:
    """The endpoint, on the services of one process."""

    def __init__(self, app: App, threads: Threads, announcer: Announcer, limits: Limits) -> None:
        self._app, self._threads, self._announcer, self._limits = app, threads, announcer, limits
        self._asides = Asides(app)
        self._callers = Callers(app.settings.secrets.api_keys())
        self._nudge_ms = int(app.settings.clock.nudge_s * 1000)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The endpoint without the framework's own wrapping: refusals are told further out, as for all others."""
        response = await self.post(Request(scope, receive))
        await response(scope, receive, send)

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
        said = rules.check(body)
        if caller:
            await self._limits.require_caller(caller, campaign)
            answer = await self._take(_Wish(campaign, said, self._repeat(caller, campaign, key, body)))
        else:
            answer = await self.take(request, campaign, said, by=body.by or "")
        return Response(_encode(answer), 202, media_type="application/json")

    async def take(self, request: Request, campaign: Campaign, said: rules.Wish, *, by: str = "") -> ActionOut:
        """What anyone asks for: taken if ``by`` is the personal link of who confirmed lately, else kept aside.

        429 if they ask too often.
        """
        await self._limits.require(request, campaign, said.email)
        wish = _Wish(campaign, said)
        again = self._asides.writes_again(campaign, by)
        asked, chosen = await self._asked(wish, fresh=True)
        if again == asked.person.id:
            return await self._take(wish)
        await self._threads.run(self._asides.keep, asked.action, asked.person, asked.consents)
        return _answer(asked.action, [(one, ASIDE) for one in chosen], UNCONFIRMED)

    async def take_called(self, campaign: Campaign, said: rules.Wish, call: str) -> ActionOut:
        """What somebody asks for on their own page of a call: the link in their mail proves who they are."""
        return await self._take(_Wish(campaign, said, call=call))

    async def ballot(self, request: Request, campaign: Campaign, postcode: str) -> Ballot:
        """Whom a postcode can write to; NotFoundError for an unknown one, 429 for too many."""
        await self._limits.require_lookup(request)
        return await find_ballot(await self._app.store.ballots.view(campaign.slug, fresh=True), campaign, postcode)

    def _repeat(self, caller: str, campaign: Campaign, key: str, body: ActionIn) -> Repeat:
        """The fingerprint is keyed like every id: it tells nothing about the person in the body."""
        if not key:
            return Repeat()
        ids = self._app.ids
        content = msgspec.json.encode(body).decode()
        return Repeat(ids.request(caller, key), ids.request(f"body for {campaign.slug}", content))

    async def _take(self, wish: _Wish) -> ActionOut:
        asked, chosen = await self._asked(wish, fresh=False)
        answer = await self._hand_in(asked)
        if answer.taken is Taken.OUTDATED:
            asked, chosen = await self._asked(wish, fresh=True)
            answer = await self._hand_in(asked)
        if answer.taken is Taken.OUTDATED:
            raise UnavailableError("candidates are being imported just now")
        if answer.taken is Taken.CONFLICT:
            raise Problem(KEY_REUSED, "use a new Idempotency-Key for a new request")
        if answer.action != asked.action.id:
            return await self._threads.run(self._taken_before, wish.campaign, answer.action, chosen)
        self._tell(asked.action, answer)
        return _answer(asked.action, zip(chosen, answer.letters or [""] * len(chosen), strict=True))

    async def _hand_in(self, asked: Asked) -> Answer:
        nudge_at = int(time.time() * 1000) + self._nudge_ms
        return await self._app.store.actions.take_together(asked, nudge_at_ms=nudge_at)

    def _tell(self, action: Action, answer: Answer) -> None:
        new, letters = answer.taken is Taken.NEW, len(action.candidates)
        if new or not all(answer.letters or [""]):
            self._announcer.add(action.campaign, action.id)
        flag = {"throwaway": True} if action.throwaway else {}
        log.info("action.taken", campaign=action.campaign, action=action.id, letters=letters, new=new, **flag)

    def _taken_before(self, campaign: Campaign, action_id: str, chosen: list[Candidate]) -> ActionOut:
        """The same request was answered when its ballot was another."""
        action = self._app.store.actions.get(action_id)
        states = {letter.candidate: str(letter.state) for letter in self._app.store.letters.of_action(action)}
        named = self._named(campaign, action, chosen)
        return _answer(action, [(candidate, states.get(candidate.id, "")) for candidate in named])

    async def _asked(self, wish: _Wish, *, fresh: bool) -> tuple[Asked, list[Candidate]]:
        """What the ledger is asked to take, and who is written to; nothing is refused for what may be out of date."""
        throwaway = is_throwaway(wish.said.email)
        if throwaway and self._app.settings.limits.refuse_throwaway:
            raise invalid([FieldError("supporter.email", _THROWAWAY)])
        view = await self._app.store.ballots.view(wish.campaign.slug, fresh=fresh)
        try:
            chosen = _chosen(await _ballot(view, wish), wish.said.candidates)
        except Problem:
            if fresh:
                raise
            return await self._asked(wish, fresh=True)
        said = wish.said
        person = Person(self._app.ids.person(said.email, said.name), said.name, said.email, said.postcode)
        action = self._action(wish, person, chosen, throwaway=throwaway)
        consents = [Consent(purpose, wording, action.at, said.source) for purpose, wording in said.consents]
        profile = own_profile(self._app.ids, said.email, _seats(view, said.postcode), dict(said.consents))
        return Asked(person, action, consents, wish.repeat, view.edition, wish.call, profile.pack()), chosen

    def _action(self, wish: _Wish, person: Person, chosen: list[Candidate], *, throwaway: bool) -> Action:
        campaign, said, ids = wish.campaign.slug, wish.said, self._app.ids
        candidates = tuple([candidate.id for candidate in chosen])
        return Action(
            id=ids.action(campaign, person.id, candidates),
            campaign=campaign,
            person=person.id,
            group=ids.group(campaign, "letter", "", person.id),
            candidates=candidates,
            at=int(time.time()),
            message=said.message,
            subject=said.subject,
            source=said.source,
            throwaway=throwaway,
        )

    def _named(self, campaign: Campaign, action: Action, chosen: list[Candidate]) -> list[Candidate]:
        """The candidates of an action taken earlier, whose ballot may have been another."""
        found = {candidate.id: candidate for candidate in chosen}
        return [found.get(name) or self._app.store.candidates.get(campaign.slug, name) for name in action.candidates]


async def _ballot(view: View, wish: _Wish) -> Ballot:
    try:
        ballot = await find_ballot(view, wish.campaign, wish.said.postcode)
    except NotFoundError:
        raise invalid([FieldError("supporter.postcode", "is not among the postcodes that are known here")]) from None
    if not ballot.candidates:
        detail = "is in a constituency where no candidate is known yet"
        raise invalid([FieldError("supporter.postcode", detail)])
    return ballot


def _seats(view: View, postcode: str) -> Iterator[str]:
    """In all boundaries, the newest first; the ballot was found in them just now."""
    found = view.seats(postcode)
    return (seat for generation in sorted(found, reverse=True) for seat in found[generation])


def _chosen(ballot: Ballot, wanted: tuple[str, ...]) -> list[Candidate]:
    """Those of the ballot that are wanted; all when none is named."""
    if not wanted:
        return ballot.candidates
    chosen = [candidate for candidate in ballot.candidates if candidate.id in wanted]
    if len(chosen) < len(wanted):
        raise invalid([FieldError("candidates", "must all stand in the supporter's constituency")])
    return chosen


def _answer(action: Action, letters: Iterable[tuple[Candidate, str]], state: str = TAKEN) -> ActionOut:
    return ActionOut(action.id, state, [_letter_out(action.group, one, told) for one, told in letters])


def _letter_out(group: str, candidate: Candidate, state: str) -> LetterOut:
    told = state or ("queued" if candidate.email else "held")
    return LetterOut(delivery_id(group, candidate.id), candidate.id, candidate.name, candidate.party, told)
