"""What is remembered: the only package, with the broker, that speaks Redis."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from workers.campaign.ids import Ids
from workers.campaign.model import Campaign
from workers.campaign.spared import Parted, part
from workers.store.actions import Actions
from workers.store.agenda import Agenda
from workers.store.answers import Answers
from workers.store.ballots import Ballots
from workers.store.callbacks import Callbacks
from workers.store.calls import Calls
from workers.store.candidates import Candidates
from workers.store.connection import Safety, clock, connect, safety
from workers.store.contributions import Contributions
from workers.store.copies import Copies
from workers.store.events import Events
from workers.store.freezes import Freezes
from workers.store.intents import Intents
from workers.store.letters import Letters
from workers.store.limits import Limits
from workers.store.losses import Losses
from workers.store.mailings import Mailings
from workers.store.meters import Meters
from workers.store.openings import Openings
from workers.store.paces import Paces
from workers.store.pauses import Pauses
from workers.store.people import People
from workers.store.places import Places
from workers.store.preferences import Preferences
from workers.store.pulse import Pulse
from workers.store.receipts import Receipts
from workers.store.reports import Reports
from workers.store.scripts import Scripts, reachable
from workers.store.senders import Known, Senders, ask_first
from workers.store.sessions import Sessions
from workers.store.signatures import Signatures
from workers.store.standings import Standings
from workers.store.summaries import Summaries
from workers.store.suppressions import Suppressions
from workers.store.tallies import Tallies
from workers.store.together import Together
from workers.store.turns import Turns
from workers.store.unknowns import Unknowns
from workers.store.waiting import Waiting
from workers.store.windows import Windows


class Store:
    """Every noun that is remembered, on one connection pool. Methods raise UnavailableError when Redis cannot."""

    def __init__(self, url: str, ids: Ids, known: Callable[[], Known] | None = None) -> None:
        self._client = connect(url, ask_first(known) if known else None)
        scripts = Scripts(self._client)
        self.ids = ids
        self.together = Together(url, scripts)
        self.actions = Actions(self._client, scripts, self.together)
        self.agenda = Agenda(self._client, scripts)
        self.answers = Answers(self._client, scripts)
        self.callbacks = Callbacks(self._client)
        self.calls = Calls(self._client)
        self.candidates = Candidates(self._client, scripts, ids)
        self.contributions = Contributions(self._client, scripts)
        self.copies = Copies(self._client)
        self.events = Events(self._client)
        self.freezes = Freezes(self._client)
        self.intents = Intents(self._client, scripts, ids)
        self.letters = Letters(self._client, scripts, self.actions)
        self.limits = Limits(self.together)
        self.losses = Losses(self._client, scripts)
        self.mailings = Mailings(self._client, scripts, ids)
        self.meters = Meters(self._client)
        self.openings = Openings(self._client, scripts)
        self.paces = Paces(self._client, scripts)
        self.pauses = Pauses(self._client, scripts)
        self.people = People(self._client, scripts)
        self.places = Places(self._client, scripts)
        self.preferences = Preferences(self._client, scripts, ids)
        self.pulse = Pulse(self._client, scripts)
        self.ballots = Ballots(self.together, self.candidates)
        self.receipts = Receipts(self._client, scripts, ids)
        self.summaries = Summaries(self._client, scripts)
        self.reports = Reports(self._client, scripts, self.summaries)
        self.senders = Senders(self._client, scripts)
        self.sessions = Sessions(self._client)
        self.signatures = Signatures(self._client, scripts)
        self.standings = Standings(self._client)
        self.suppressions = Suppressions(self._client, scripts)
        self.tallies = Tallies(self._client, scripts, self.letters)
        self.turns = Turns(self._client)
        self.unknowns = Unknowns(self._client, scripts)
        self.windows = Windows(scripts)
        self.waiting = Waiting(self._client, scripts)

    @classmethod
    def connect(cls, url: str, ids: Ids, known: Callable[[], Known] | None = None) -> Store:
        """A store at ``url``; the connection is made at the first call.

        With ``known`` (what the journals know of senders), each new connection begins by comparing it with the ledger.
        """
        return cls(url, ids, known)

    def parted(self, campaign: Campaign, candidates: Sequence[str]) -> Parted:
        """Who of these candidates (ids) gets a letter now, and who gets none."""
        known = self.candidates.some(campaign.slug, candidates)
        ids = [one.id for one in known]
        signed = self.signatures.among(campaign.slug, ids)
        return part(campaign, known, signed, self.answers.among(campaign.slug, ids))

    def ping(self) -> None:
        """UnavailableError unless the server answers and can write."""
        with reachable():
            self._client.set("hold:ping", "1", px=1)

    def safety(self) -> list[Safety]:
        """What the server promises about keeping what is written."""
        return safety(self._client)

    def clock(self) -> Safety:
        """Whether the server's clock is ours: claims, paces and dates go by both."""
        return clock(self._client)

    def close(self) -> None:
        """Gives the connections back."""
        self._client.close()
