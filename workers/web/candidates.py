"""``GET /api/campaigns/{campaign}/candidates?postcode=``: whom a postcode can write to, without anyone's address."""

from __future__ import annotations

from typing import Literal

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from workers.app import App
from workers.campaign.model import Campaign, Candidate
from workers.campaign.postcodes import normal_postcode
from workers.errors import InputError, NotFoundError
from workers.web.ballot import Ballot, find_ballot
from workers.web.callers import Callers
from workers.web.campaigns import campaign_of
from workers.web.limits import Limits
from workers.web.problems import UNKNOWN_POSTCODE, FieldError, Problem, invalid
from workers.web.shapes import BallotOut, CandidateOut
from workers.web.threads import Threads

#: Anyone may ask, from any site; the answer is the same for all.
PUBLIC = {"access-control-allow-origin": "*"}
#: Seconds an answer may be kept.
_MAX_AGE_S = 60


class Candidates:
    """The endpoint, on the services of one process."""

    def __init__(self, app: App, threads: Threads, limits: Limits) -> None:
        self._app, self._threads, self._limits = app, threads, limits
        self._callers = Callers(app.settings.secrets.api_keys())

    async def get(self, request: Request) -> Response:
        """200 with who stands; 422 for what is no postcode, 404 for one that is not known, 429 for too many."""
        campaign = campaign_of(request, self._app.campaigns)
        postcode = _postcode(request)
        if not self._callers.of(request):
            await self._limits.require_lookup(request)
        ballot = await self._ballot(campaign, postcode)
        answer = await self._threads.run(self._answer, campaign, postcode, ballot)
        headers = {"cache-control": f"public, max-age={_MAX_AGE_S}", **PUBLIC}
        return Response(msgspec.json.encode(answer), 200, headers, "application/json")

    async def _ballot(self, campaign: Campaign, postcode: str) -> Ballot:
        view = await self._app.store.ballots.view(campaign.slug, fresh=True)
        try:
            return await find_ballot(view, campaign, postcode)
        except NotFoundError as error:
            raise Problem(UNKNOWN_POSTCODE, str(error), headers=PUBLIC) from None

    def _answer(self, campaign: Campaign, postcode: str, ballot: Ballot) -> BallotOut:
        signed = self._app.store.signatures.among(campaign.slug, [one.id for one in ballot.candidates])
        candidates = [_shown(campaign, one, signed=one.id in signed) for one in ballot.candidates]
        return BallotOut(campaign.slug, postcode, ballot.constituency, ballot.name, candidates, list(ballot.seats))


def _shown(campaign: Campaign, candidate: Candidate, *, signed: bool) -> CandidateOut:
    known = candidate.id, candidate.name, candidate.party, bool(candidate.email), signed
    letter: Literal["ask", "thanks"] | None = "thanks" if campaign.thanks else None
    return CandidateOut(*known, letter if signed else "ask", candidate.constituency, candidate.constituency_name)


def _postcode(request: Request) -> str:
    typed = request.query_params.get("postcode", "")
    try:
        return normal_postcode(typed)
    except InputError as error:
        raise invalid([FieldError("postcode", error.what)]) from None
