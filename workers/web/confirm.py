"""``/confirm/{token}``: a supporter sees what was asked for in their name, and decides. GET shows, POST does."""

from __future__ import annotations

import hmac
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import NamedTuple

import structlog
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from workers.app import App, patience
from workers.campaign.events import ActionTaken
from workers.campaign.intents import CONFIRMED, SUBSCRIBED, Intent, Over, Wanted, changed
from workers.campaign.model import Campaign
from workers.campaign.supporter_links import SupporterLinks
from workers.errors import InputError, NotFoundError, UnavailableError
from workers.web import rules
from workers.web.campaigns import require_open
from workers.web.decided import Decided
from workers.web.forms import read_fields, require_own_page
from workers.web.limits import Limits
from workers.web.pages import Pages
from workers.web.problems import EXPIRED_LINK, UNKNOWN_LINK, FieldError, Problem, invalid
from workers.web.sheets import PRIVATE, Sheet, Sheets, day_text
from workers.web.subscribing import Subscriptions
from workers.web.threads import Threads

log = structlog.get_logger()

#: Fields of the form: a box for each candidate, and a few more.
_FIELDS = 200
_WORDS = frozenset({"subject", "message"})
_CONFIRM, _SAVE, _WITHDRAW, _NOT_ME = "confirm", "save", "withdraw", "not-me"


class _Asked(NamedTuple):
    """Whose link was opened."""

    campaign: Campaign
    intent_id: str
    token: str


@dataclass(frozen=True, slots=True)
class _Typed:
    """What stands in the form; ``words`` (subject, message) that it does not have are those that are kept."""

    answer: str
    form: str
    words: dict[str, str]
    candidates: tuple[str, ...]

    @classmethod
    def of(cls, fields: list[tuple[str, str]]) -> _Typed:
        last = dict(fields)
        chosen = tuple(value for name, value in fields if name == "candidate")
        words = {name: word for name, word in last.items() if name in _WORDS}
        return cls(last.get("answer", ""), last.get("form", ""), words, chosen)


