"""Personal links: made for one candidate, campaign and address, provable with the secret, and nowhere stored."""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterable
from typing import NamedTuple

from workers.campaign.addresses import normal_address
from workers.campaign.ids import Ids
from workers.campaign.model import Campaign, Candidate

#: Days after polling day on which a link still works.
_GRACE_DAYS = 14
_EPOCH = 719_163  # 1970-01-01 as an ordinal day
_MARK = 4
_TOKEN = re.compile(r"([A-Za-z0-9_.:-]{1,64})-(\d{1,6})-([a-z2-7]{4})([a-z2-7]{24})", re.ASCII)


class Claim(NamedTuple):
    """What a token says of itself; nothing of it is true until ``Links.address`` finds the proof right.

    ``day`` is the last one on which it works, days since 1970; ``mark`` tells campaigns apart.
    """

    candidate: str
    day: int
    mark: str
    token: str


class Links:
    """Makes and proves the links of letters. A token has at most 60 characters if the candidate's id has 25."""

    def __init__(self, ids: Ids, public_url: str) -> None:
        self._ids = ids
        self._url = public_url.rstrip("/")

    def sign_url(self, campaign: Campaign, candidate: Candidate) -> str:
        """Where this candidate, written to at ``candidate.email``, can sign or say no."""
        return f"{self._url}/sign/{self.sign_token(campaign, candidate)}"

    def sign_token(self, campaign: Campaign, candidate: Candidate) -> str:
        """The same link for every letter to this address; another address gets another."""
        day = campaign.polling_day.toordinal() - _EPOCH + _GRACE_DAYS
        return self._token(campaign.slug, candidate.id, day, candidate.email)

    def campaign(self, claim: Claim, campaigns: Iterable[Campaign]) -> list[Campaign]:
        """The campaigns that the claim may be about."""
        return [one for one in campaigns if self._mark(one.slug) == claim.mark]

    def address(self, claim: Claim, campaign: Campaign, candidate: Candidate) -> str:
        """The candidate's address that the link was sent to; "" if this is none of our links to them."""
        for address in filter(None, (candidate.email, candidate.second_email)):
            right = self._token(campaign.slug, claim.candidate, claim.day, address)
            if candidate.id == claim.candidate and hmac.compare_digest(right, claim.token):
                return address
        return ""

    def form(self, token: str) -> str:
        """What a form on the page of this link must bring along."""
        return self._ids.proof("form", token)

    def _token(self, slug: str, candidate: str, day: int, address: str) -> str:
        proof = self._ids.proof("sign", slug, candidate, str(day), normal_address(address))
        return f"{candidate}-{day}-{self._mark(slug)}{proof}"

    def _mark(self, slug: str) -> str:
        return self._ids.proof("campaign", slug)[:_MARK]


def read(token: str) -> Claim | None:
    """What ``token`` claims; None if it cannot be one of ours."""
    match = _TOKEN.fullmatch(token)
    return Claim(match[1], int(match[2]), match[3], token) if match else None
