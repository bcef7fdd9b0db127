"""What tests of reports stand on: letters handed over in a real ledger, and callbacks about them."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from typing import Any

from tests.support.people import CAMPAIGN, campaign, person, take
from workers.actors.reports import follow_addresses, record_reports
from workers.campaign.events import AddressesRestored, AddressesSuppressed, Event
from workers.campaign.model import Action
from workers.campaign.states import State
from workers.meters import Meter
from workers.store import Store
from workers.store.letters import Claim, Refusal, Settled, Settlement
from workers.store.reports import SoftBounces

CAMPAIGNS = {CAMPAIGN: campaign()}
AT = 1_790_000_000
DAY = 86_400
SOFT = SoftBounces(limit=3, window_s=7 * DAY)

Row = dict[str, Any]


def written(store: Store, number: int = 1, candidates: Sequence[str] = ("1", "2"), slug: str = CAMPAIGN) -> Action:
    """An action whose letters wait."""
    action = take(store, person(store.ids, number), candidates, slug)
    store.letters.write(slug, [action.id], 60_000)
    return action


def claimed(store: Store, action: Action) -> Claim | Refusal:
    return store.letters.claim(action.campaign, action.id, time.time() + 90)


def addresses(store: Store, action: Action) -> list[str]:
    """Claims what waits; the addresses that the letters go to, none if nothing was claimed."""
    claim = claimed(store, action)
    return [candidate.email for candidate in claim.candidates] if isinstance(claim, Claim) else []


def accepted(store: Store, action: Action, *candidates: str) -> None:
    """Settles a claim: the provider took these."""
    letters = [Settled(candidate, State.ACCEPTED, 1) for candidate in candidates or action.candidates]
    store.letters.settle(Settlement(action, letters, ("m1",), 20_000))


def posted(store: Store, number: int = 1, candidates: Sequence[str] = ("1", "2")) -> Action:
    """An action whose letters were handed over."""
    action = written(store, number, candidates)
    claimed(store, action)
    accepted(store, action)
    return action


def row(action: Action, candidate: str, event: str, at: int = AT, **more: object) -> Row:
    """One entry about a letter, at the candidate's first address unless told otherwise."""
    delivery, email = f"{action.group}-{candidate}", f"c{candidate}@candidates.example"
    return {"event": event, "delivery": delivery, "timestamp": at, "email": email, "sg_event_id": event, **more}


def hard(action: Action, candidate: str, at: int = AT, **more: object) -> Row:
    return row(action, candidate, "bounce", at, **{"type": "bounce", "status": "5.1.1", **more})


def soft(action: Action, candidate: str, at: int = AT, **more: object) -> Row:
    return row(action, candidate, "bounce", at, **{"type": "bounce", "status": "4.2.2", **more})


def report(store: Store, *rows: object, name: str = "c-test") -> list[Event]:
    """Keeps a callback, works it, and works what follows."""
    store.callbacks.keep(name, json.dumps(list(rows)).encode(), 0)
    return work(store, name)


def work(store: Store, name: str) -> list[Event]:
    """Works a callback that is on disk, and what follows from it."""
    more: dict[str, Any] = {"soft_bounces": SOFT, "meter": Meter(store.meters)}
    told = list(record_reports.fn(campaign="", callback=name, store=store, campaigns=CAMPAIGNS, **more))
    for event in list(told):
        if isinstance(event, AddressesSuppressed | AddressesRestored):
            told += follow_addresses.fn(campaign="", addresses=event.addresses, store=store, campaigns=CAMPAIGNS)
    return told


def states(store: Store, action: Action) -> list[str]:
    return [letter.state.value for letter in store.letters.of_action(action)]


def reasons(store: Store, action: Action) -> list[str]:
    return [letter.reason for letter in store.letters.of_action(action)]


def suppressed(store: Store, address: str = "c1@candidates.example") -> list[str]:
    """Why an address is not mailed."""
    return sorted(one.reason for one in store.suppressions.all() if one.id == store.ids.address(address))


def balanced(store: Store) -> bool:
    return store.tallies.verify(CAMPAIGN) == []