class ConfirmPage:
    """The endpoints. Whoever holds the link reads the supporter's mail, so that there is nothing to log in to."""

    def __init__(self, app: App, threads: Threads, pages: Pages, sheets: Sheets, limits: Limits) -> None:
        self._app, self._threads, self._pages, self._sheets, self._limits = app, threads, pages, sheets, limits
        self._links = SupporterLinks(app.ids, pages.public_url)
        self._decided = Decided(app, pages, self._links)
        self._subscriptions = Subscriptions(app, pages)
        self._patience = patience(app.settings)

    async def get(self, request: Request) -> Response:
        """What waits, or what became of it; 404 or 410 for a link that does not work."""
        return await self._threads.run(self._shown, request.path_params["token"])

    async def post(self, request: Request) -> Response:
        """303 to the page once it is on disk; the form again, with what was typed, if something is not right."""
        require_own_page(request, self._pages.public_url, "open the link in your mail, and use the form there")
        await self._limits.require_form(request)
        typed = _Typed.of(await read_fields(request, self._app.settings.web.max_body, _FIELDS))
        return await self._threads.run(self._answer, request.path_params["token"], typed)

    def _opened(self, token: str) -> _Asked:
        found = self._links.confirms(token, self._app.campaigns.values())
        if not found:
            raise Problem(UNKNOWN_LINK, "it is not complete: open it from the mail again, or copy all of it")
        return _Asked(*found, token)

    def _shown(self, token: str) -> Response:
        asked = self._opened(token)
        found = self._app.store.intents.find(asked.intent_id)
        if isinstance(found, Intent):
            return self._subscription(asked, found) if found.is_subscription else self._form(asked, found)
        return self._over(asked, found)

    def _subscription(self, asked: _Asked, intent: Intent, *, changed: bool = False) -> Response:
        form = self._links.form(asked.token, intent.print)
        return self._subscriptions.asked(asked.campaign, intent, asked.token, form, changed=changed)

    def _over(self, asked: _Asked, found: Over | None) -> Response:
        """What was decided; 410 if nothing is known of it any more."""
        if found and found.how != CONFIRMED:
            return self._decided.ended(asked.campaign, found.how)
        if found and found.action == SUBSCRIBED:
            return self._subscriptions.done(asked.campaign)
        try:
            action = self._app.store.actions.get(found.action if found else asked.intent_id)
        except NotFoundError:
            return self._decided.ended(asked.campaign, "gone")
        return self._decided.confirmed(asked.campaign, action)

    def _form(
        self, asked: _Asked, intent: Intent, sheet: Sheet | None = None, notice: str = "", status: int = 200
    ) -> Response:
        campaign, now = asked.campaign, datetime.now(UTC)
        values = {
            **self._sheets.values(campaign, sheet or Sheet.of(intent)),
            "action": f"/confirm/{asked.token}",
            "form": self._links.form(asked.token, intent.print),
            "notice": notice,
            "is_open": campaign.is_open(now),
            "until": day_text(campaign, time.time() + self._app.store.intents.seconds_left(intent.id)),
        }
        return HTMLResponse(self._pages.html("confirm", values), status, PRIVATE)

    def _answer(self, token: str, typed: _Typed) -> Response:
        asked, again = self._opened(token), RedirectResponse(f"/confirm/{token}", 303, PRIVATE)
        intent = self._app.store.intents.find(asked.intent_id)
        if not isinstance(intent, Intent):
            return again  # decided already, perhaps by the same press: the page says how
        if typed.answer not in {_CONFIRM, _WITHDRAW, _NOT_ME} | (set() if intent.is_subscription else {_SAVE}):
            raise invalid([FieldError("answer", "is not one that this page offers")])
        if typed.answer in {_WITHDRAW, _NOT_ME}:
            self._end(intent, typed.answer)
            return again
        form = self._links.form(token, intent.print)
        is_same = hmac.compare_digest(typed.form.encode(), form.encode())
        if intent.is_subscription:
            if is_same and self._confirm(asked.campaign, intent, intent) != "changed":
                return again
            return self._subscription(asked, self._newest(intent), changed=True)
        require_open(asked.campaign)
        if not is_same:
            return self._form(asked, intent, notice="changed", status=409)
        return self._decide(asked, intent, typed) or again

    def _decide(self, asked: _Asked, intent: Intent, typed: _Typed) -> Response | None:
        """None once it is done; else the form again."""
        wanted, flaws = self._wanted(asked.campaign, intent, typed)
        if flaws:
            sheet = replace(Sheet.of(intent), chosen=typed.candidates, flaws=flaws, **typed.words)
            return self._form(asked, intent, sheet, status=422)
        if not self._sheets.written(asked.campaign, wanted.candidates):
            return self._form(asked, intent, notice="changed", status=409)
        asks_for = changed(self._app.ids, intent, wanted)
        if typed.answer == _SAVE:
            said = self._app.store.intents.edit(intent, asks_for)
            log.info("action.edited", campaign=asked.campaign.slug, action=intent.id, done=said == "kept")
        else:
            said = self._confirm(asked.campaign, intent, asks_for)
        if said == "changed":
            return self._form(asked, self._newest(intent), notice="changed", status=409)
        return None

    def _newest(self, intent: Intent) -> Intent:
        found = self._app.store.intents.find(intent.id)
        if not isinstance(found, Intent):
            raise Problem(EXPIRED_LINK, "the letters were decided on meanwhile: open the link again")
        return found

    def _wanted(self, campaign: Campaign, intent: Intent, typed: _Typed) -> tuple[Wanted, dict[str, str]]:
        """What the form asks for, and what is wrong with it by field."""
        flaws: dict[str, str] = {}
        kept = {}
        for field, rule in (("subject", rules.subject), ("message", rules.message)):
            try:
                kept[field] = rule(typed.words.get(field, getattr(intent.action, field)))
            except InputError as error:
                flaws[field] = error.what
        chosen = tuple(one for one in intent.action.candidates if one in typed.candidates)
        if not chosen:
            flaws["candidates"] = "need at least one tick; or take the letters back below"
        if flaws:
            return Wanted("", ""), flaws
        own = self._sheets.own_words(campaign, Sheet.of(intent), kept["subject"], kept["message"])
        return Wanted(*own, chosen), {}

    def _confirm(self, campaign: Campaign, shown: Intent, wanted: Intent) -> str:
        nudge_at = int((time.time() + self._app.settings.clock.nudge_s) * 1000)
        seats = self._app.store.places.seats(wanted.person.postcode)
        said = self._app.store.intents.confirm(shown, wanted, nudge_at_ms=nudge_at, seats=seats)
        found = self._app.store.intents.find(shown.id)
        if said == CONFIRMED and shown.is_subscription:
            log.info("person.subscribed", campaign=campaign.slug, person=shown.action.person)
        elif said == CONFIRMED and isinstance(found, Over):
            log.info("action.confirmed", campaign=campaign.slug, action=found.action, intent=shown.id)
            self._announce(campaign, found.action)
        return said

    def _announce(self, campaign: Campaign, action: str) -> None:
        try:
            self._app.publish(ActionTaken(campaign.slug, [action]))
        except UnavailableError:
            # It is on disk: the clock finds it by its time.
            log.warning("action.not_announced", campaign=campaign.slug, action=action)

    def _end(self, intent: Intent, answer: str) -> None:
        intents, campaign = self._app.store.intents, intent.action.campaign
        if answer == _WITHDRAW:
            intents.withdraw(intent)
            log.info("action.withdrawn", campaign=campaign, action=intent.id)
        else:
            intents.disown(intent, self._patience)
            log.info("action.disowned", campaign=campaign, action=intent.id)
