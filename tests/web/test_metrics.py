"""Metrics for operators: the ledger's numbers, on this machine only, and nobody's name in them."""

from __future__ import annotations

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.web.asking import Site, action


def test_what_the_ledger_counts_is_there_to_be_watched(site: Site):
    """Unknown letters, queues and pauses as well: what wakes an operator."""
    site.act(action())
    answer = site.ask("GET", "/metrics")
    text = answer.body.decode()
    found = {family.name: family for family in text_string_to_metric_families(text)}
    assert {"mobilise_letters", "mobilise_letters_unknown_old", "mobilise_queue_messages"} <= found.keys()
    assert sum(sample.value for sample in found["mobilise_actions"].samples) == 1
    assert "@" not in text


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "Via"])
def test_a_request_that_came_through_a_proxy_finds_nothing(site: Site, header: str):
    """They are bound to the loopback: a proxy must not publish them by accident."""
    assert site.ask("GET", "/metrics", headers={header: "203.0.113.7"}).status == 404
