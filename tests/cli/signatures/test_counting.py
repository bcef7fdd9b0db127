"""Signatories in ``mobilise tally``, and ``mobilise campaigns fairness``."""

from __future__ import annotations

import json
from collections.abc import Callable

import redis

from tests.support.people import CAMPAIGN, candidate, person, take
from workers.campaign.model import Action
from workers.campaign.states import State
from workers.cli import main
from workers.store import Store, keys
from workers.store.letters import Settled, Settlement

BY = ("--by", "Kim Clerk")
Run = Callable[..., tuple[int, str, str]]


def test_the_tally_shows_signatories_by_everything(import_rows, add: Run, mobilise: Run, ledger: Store):
    """Of those asked and reached; by day and source from the ledger."""
    posted(ledger, take(ledger, person(ledger.ids, 1), ("1", "2", "3")), bounced="3")
    import_rows("id,source,date\n1,paper,2026-05-01\n4,stage,2026-05-02\n7,paper,2026-05-02\n")

    def show(*options: str):
        return json.loads(mobilise("show", CAMPAIGN, "--json", *options, noun="tally")[1])

    everyone = show("--signatories")
    wanted = {"candidates": 7, "asked": 3, "times_asked": 3, "reached": 2, "signatories": 3, "signed_of_reached": 0.5}
    assert everyone == {"campaign": CAMPAIGN, **wanted}
    assert show("--by", "source") == [{"source": "paper", "signatories": 2}, {"source": "stage", "signatories": 1}]
    by_day = show("--signatories", "--by", "day")
    assert by_day == [{"day": "2026-05-01", "signatories": 1}, {"day": "2026-05-02", "signatories": 2}]
    for by in ("party", "region", "constituency"):
        rows = show("--signatories", "--by", by)
        assert sum(row["signatories"] for row in rows) == 3
        assert sum(row["times_asked"] for row in rows) == 3
    assert show("--by", "region")[0]["contacts"] == 2
    assert main(["tally", "show", CAMPAIGN, "--signatories", "--by", "candidate"]) == 2


def posted(ledger: Store, action: Action, bounced: str = "") -> None:
    """Every letter of an action accepted; the one to ``bounced`` came back."""
    ledger.letters.write(CAMPAIGN, [action.id], 60_000)
    ledger.letters.claim(CAMPAIGN, action.id, 2_000_000_000)
    ends = {one: State.BOUNCED if one == bounced else State.ACCEPTED for one in action.candidates}
    letters = [Settled(one, state, 1) for one, state in ends.items()]
    ledger.letters.settle(Settlement(action, letters, ("m1",), 20_000))


def test_a_broken_log_fails_the_verification(add: Run, mobilise: Run, ledger: Store, valkey: str):
    """The count that everyone sees must come from the log that everyone can check."""
    add(1)
    with redis.Redis.from_url(valkey) as client:
        client.delete(keys.signature_log(CAMPAIGN))
    status, out, _ = mobilise("verify", CAMPAIGN, "--json", noun="tally")
    assert (status, json.loads(out)["balanced"]) == (3, False)
    assert "0 signatories" in json.loads(out)["signature_log"]
    assert "signature log is broken" in mobilise("verify", CAMPAIGN, noun="tally")[1]


def test_fairness_shows_every_party_and_region(import_rows, mobilise: Run, ledger: Store):
    """Shares of those who stand, in JSON and as a table."""
    import_rows("id\n1\n2\n")
    mobilise("withdraw", 2, "--reason", "mistake", *BY)
    status, out, err = mobilise("fairness", CAMPAIGN, "--json", noun="campaigns")
    found = json.loads(out)
    assert (status, err, found["warnings"]) == (0, "", [])
    river = next(row for row in found["by_party"] if row["party"] == "River Party")
    assert (river["candidates"], river["signed"], river["answered"], river["asked"]) == (3, 0.3333, 0.3333, 0.0)
    hill = next(row for row in found["by_party"] if row["party"] == "Hill Party")
    assert (hill["candidates"], hill["signed"], hill["answered"]) == (3, 0.0, 0.3333)
    assert {row["region"]: row["candidates"] for row in found["by_region"]} == {"South": 5, "North": 2}
    assert "33%" in mobilise("fairness", CAMPAIGN, noun="campaigns")[1]


def test_a_party_that_is_left_out_is_warned_about(mobilise: Run, store: Store):
    """Exit status 0, and a line on standard error: charities must be even-handed."""
    people = [
        candidate(n, party="Red \x1b[1m" if n <= 10 else "Blue", constituency_name="Aldmoor") for n in range(1, 31)
    ]
    store.candidates.apply(CAMPAIGN, people)
    blue = [str(n) for n in range(11, 31)]
    posted(store, take(store, person(store.ids, 1), blue))
    status, out, err = mobilise("fairness", CAMPAIGN, noun="campaigns")
    assert (status, "warning: the party Red" in err, "\x1b[1m" in out + err) == (0, True, False)
    found = json.loads(mobilise("fairness", CAMPAIGN, "--json", noun="campaigns")[1])
    assert len(found["warnings"]) == 1
    assert "80%" in found["measure"]
