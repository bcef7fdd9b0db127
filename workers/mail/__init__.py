"""What leaves, and what is said about it afterwards."""

from __future__ import annotations

from collections.abc import Sequence

from workers.campaign.model import Action, Campaign, Candidate, Person
from workers.campaign.outcomes import Answer, Envelope
from workers.mail.envelope import Composer
from workers.mail.sendgrid import SendGrid
from workers.mail.templates import Templates


class Mailer:
    """The service that actors name: writes letters, and posts them."""

    def __init__(self, templates: Templates, provider: SendGrid) -> None:
        self._composer, self._provider = Composer(templates), provider

    def compose(
        self, campaign: Campaign, person: Person, action: Action, letters: Sequence[tuple[str, Candidate]]
    ) -> list[Envelope]:
        """The fewest calls that carry ``letters`` (delivery id, candidate); no address is twice in one of them."""
        return self._composer.compose(campaign, person, action, letters)

    def post(self, envelope: Envelope) -> Answer:
        """One call, once; never raises for what the network does."""
        return self._provider.post(envelope)

    def check_key(self) -> Answer:
        """ACCEPTED if the key may send mail; otherwise the reason why not."""
        return self._provider.check_key()

    def close(self) -> None:
        self._provider.close()
