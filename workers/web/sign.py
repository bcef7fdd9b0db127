"""``/sign/{token}``: the page of a candidate's personal link. GET shows, POST does."""

from __future__ import annotations

import hmac
import time
from datetime import UTC, date, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

import structlog
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from workers.app import App
from workers.campaign.answers import REASON, Answer, Said, private_reason
from workers.campaign.events import AnswerWithdrawn, CandidateAnswered, Event, LettersFollowed
from workers.campaign.links import Links, read
from workers.campaign.model import Campaign, Candidate
from workers.campaign.signature import Signature
from workers.errors import InputError, NotFoundError, UnavailableError
from workers.signatures import day_of, enter
from workers.store.claims import gathering
from workers.store.tallies import day_number
from workers.web.forms import read_form, require_own_page
from workers.web.limits import Limits
from workers.web.pages import Pages
from workers.web.problems import EXPIRED_LINK, UNKNOWN_LINK, WRONG_FORM, FieldError, Problem, invalid
from workers.web.threads import Threads

log = structlog.get_logger()

#: How a signature of this page came.
_SOURCE = "link"
#: The answer that signs, and the one that takes another back; the others are ``Said``.
_SIGN, _TAKE_BACK = "sign", "take-back"
#: Tokens stand in the address: nobody keeps the page, lists it, or passes the address on.
_HEADERS = {"cache-control": "no-store", "x-robots-tag": "noindex, nofollow"}


class _Asked(NamedTuple):
    """Who opened the link, and the address it was sent to."""

    campaign: Campaign
    candidate: Candidate
    address: str
    token: str


