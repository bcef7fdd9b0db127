"""Which campaign a request is about, and whether it takes actions now."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from starlette.requests import Request

from workers.campaign.model import Campaign
from workers.web.problems import CLOSED, NOT_OPEN, UNKNOWN_CAMPAIGN, Problem


def campaign_of(request: Request, campaigns: Mapping[str, Campaign]) -> Campaign:
    """The campaign that the path names; 404 if there is none."""
    campaign = campaigns.get(request.path_params["campaign"])
    if campaign is None:
        raise Problem(UNKNOWN_CAMPAIGN, "no campaign has this name")
    return campaign


def require_open(campaign: Campaign) -> None:
    """409 before the campaign opens and after it closed."""
    now = datetime.now(UTC)
    if now < campaign.opens:
        opens = campaign.opens.astimezone(ZoneInfo(campaign.time_zone)).isoformat(timespec="minutes")
        raise Problem(NOT_OPEN, f"the campaign is not open until {opens}")
    if not campaign.is_open(now):
        raise Problem(CLOSED, "the campaign is closed: no letters are taken any more")
