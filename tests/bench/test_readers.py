"""The people whom ``scripts/bench bulletins`` mails."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

from tests.bench.loads import CAMPAIGN
from tests.bench.readers import FEW, load
from workers.app import App
from workers.audience import matching
from workers.campaign.ids import Ids
from workers.campaign.segments import parse
from workers.store import Store


def test_everybody_agreed_and_the_few_are_tagged(valkey: str):
    """Else the bench would measure an audience of nobody, or the large edition twice."""
    ids = Ids("a secret long enough for every test of ours")
    store = Store.connect(valkey, ids)
    load(cast(App, SimpleNamespace(ids=ids, store=store)), 40, 4)
    profiles = [profile for _, profile in store.people.profiles()]
    assert [profile.purposes for profile in profiles] == [("bulletins",)] * 40
    few = matching(store, CAMPAIGN, parse(f"tag = '{FEW}'"), store.people.profiles())
    assert len(list(few)) == 4
    store.close()
