"""Supporters' personal links: to confirm what was asked for in their name, and to write again without confirming."""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from workers.campaign.ids import Ids
from workers.campaign.model import Campaign

_EPOCH = 719_163  # 1970-01-01 as an ordinal day
_MARK = 4
_CONFIRM = re.compile(r"(a[a-z2-7]{16})-([a-z2-7]{4})([a-z2-7]{24})", re.ASCII)
_AGAIN = re.compile(r"(p[a-z2-7]{16})-(\d{1,6})-([a-z2-7]{24})", re.ASCII)


class SupporterLinks:
    """Makes and proves them. Like candidates' links they are nowhere stored, and each is good for one purpose."""

    def __init__(self, ids: Ids, public_url: str) -> None:
        self._ids = ids
        self._url = public_url.rstrip("/")

    def confirm_url(self, slug: str, intent: str) -> str:
        """Where the supporter sees what was asked for, and decides; the same in every mail about it."""
        return f"{self._url}/confirm/{self.confirm_token(slug, intent)}"

    def confirm_token(self, slug: str, intent: str) -> str:
        return f"{intent}-{self._mark(slug)}{self._ids.proof('confirm', slug, intent)}"

    def confirms(self, token: str, campaigns: Iterable[Campaign]) -> tuple[Campaign, str] | None:
        """The campaign and intent that a token is good for; None if it is none of ours."""
        match = _CONFIRM.fullmatch(token)
        for campaign in campaigns if match else ():
            if match and hmac.compare_digest(self.confirm_token(campaign.slug, match[1]), token):
                return campaign, match[1]
        return None

    def form(self, token: str, fingerprint: str) -> str:
        """What a form on the page of this link must bring along: it is good for what that page showed."""
        return self._ids.proof("form", token, fingerprint)

    def again_url(self, campaign: Campaign, person: str, at: int) -> str:
        """Where who confirmed ``at`` (epoch s) writes again; "" if this campaign has everything confirmed."""
        if not campaign.lately_days:
            return ""
        return f"{self._url}/campaigns/{campaign.slug}/letters?by={self.again_token(campaign, person, at)}"

    def again_token(self, campaign: Campaign, person: str, at: int) -> str:
        return self._again(campaign.slug, person, _day(at, campaign))

    def writes_again(self, campaign: Campaign, token: str, now: float) -> str | None:
        """The person (id) who need not confirm; "" if that was too long ago; None for what is no link of ours."""
        match = _AGAIN.fullmatch(token)
        if not match or not hmac.compare_digest(self._again(campaign.slug, match[1], int(match[2])), token):
            return None
        return match[1] if _day(now, campaign) - int(match[2]) <= campaign.lately_days else ""

    def _again(self, slug: str, person: str, day: int) -> str:
        return f"{person}-{day}-{self._ids.proof('write again', slug, person, str(day))}"

    def _mark(self, slug: str) -> str:
        return self._ids.proof("campaign", slug)[:_MARK]


def _day(at: float, campaign: Campaign) -> int:
    return datetime.fromtimestamp(at, UTC).astimezone(ZoneInfo(campaign.time_zone)).toordinal() - _EPOCH
