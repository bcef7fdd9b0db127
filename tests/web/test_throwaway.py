"""Throw-away addresses: flagged in the ledger, the log and the tools; refused only if a setting says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.processes import Running
from tests.web.asking import Site, action
from tests.web.conftest import start
from workers.campaign.ids import Ids
from workers.store import Store
from workers.throwaway import is_throwaway

THROWAWAY = "sam@mailinator.com"


@pytest.mark.parametrize("address", [THROWAWAY, "a@MAILINATOR.com", "a@x.y.mailinator.com", "a@mailinator.com."])
def test_providers_of_throw_away_addresses_are_known(address: str):
    """Whatever stands before their domain."""
    assert is_throwaway(address)


@pytest.mark.parametrize("address", ["sam@supporters.example", "a@gmail.com", "a@notmailinator.com.example", "a@", "a"])
def test_others_are_not_taken_for_them(address: str):
    """A supporter who is refused does not come back."""
    assert not is_throwaway(address)


def test_an_action_with_one_is_taken_and_flagged(web: tuple[Running, Site], site: Site, ledger: Store):
    """The campaign decides what it thinks of it."""
    taken = site.act(action(email=THROWAWAY)).json()["action_id"]
    site.act(action(name="Bob Alder"))
    assert ledger.actions.get(taken).throwaway
    assert ledger.actions.throwaway("clean-rivers") == 1
    flags = {line["action"]: line.get("throwaway") for line in web[0].events("action.taken")}
    assert flags[taken] is True
    assert list(flags.values()).count(True) == 1


def test_a_setting_refuses_them(server: str, tmp_path: Path, ids: Ids, ledger: Store, site: Site):
    """The field is named, and nothing is kept."""
    process, strict = start(tmp_path, server, MOBILISE_LIMITS__REFUSE_THROWAWAY="true")
    try:
        answer = strict.act(action(email=THROWAWAY))
        assert (answer.status, answer.fields()) == (422, ["supporter.email"])
        assert strict.act().status == 202
        assert ledger.actions.count("clean-rivers") == 1
    finally:
        process.close()
