"""What a confirm link shows once its supporter has decided: what became of the letters, or that nothing is left."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import NamedTuple

from starlette.responses import HTMLResponse, Response

from workers.app import App
from workers.campaign.model import Action, Campaign, Candidate
from workers.campaign.states import State
from workers.campaign.supporter_links import SupporterLinks
from workers.mail.guard import NOT_PRODUCTION
from workers.web.pages import Pages
from workers.web.sheets import PRIVATE, day_text

#: What a letter's state means to who wrote it.
_SAYS = {
    State.HELD: "waits until we know an address",
    State.QUEUED: "will be sent soon",
    State.SENDING: "is being sent",
    State.ACCEPTED: "was sent",
    State.DELIVERED: "has arrived",
    State.COMPLAINED: "has arrived",
    State.BOUNCED: "came back: the address does not work",
    State.REJECTED: "could not be sent",
    State.UNKNOWN: "may have been sent: we are finding out",
    State.WITHHELD: "is not sent: the candidate has signed, does not stand any more or wants no letters",
    State.CANCELLED: "is not sent",
}
#: Why a letter is withheld that is the matter of none of its candidate.
_TRIED = "is not sent: this site is only being tried out"
#: States of letters that do not leave.
_STAY = {State.WITHHELD, State.CANCELLED}
_GONE = 410


class _Line(NamedTuple):
    name: str
    party: str
    says: str


class Decided:
    """The pages."""

    def __init__(self, app: App, pages: Pages, links: SupporterLinks) -> None:
        self._app, self._pages, self._links = app, pages, links

    def confirmed(self, campaign: Campaign, action: Action, *, was_asked: bool = True) -> Response:
        """Where each letter is, and the link with which its supporter need not confirm again.

        Without ``was_asked`` there was nothing to confirm.
        """
        store = self._app.store
        letters = {letter.candidate: letter for letter in store.letters.of_action(action)}
        staying = {candidate for candidate, letter in letters.items() if letter.state in _STAY}
        says = {candidate: _says(letter.state, letter.reason) for candidate, letter in letters.items()}
        candidates = store.candidates.some(campaign.slug, action.candidates)
        lines = [_Line(one.name, one.party, says.get(one.id) or _first(one)) for one in candidates]
        values = {
            "campaign": campaign,
            "lines": lines,
            "was_asked": was_asked,
            "going": sum(one.id not in staying for one in candidates),
            "again": self._links.again_url(campaign, action.person, action.at),
            "again_until": day_text(campaign, action.at + campaign.lately_days * 86_400),
            "is_open": campaign.is_open(datetime.now(UTC)),
            "url": f"/campaigns/{campaign.slug}",
        }
        return HTMLResponse(self._pages.html("confirmed", values), 200, PRIVATE)

    def ended(self, campaign: Campaign, how: str) -> Response:
        """What is over: ``how`` is "withdrawn", "disowned", or "gone" (410)."""
        values = {
            "campaign": campaign,
            "how": how,
            "is_open": campaign.is_open(datetime.now(UTC)),
            "url": f"/campaigns/{campaign.slug}",
        }
        return HTMLResponse(self._pages.html("confirm_over", values), _GONE if how == "gone" else 200, PRIVATE)


def _says(state: State, reason: str) -> str:
    return _TRIED if reason == NOT_PRODUCTION else _SAYS[state]


def _first(candidate: Candidate) -> str:
    """What becomes of a letter that is not written yet."""
    return _SAYS[State.QUEUED if candidate.email else State.HELD]
