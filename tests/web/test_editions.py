"""What a web process keeps of places and ballots, and that no action is ever taken from what has changed."""

from __future__ import annotations

import redis

from tests.web.asking import Site, action
from tests.web.conftest import SEAT, candidate
from workers.campaign.sectors import gather
from workers.store import Store
from workers.store.actions import Taken
from workers.store.keys import EDITIONS

_ELSEWHERE = "E14999077"


def _written_to(site: Site, **own: str) -> list[str]:
    return [letter["candidate_id"] for letter in site.act(action(**own)).json()["letters"]]


def test_a_candidate_who_came_or_went_counts_with_the_next_action(site: Site, ledger: Store):
    """Nominations change by the hour: a wrong ballot must never be taken, though the process keeps it in memory."""
    assert _written_to(site) == ["1", "2", "3"]
    ledger.candidates.apply("clean-rivers", [candidate(2, status="withdrawn"), candidate(8)])
    assert _written_to(site, name="Bob Alder") == ["1", "3", "8"]


def test_a_postcode_that_was_imported_again_counts_with_the_next_action(site: Site, ledger: Store):
    """New boundaries: the old seat's candidates must not hear from it again, and what was unknown is known at once."""
    assert site.act(action(postcode="M1 1AA")).fields() == ["supporter.postcode"]
    assert _written_to(site) == ["1", "2", "3"]
    ledger.candidates.apply("clean-rivers", [candidate(9, constituency=_ELSEWHERE)])
    rows = [("SW1A 1AA", "2024", _ELSEWHERE, ""), ("M1 1AA", "2024", SEAT, "")]
    ledger.places.put(ledger.places.compare(gather(rows)))
    assert _written_to(site, name="Bob Alder") == ["9"]
    assert _written_to(site, name="Cem Ash", postcode="M1 1AA") == ["1", "2", "3"]


def test_the_script_refuses_what_was_made_from_another_edition(site: Site, ledger: Store):
    """The last look is the ledger's own, in the same step that takes the action."""
    site.act()
    (taken,) = ledger.actions.newest_first("clean-rivers")
    person = ledger.people.get(taken.person)
    answer = ledger.actions.take(person, taken, edition=("one", "another"), nudge_at_ms=0)
    assert answer.taken is Taken.OUTDATED
    assert ledger.actions.count("clean-rivers") == 1


def test_the_same_candidates_again_are_no_new_edition(site: Site, ledger: Store, server: str):
    """A file that is imported every night throws away nothing."""
    raw = redis.Redis.from_url(server)
    before = raw.hgetall(EDITIONS)
    ledger.candidates.apply("clean-rivers", [candidate(1), candidate(2)])
    assert b"clean-rivers" in before
    assert raw.hgetall(EDITIONS) == before
