"""``mobilise people show``, ``export``, ``erase``, ``count``: what is known of somebody, and how they are forgotten."""

from __future__ import annotations

import csv
import io
import json
import time
from dataclasses import replace
from pathlib import Path

import pytest
import redis

from tests.cli.operating import home
from tests.store.test_intents import intent
from tests.store.test_mailings import MAILING
from tests.support.people import CAMPAIGN, candidate, person, take
from workers.campaign.intents import Patience
from workers.campaign.mailings import Stage
from workers.campaign.model import Consent
from workers.campaign.profile import Profile
from workers.campaign.states import State
from workers.cli import main
from workers.mail.receipts import RETURNED
from workers.store import Store
from workers.store.people import known_as

WORDS = "My grandmother's river is dirty."
ADDRESS = "s1@supporters.example"


@pytest.fixture
def mobilise(valkey: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]):
    """Runs one command as an operator without a terminal would: (exit status, stdout, stderr)."""
    monkeypatch.setenv("REDIS_URL", valkey)
    monkeypatch.setenv("MOBILISE_SECRET", "a secret that only tests use")
    monkeypatch.setenv("MOBILISE_HOME", str(home(tmp_path / "home")))

    def run(*arguments: object) -> tuple[int, str, str]:
        status = main([str(argument) for argument in arguments])
        return status, *capfd.readouterr()

    return run


@pytest.fixture
def robin(store: Store) -> str:
    """The id of somebody who agreed, wrote to three, one of whom got the letter, and is to get a receipt."""
    store.candidates.apply(CAMPAIGN, [candidate(1), candidate(2), candidate(3, email="")])
    who = person(store.ids, 1, "Robin Vale")
    known = Profile(store.ids.address(ADDRESS), "mabcde", ("E14999001",), tags=("volunteer",), purposes=("bulletins",))
    store.people.put([known_as(who, known, [Consent("bulletins", "Yes, mail me", 1_790_000_000, "stall")])])
    first = take(store, who, ["1"], message=WORDS)
    store.letters.write(CAMPAIGN, [first.id], 60_000)
    store.letters.claim(CAMPAIGN, first.id, time.time() - 1)
    store.letters.expire_claims()
    second = take(store, who, ["2", "3"], message=WORDS)
    store.letters.write(CAMPAIGN, [second.id], 60_000)
    store.receipts.queue(CAMPAIGN, who, RETURNED, second.id)
    return who.id


def letters(store: Store, who: str) -> dict[str, str]:
    found = store.letters.of_group(store.ids.group(CAMPAIGN, "letter", "", who))
    return {letter.candidate: f"{letter.state} {letter.reason}".strip() for letter in found}


def everything(valkey: str) -> str:
    """All that the ledger holds, as one text."""
    said = []
    with redis.Redis.from_url(valkey) as raw:
        for key in raw.scan_iter():
            said.append(key)
            said.append(raw.dump(key) if raw.type(key) == b"stream" else repr(_value(raw, key)).encode())
    return b" ".join(said).decode(errors="replace")


def _value(raw: redis.Redis, key: bytes) -> object:
    match raw.type(key):
        case b"string":
            return raw.get(key)
        case b"hash":
            return raw.hgetall(key)
        case b"list":
            return raw.lrange(key, 0, -1)
        case b"zset":
            return raw.zrange(key, 0, -1)
        case _:
            return raw.smembers(key)


def test_somebody_is_shown_without_their_address(mobilise, store: Store, robin: str):
    """Unless it is asked for, which stands in the events."""
    status, out, err = mobilise("people", "show", "S1+x@supporters.example", "--json")
    (shown,) = json.loads(out)
    assert (status, shown["id"], shown["letters"]) == (0, robin, 3)
    assert shown["consents"] == ["bulletins (2026-09-21, stall): Yes, mail me"]
    assert "Robin" not in out + err
    assert "supporters.example" not in out + err
    assert (
        json.loads(mobilise("people", "show", robin, "--reveal", "--by", "ada", "--json")[1])[0]["address"] == ADDRESS
    )
    assert [(one.kind, one.body) for one in store.events.newest(1)] == [("person.shown", f"{robin} by ada")]


def test_an_export_holds_all_that_is_known(mobilise, store: Store, robin: str, tmp_path: Path):
    """Their own words, every letter with what became of it, every consent; nobody else can read the file."""
    bulletin = replace(MAILING, campaign=CAMPAIGN)
    store.mailings.approve(bulletin, 1)
    store.mailings.move(bulletin.book, Stage.GATHERING, Stage.APPROVED)
    store.mailings.write(bulletin, 0, [robin])
    path = tmp_path / "robin.csv"
    status, _, err = mobilise("people", "export", robin, path)
    assert (status, "1 person" in err, path.stat().st_mode & 0o777) == (0, True, 0o600)
    rows = [tuple(row.values()) for row in csv.DictReader(io.StringIO(path.read_text()))]
    said = {(row[0], row[2], row[4]) for row in rows}
    assert {
        ("person", "email", ADDRESS),
        ("consent", "bulletins", "Yes, mail me"),
        ("own words", "message", WORDS),
        ("letter", "Candidate 1 (River Party)", "unknown (sender-lost)"),
        ("letter", "Candidate 3 (River Party)", "held (no-address)"),
        ("receipt", "undelivered", "queued"),
        ("bulletin", "bulletin news 1", "queued"),
    } <= said
    assert len([row for row in rows if row[0] == "letter"]) == 3


