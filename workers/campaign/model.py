"""The nouns: campaign, candidate, person, action. Frozen records, no behaviour beyond their own fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from workers.campaign.pace import Pace
from workers.campaign.summary import Summary
from workers.errors import ConfigError

#: The purpose a supporter must have agreed to before they hear what became of their letters.
UPDATES = "updates"


@dataclass(frozen=True, slots=True)
class Candidate:
    """Who is written to. ``email`` is "" when none is known; ``constituency`` is a GSS code.

    ``second_email`` is where letters go when ``email`` bounced; "" when there is no other address.
    """

    id: str
    name: str
    party: str
    constituency: str
    constituency_name: str = ""
    email: str = ""
    honorific: str = ""
    region: str = ""
    incumbent: bool = False
    status: str = "standing"  # or "withdrawn"
    second_email: str = ""

    @property
    def is_standing(self) -> bool:
        return self.status == "standing"

    def at_second(self) -> Candidate:
        """The same, whose ``email`` is the second address."""
        return replace(self, email=self.second_email, second_email="")


@dataclass(frozen=True, slots=True)
class Consent:
    """What was agreed to: purpose, exact wording, time (epoch seconds), source."""

    purpose: str
    wording: str
    at: int = 0
    source: str = ""


@dataclass(frozen=True, slots=True)
class Person:
    """The only record of someone's name, address and postcode."""

    id: str
    name: str
    email: str
    postcode: str
    consents: tuple[Consent, ...] = ()

    @property
    def hears_updates(self) -> bool:
        """Whether they agreed to hear what becomes of their letters."""
        return any(consent.purpose == UPDATES for consent in self.consents)


@dataclass(frozen=True, slots=True)
class Action:
    """One thing that one supporter did: ``candidates`` are the ids written to, in the order of the ballot."""

    id: str
    campaign: str
    person: str
    group: str
    candidates: tuple[str, ...]
    at: int
    message: str = ""
    subject: str = ""
    source: str = ""
    throwaway: bool = False  # the supporter's address is at a provider of throw-away addresses


@dataclass(frozen=True, slots=True)
class Sender:
    """Whom the campaign's mail comes from: an address at the campaign's own domain."""

    name: str
    address: str


@dataclass(frozen=True, slots=True)
class Variant:
    """One way to write, for candidates that meet every condition in ``when`` (field → accepted values)."""

    name: str
    subject: str
    body: str
    ask: str = ""
    when: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def suits(self, candidate: Candidate) -> bool:
        """Conditions compare without regard to capitals; ``incumbent`` takes "true" or "false"."""
        return all(_text(getattr(candidate, key)) in values for key, values in self.when.items())


@dataclass(frozen=True, slots=True)
class Breaker:
    """When a campaign stops by itself: shares of the last minutes' letters, if there are ``minimum``."""

    window_minutes: int = 60
    minimum: int = 50
    rejected: float = 0.2
    bounced: float = 0.1
    complained: float = 0.01


@dataclass(frozen=True, slots=True)
class Campaign:
    """One push, as ``config/campaigns/<slug>.toml`` says. Datetimes are aware; templates are Jinja2 source."""

    slug: str
    title: str
    charter: str
    opens: datetime
    closes: datetime
    polling_day: date
    time_zone: str
    sender: Sender
    imprint: str
    salutation: str
    sign_off: str
    variants: tuple[Variant, ...]
    language: str = "en-GB"
    boundaries: str = ""  # a generation of constituencies, "2010"; "" means the newest imported
    breaker: Breaker = Breaker()
    lately_days: int = 30  # for which who confirmed writes again without; 0: everything is to be confirmed
    pace: Pace | None = None  # None: letters leave as fast as they can
    summary: Summary | None = None  # None: letters leave one by one, however many wait
    thanks: Variant | None = None  # in place of the others, for who had signed; None: they are not written to

    def is_open(self, now: datetime) -> bool:
        """Whether letters may leave at ``now``: between opening and closing, and not after polling day."""
        return self.opens <= now < self.closes and now.astimezone(ZoneInfo(self.time_zone)).date() <= self.polling_day

    def variant(self, candidate: Candidate) -> Variant:
        """The first variant whose conditions ``candidate`` meets; the last one has none (checked on load)."""
        return next(variant for variant in self.variants if variant.suits(candidate))


def _text(value: object) -> str:
    return str(value).casefold()


def known(campaigns: Mapping[str, Campaign], slug: str) -> Campaign:
    """The campaign; ConfigError if this machine has no file of it."""
    if slug not in campaigns:
        raise ConfigError("no such campaign on this machine", where=f"campaign {slug}", mend="add its file and restart")
    return campaigns[slug]
