"""Invented supporters, candidates and actions, made the way the web makes them."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, date, datetime

from workers.campaign.ids import Ids
from workers.campaign.model import Action, Campaign, Candidate, Person, Sender, Variant
from workers.store import Store

CAMPAIGN = "clean-rivers"


def campaign(slug: str = CAMPAIGN, **changes: object) -> Campaign:
    """An open campaign with one plain letter."""
    fields: dict[str, object] = {
        "slug": slug,
        "title": "Clean rivers",
        "charter": "We ask for clean rivers.",
        "opens": datetime(2020, 1, 1, tzinfo=UTC),
        "closes": datetime(2099, 1, 1, tzinfo=UTC),
        "polling_day": date(2099, 1, 1),
        "time_zone": "Europe/London",
        "sender": Sender("Clean Rivers", "letters@rivers.example"),
        "imprint": "Published by Clean Rivers, 1 Weir Lane, Testford.",
        "salutation": "Dear {{ candidate.name }},",
        "sign_off": "Yours sincerely,\n{{ supporter.name }}",
        "variants": (Variant("all", "Please sign", "Our river is dirty.", "Will you sign?"),),
    }
    return Campaign(**{**fields, **changes})  # type: ignore[arg-type]


def candidate(number: int, **changes: object) -> Candidate:
    """Candidate ``number``, reachable, in the one seat of these tests."""
    fields: dict[str, object] = {
        "id": str(number),
        "name": f"Candidate {number}",
        "party": "River Party" if number % 2 else "Hill Party",
        "constituency": "E14999001",
        "email": f"c{number}@candidates.example",
    }
    return Candidate(**{**fields, **changes})  # type: ignore[arg-type]


def person(ids: Ids, number: int, name: str = "") -> Person:
    """Supporter ``number``."""
    name = name or f"Supporter {number}"
    email = f"s{number}@supporters.example"
    return Person(ids.person(email, name), name, email, "ZZ1 1AA")


def take(store: Store, supporter: Person, candidates: Sequence[str], slug: str = CAMPAIGN, message: str = "") -> Action:
    """An action on disk, as an ingress leaves it."""
    ids = store.ids
    group = ids.group(slug, "letter", "", supporter.id)
    action_id = ids.action(slug, supporter.id, candidates)
    now = time.time()
    action = Action(action_id, slug, supporter.id, group, tuple(candidates), int(now), message)
    store.actions.take(supporter, action, nudge_at_ms=int(now * 1000))
    return action