def test_erasing_leaves_ids_only(mobilise, store: Store, robin: str, valkey: str):
    """Asked first; letters that wait are withheld, what left stays counted, the address stays suppressed."""
    suppressed = store.ids.address(ADDRESS)
    store.suppressions.put([(suppressed, "asked")], "operator")
    status, _, err = mobilise("people", "erase", ADDRESS)
    assert (status, "Forget 1 person" in err) == (2, True)
    status, out, err = mobilise("people", "erase", ADDRESS, "--yes", "--json", "--by", "ada")
    assert (status, json.loads(out)) == (0, {"erased": [robin], "withheld": 3, "actions": 3})
    assert f"{robin} by ada" in [one.body for one in store.events.newest(9) if one.kind == "person.erased"]
    assert letters(store, robin) == {
        "1": "unknown sender-lost",
        "2": "withheld person-gone",
        "3": "withheld person-gone",
    }
    assert store.tallies.verify(CAMPAIGN) == []
    assert store.suppressions.count() == 1
    left = everything(valkey)
    for secret in ("Robin", "grandmother", "supporters.example", "ZZ1", "Yes, mail me", "volunteer"):
        assert secret not in left, secret
    assert "supporters.example" not in out + err


def test_who_has_not_confirmed_yet_is_told_and_forgotten_too(mobilise, store: Store, valkey: str):
    """What somebody typed in their name is kept for a week: it is theirs as well."""
    waiting = intent(store.ids, 1, ("1",), message=WORDS)
    store.intents.keep(waiting, Patience(), nudge_at_ms=0)
    rows = json.loads(mobilise("people", "export", waiting.person.email, "--json")[1])
    assert WORDS in [row["says"] for row in rows]
    assert json.loads(mobilise("people", "erase", waiting.person.email, "--yes", "--json")[1])["erased"] == [waiting.id]
    assert store.intents.find(waiting.id) is None
    assert "grandmother" not in everything(valkey)


def test_erasing_again_changes_nothing_and_lists_do_not_bring_them_back(
    mobilise, store: Store, robin: str, tmp_path: Path
):
    """Only they themselves do; and erasing again changes nothing."""
    mobilise("people", "erase", robin, "--yes")
    status, out, _ = mobilise("people", "erase", ADDRESS, "--yes")
    assert (status, out) == (0, "Nothing of them was kept any more.\n")
    path = tmp_path / "list.csv"
    path.write_text(f"name,email\nRobin Vale,{ADDRESS}\n")
    status, out, _ = mobilise("people", "import", path, "--yes", "--json")
    assert (status, json.loads(out)["refused_rows"][0]["reason"]) == (
        3,
        "was erased: only they themselves can come back",
    )
    take(store, person(store.ids, 1, "Robin Vale"), ["1"])
    assert store.people.find(robin)


def test_who_is_not_known_can_be_kept_out(mobilise, store: Store):
    """They asked to be forgotten before any list had them; and what is no address says so."""
    assert mobilise("people", "erase", "nobody@supporters.example", "--yes")[0] == 0
    with_them = store.people.put(
        [known_as(person(store.ids, 9), Profile(store.ids.address("nobody@supporters.example"), "m"))]
    )
    assert with_them == "e"
    status, _, err = mobilise("people", "erase", "nobody", "--yes")
    assert (status, "is neither an id of a person nor an address" in err) == (1, True)
    status, _, err = mobilise("people", "show", "nobody@supporters.example")
    assert (status, err) == (1, "error: nobody with this address is known\n")


def test_whom_a_segment_means_is_counted(mobilise, store: Store, robin: str):
    """And how many of them can be mailed; an error points at its word."""
    others = [Profile("e2", "m", purposes=("bulletins", "calls")), Profile("e3", "m", purposes=("calls",))]
    store.people.put(known_as(person(store.ids, number), one) for number, one in enumerate(others, 2))
    store.suppressions.put([("e3", "asked")], "operator")
    counted = json.loads(mobilise("people", "count", "-c", CAMPAIGN, "--where", "not wrote", "--json")[1])
    assert {key: counted[key] for key in ("people", "meant", "bulletins", "calls", "suppressed")} == {
        "people": 3,
        "meant": 2,
        "bulletins": 1,
        "calls": 1,
        "suppressed": 1,
    }
    status, _, err = mobilise("people", "count", "-c", CAMPAIGN, "--where", "not rote")
    assert (status, "^^^^" in err) == (1, True)
    assert letters(store, robin)["2"] == State.QUEUED
