"""The pages: a list of campaigns, each campaign's count, the documentation, and refusals for people."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from workers.app import App
from workers.campaign.model import Campaign
from workers.campaign.states import State
from workers.mail.templates import Templates
from workers.web import openapi
from workers.web.atom import instant
from workers.web.board import Board
from workers.web.campaigns import campaign_of
from workers.web.charts import Bar, bars
from workers.web.folders import Folders
from workers.web.problems import KINDS, Problem
from workers.web.roll import Rolls, Signatory
from workers.web.shapes import TallyOut
from workers.web.statics import Statics

#: Characters of the charter that previews show.
_SUMMARY = 200
#: Signatories that are named on the campaign's page.
_NEWEST = 5

#: What a state means to the public.
_STATES = {
    State.HELD: "wait for an address",
    State.QUEUED: "wait to be sent",
    State.SENDING: "are being sent",
    State.ACCEPTED: "were handed over",
    State.DELIVERED: "were delivered",
    State.BOUNCED: "came back",
    State.COMPLAINED: "were delivered and not welcome",
    State.REJECTED: "were refused by the mail service",
    State.UNKNOWN: "may have left",
    State.WITHHELD: "were withheld",
    State.CANCELLED: "were cancelled",
}


class _Chart(NamedTuple):
    field: str
    title: str
    counted: str
    none: str
    rows: list[Bar]


class _Newest(NamedTuple):
    name: str
    stands: str
    instant: str
    day: str


class _Row(NamedTuple):
    state: str
    says: str
    letters: int


class _Card(NamedTuple):
    slug: str
    title: str
    language: str
    says: str


class Pages:
    """The endpoints; every page is whole without a script."""

    def __init__(self, app: App, board: Board, rolls: Rolls, statics: Statics, folders: Folders) -> None:
        self._app, self._board, self._rolls, self._statics, self._folders = app, board, rolls, statics, folders
        self.public_url = app.settings.web.public_url.rstrip("/")
        self._templates = Templates(app.settings.path(app.settings.templates.folder))

    async def index(self, _request: Request) -> Response:
        """Every campaign, the one that closes last first."""
        newest_first = sorted(self._app.campaigns.values(), key=lambda campaign: campaign.closes, reverse=True)
        cards = [_Card(one.slug, one.title, one.language, _dates(one)) for one in newest_first]
        return self._page("index", {"campaigns": cards})

    async def campaign(self, request: Request) -> Response:
        """The count of one campaign, and what candidates are asked to sign."""
        campaign = campaign_of(request, self._app.campaigns)
        tally = (await self._board.read(campaign)).tally
        roll = await self._rolls.read(campaign)
        values = {
            "campaign": campaign,
            "tally": tally,
            "says": _dates(campaign),
            "is_open": campaign.is_open(datetime.now(UTC)),
            "mails": await asyncio.to_thread(self._folders.purposes, campaign.slug),
            "summary": _summary(campaign.charter),
            "url": f"{self.public_url}/campaigns/{campaign.slug}",
            "charts": list(_charts(tally)),
            "newest": [_newest(one, campaign) for one in roll.newest[:_NEWEST]],
            "states": list(_rows(tally.letters)),
            "total": sum(tally.letters.values()),
            "as_of": _local(datetime.fromisoformat(tally.as_of), campaign).strftime("%H:%M:%S"),
        }
        return self._page("campaign", values)

    async def docs(self, _request: Request) -> Response:
        """What the API takes and answers, for people."""
        values = {
            "operations": openapi.OPERATIONS,
            "shapes": openapi.shapes(),
            "problems": KINDS,
            "example": openapi.example(self.public_url),
        }
        return self._page("docs", values)

    def problem(self, problem: Problem) -> Response:
        """A refusal as a page."""
        page = self._page("problem", {"title": problem.kind.title, "detail": problem.detail})
        page.status_code = problem.kind.status
        page.headers.update({"cache-control": "no-store", **problem.headers})
        return page

    def html(self, name: str, values: Mapping[str, object]) -> str:
        """A page's template with its values."""
        return self._templates.part(f"web/{name}.html", {**values, "static": self._statics.link})

    def _page(self, name: str, values: Mapping[str, object]) -> Response:
        return HTMLResponse(self.html(name, values), headers={"cache-control": "no-cache"})


def _dates(campaign: Campaign) -> str:
    now = datetime.now(UTC)
    if now < campaign.opens:
        return f"Opens on {_day(campaign.opens, campaign)}"
    if campaign.is_open(now):
        return f"Open until {_day(campaign.closes, campaign)}"
    return "Closed: this is the final count"


def _day(moment: datetime, campaign: Campaign) -> str:
    local = _local(moment, campaign)
    return f"{local.day} {local:%B %Y, %H:%M}"


def _local(moment: datetime, campaign: Campaign) -> datetime:
    return moment.astimezone(ZoneInfo(campaign.time_zone))


def _summary(charter: str) -> str:
    text = " ".join(charter.split())
    return text if len(text) <= _SUMMARY else text[:_SUMMARY].rpartition(" ")[0] + " …"


def _charts(tally: TallyOut) -> Iterator[_Chart]:
    title, none = "Letters that reached candidates, by party", "No letter has reached a candidate yet."
    yield _Chart("contacts_by_party", title, "Letters", none, bars(tally.contacts_by_party, "no party"))
    title, none = "Candidates who signed, by party", "No candidate has signed yet."
    yield _Chart("signatories_by_party", title, "Candidates", none, bars(tally.signatories_by_party, "no party"))


def _newest(one: Signatory, campaign: Campaign) -> _Newest:
    who = ", ".join(part for part in (one.party, one.constituency) if part)
    day = _local(datetime.fromtimestamp(one.at, UTC), campaign)
    return _Newest(one.name or "no longer listed", who, instant(one.at), f"{day.day} {day:%B %Y}")


def _rows(letters: Mapping[str, int]) -> Iterator[_Row]:
    return (_Row(state.value, says, letters.get(state, 0)) for state, says in _STATES.items())