class SignPage:
    """The endpoints. Whoever holds the link is the candidate, so that there is nothing to log in to."""

    def __init__(self, app: App, threads: Threads, pages: Pages, limits: Limits) -> None:
        self._app, self._threads, self._pages, self._limits = app, threads, pages, limits
        self._links = Links(app.ids, pages.public_url)

    async def get(self, request: Request) -> Response:
        """What is asked, of whom, and what they said so far; 404 or 410 for a link that does not work."""
        page = self._pages.html("sign", await self._threads.run(self._values, request.path_params["token"]))
        return Response(page, 200, _HEADERS, "text/html")

    async def post(self, request: Request) -> Response:
        """303 to the page once it is on disk."""
        require_own_page(request, self._pages.public_url)
        await self._limits.require_form(request)
        token = request.path_params["token"]
        form = await read_form(request, self._app.settings.web.max_body)
        await self._threads.run(self._do, token, form)
        return RedirectResponse(f"/sign/{token}", 303, _HEADERS)

    def _opened(self, token: str) -> _Asked:
        claim = read(token)
        if claim:
            for campaign in self._links.campaign(claim, self._app.campaigns.values()):
                if (candidate := self._candidate(campaign, claim.candidate)) is None:
                    continue
                if address := self._links.address(claim, campaign, candidate):
                    _require_current(campaign, candidate, claim.day)
                    return _Asked(campaign, candidate, address, token)
        raise Problem(UNKNOWN_LINK, "it is not complete, or is older than your present address: try your newest letter")

    def _candidate(self, campaign: Campaign, candidate: str) -> Candidate | None:
        try:
            return self._app.store.candidates.get(campaign.slug, candidate)
        except NotFoundError:
            return None

    def _values(self, token: str) -> dict[str, object]:
        asked, store = self._opened(token), self._app.store
        campaign, candidate = asked.campaign, asked.candidate
        signature = store.signatures.find(campaign.slug, candidate.id)
        answers = store.answers.of(campaign.slug, candidate.id)
        address = store.ids.address(asked.address)
        said = {one.said: _day(one.at, campaign) for one in answers if one.about in {"", address}}
        return {
            "campaign": campaign,
            "candidate": candidate,
            "contacts": store.tallies.contacts(campaign.slug, candidate.id),
            "signed": _day(signature.at, campaign) if signature else "",
            "said": {one.name.casefold(): said.get(one, "") for one in Said},
            "reason_length": REASON,
            "summary": _summary(campaign),
            "action": f"/sign/{token}",
            "form": self._links.form(token),
            "url": f"/campaigns/{campaign.slug}",
        }

    def _do(self, token: str, form: dict[str, str]) -> None:
        asked = self._opened(token)
        if not hmac.compare_digest(form.get("form", "").encode(), self._links.form(token).encode()):
            raise Problem(WRONG_FORM, "open the link in your letter again, and use the form there")
        answer = form.get("answer", "")
        if answer == _SIGN:
            self._sign(asked)
        elif answer in list(Said):
            self._answer(asked, Said(answer), form.get("reason", ""))
        elif answer == _TAKE_BACK and form.get("said") in list(Said):
            self._take_back(asked, Said(form["said"]))
        else:
            raise invalid([FieldError("answer", "is not one that this page offers")])
        self._follow(asked)

    def _sign(self, asked: _Asked) -> None:
        now, slug = int(time.time()), asked.campaign.slug
        if self._app.store.signatures.find(slug, asked.candidate.id):
            return
        signature = Signature(asked.candidate.id, now, _SOURCE, day=day_of(asked.campaign, now))
        try:
            enter(self._app, slug, signature, is_exact=False)
        except UnavailableError:
            if not self._app.store.signatures.find(slug, asked.candidate.id):
                raise
            log.warning("charter.not_announced", campaign=slug, candidate=asked.candidate.id)

    def _answer(self, asked: _Asked, said: Said, text: str) -> None:
        reason = _reason(text) if said is Said.DECLINED else ""
        answer, slug = Answer(said, int(time.time()), self._about(asked, said)), asked.campaign.slug
        if self._app.store.answers.put(slug, asked.candidate.id, answer, reason):
            self._tell(CandidateAnswered(slug, asked.candidate.id, said))
        if said is Said.LESS_OFTEN and asked.campaign.summary:
            self._app.store.summaries.begin(slug, asked.candidate.id, gathering(asked.campaign, answer.at))

    def _take_back(self, asked: _Asked, said: Said) -> None:
        slug, candidate, store = asked.campaign.slug, asked.candidate.id, self._app.store
        if store.answers.withdraw(slug, candidate, said, _SOURCE, self._about(asked, said)):
            self._tell(AnswerWithdrawn(slug, candidate, said, _SOURCE))
        if said is Said.LESS_OFTEN:
            store.waiting.hasten(slug, candidate)

    def _about(self, asked: _Asked, said: Said) -> str:
        """The link's own address, if it is the address that the answer is about."""
        return self._app.ids.address(asked.address) if said is Said.WRONG_ADDRESS else ""

    def _follow(self, asked: _Asked) -> None:
        """Waiting letters go to where they belong now, before the candidate sees the page again."""
        moved = self._app.store.waiting.follow(asked.campaign.slug, asked.candidate.id)
        if moved.released or moved.held or moved.withheld:
            self._tell(LettersFollowed(asked.campaign.slug, moved.released, moved.held, moved.withheld))

    def _tell(self, event: Event) -> None:
        """Nothing reacts to these events: they are for the log."""
        self._app.publish(event)


def _require_current(campaign: Campaign, candidate: Candidate, day: int) -> None:
    """410 for a link that was right and is out of time, or whose candidate does not stand any more."""
    if day_number(time.time(), campaign.time_zone) > day:
        raise Problem(EXPIRED_LINK, "it has expired: the election is over")
    if not candidate.is_standing:
        raise Problem(EXPIRED_LINK, "it is for a candidate who is not on our list any more")


def _summary(campaign: Campaign) -> str:
    """The hour of the daily summary; "" where the campaign has none."""
    return f"{campaign.summary.hour}:00" if campaign.summary else ""


def _reason(text: str) -> str:
    try:
        return private_reason(text)
    except InputError as error:
        raise invalid([FieldError(error.field, error.what)]) from None


def _day(at: int, campaign: Campaign) -> str:
    day: date = datetime.fromtimestamp(at, UTC).astimezone(ZoneInfo(campaign.time_zone)).date()
    return f"{day.day} {day:%B %Y}"
