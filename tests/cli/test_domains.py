"""``mobilise domains``: one receiving domain is stopped, whatever it is called."""

from __future__ import annotations

import json

import pytest

from tests.cli.test_suppressions import mobilise
from tests.support.people import CAMPAIGN, candidate
from workers.store import Store

__all__ = ["mobilise"]


def test_a_domain_is_paused_listed_and_let_go_on(mobilise, store: Store):
    """Who did it and why stands beside it; the scope does not tell which domain it is."""
    store.candidates.apply(CAMPAIGN, [candidate(1)])
    first = json.loads(mobilise("domains", "pause", "@Down.EXAMPLE", "--reason", "its server is down", "--json")[1])
    assert (first["domain"], first["result"]) == ("down.example", "paused")
    assert "down" not in first["scope"]
    assert "was paused already" in mobilise("domains", "pause", "down.example")[1]
    (row,) = json.loads(mobilise("domains", "list", "--json")[1])
    assert (row["domain"], row["reason"]) == ("down.example", "its server is down")
    assert row["by"]
    assert "resumed" in mobilise("domains", "resume", "DOWN.example.")[1]
    assert "was not paused" in mobilise("domains", "resume", "down.example")[1]
    assert "no domain is paused" in mobilise("domains", "list")[1]


@pytest.mark.parametrize("typed", ["", "example", "a@b", "sam@down.example", "https://down.example", "a b.example"])
def test_what_is_no_domain_stops_nothing(mobilise, store: Store, typed: str):
    """A slip would look as if something had been stopped."""
    status, _, said = mobilise("domains", "pause", typed)
    assert (status, "no domain" in said) == (1, True)
    assert store.pauses.all() == {}
