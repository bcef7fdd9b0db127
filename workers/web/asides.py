"""What nobody with a key vouches for: kept aside until its supporter confirms it, whoever they are, in one same way."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

import structlog

from workers.app import App, patience
from workers.campaign.events import IntentsKept
from workers.campaign.intents import kept_aside
from workers.campaign.model import Action, Campaign, Consent, Person
from workers.campaign.supporter_links import SupporterLinks
from workers.errors import UnavailableError
from workers.web.problems import FieldError, invalid

log = structlog.get_logger()


class Asides:
    """Keeps actions aside, and knows who need not confirm."""

    def __init__(self, app: App) -> None:
        self._app, self._patience = app, patience(app.settings)
        self._links = SupporterLinks(app.ids, app.settings.web.public_url)
        self._nudge_ms = int(app.settings.clock.nudge_s * 1000)

    def keep(self, action: Action, person: Person, consents: Sequence[Consent]) -> None:
        """On disk when it returns. Whether a mail may go out is for later: nothing shows what is known of anybody."""
        intent = kept_aside(self._app.ids, action, replace(person, consents=tuple(consents)))
        nudge_at = int(time.time() * 1000) + self._nudge_ms
        self._app.store.intents.keep(intent, self._patience, nudge_at_ms=nudge_at)
        flag = {"throwaway": True} if action.throwaway else {}
        letters = len(action.candidates)
        event = "subscription.unconfirmed" if intent.is_subscription else "action.unconfirmed"
        log.info(event, campaign=action.campaign, action=action.id, letters=letters, **flag)
        try:
            self._app.publish(IntentsKept(action.campaign, [action.id]))
        except UnavailableError:
            # It is on disk: the clock finds it by its time.
            log.warning("action.not_announced", campaign=action.campaign, action=action.id)

    def writes_again(self, campaign: Campaign, by: str) -> str:
        """The person (id) whose personal link ``by`` is, "" if they have to confirm; 422 for no link of ours."""
        if not by:
            return ""
        person = self._links.writes_again(campaign, by, time.time())
        if person is None:
            raise invalid([FieldError("by", "is not a personal link of this campaign")])
        return person
