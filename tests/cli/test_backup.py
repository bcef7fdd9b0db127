"""``mobilise backup`` and ``restore``: a copy of one moment, whole or refused, and nothing sent on its word alone."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import redis
from click.testing import CliRunner, Result

from tests.cli.operating import unknown, written
from tests.support.people import CAMPAIGN, candidate
from tests.support.processes import environment
from tests.support.valkey import flush
from tests.support.wait import wait_until
from workers import backup
from workers.campaign.ids import Ids
from workers.cli import Context, mobilise
from workers.errors import InputError, UnavailableError, UnsafeError
from workers.journal import Journal
from workers.journal_files import Entry
from workers.store import Store
from workers.store.copies import Record
from workers.store.scripts import WENT_BACK


@pytest.fixture
def ledger(store: Store) -> Store:
    store.candidates.apply(CAMPAIGN, [candidate(1), candidate(2)])
    written(store, 1)
    unknown(store, 2)
    store.pauses.pause(f"campaign:{CAMPAIGN}", "a typo")
    store.suppressions.put([(store.ids.address("eve@supporters.example"), "asked")], "operator")
    return store


@pytest.fixture
def empty(valkey: str):
    """The URL of another database of the same server."""
    url = urlsplit(valkey)._replace(path="/6").geturl()
    flush(url)
    yield url
    flush(url)


@pytest.fixture
def restored(empty: str, ids: Ids):
    """What is in there afterwards; it connects when it is asked."""
    there = Store.connect(empty, ids)
    yield there
    there.close()


@pytest.fixture
def run(tmp_path: Path):
    def run(url: str, *arguments: object, **env: str) -> Result:
        journal = {"MOBILISE_WORKER__JOURNAL": str(tmp_path / "journal")}
        operator = Context(environ=environment(REDIS_URL=url, **journal, **env))
        try:
            return CliRunner().invoke(mobilise, [str(one) for one in arguments], obj=operator, standalone_mode=False)
        finally:
            operator.close()

    return run


def content(url: str) -> dict[bytes, bytes]:
    """Every key but those that end, as the server serialises it."""
    with redis.Redis.from_url(url) as client:
        return {key: client.dump(key) for key in client.scan_iter() if client.ttl(key) == -1}


def made(run, url: str, folder: Path, *more: str) -> Path:
    done = run(url, "backup", folder, "--json", *more)
    assert done.exception is None, done.exception
    return Path(json.loads(done.stdout)["file"])


def test_what_was_copied_comes_back_and_nothing_is_sent_before_the_journals_were_heard(
    run, ledger: Store, valkey: str, empty: str, restored: Store, tmp_path: Path
):
    """Letters may have left after the copy was made: only the journals know which."""
    file = made(run, valkey, tmp_path)
    assert file.stat().st_mode & 0o777 == 0o600
    action = written(ledger, 1)
    remember(tmp_path / "journal", Entry(1, int(time.time()), CAMPAIGN, action.id, action.group, ("1",)))
    done = run(empty, "restore", file, "--yes")
    assert (done.exception, done.return_value) == (None, 0)
    assert "mobilise ledger doubts" in done.stdout
    before, after = content(valkey), content(empty)
    assert {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)} == {b"paused"}
    assert {scope: why.reason for scope, why in restored.pauses.all().items()} == {
        "all": WENT_BACK,
        f"campaign:{CAMPAIGN}": "a typo",
    }
    with pytest.raises(UnsafeError, match="ledger accept"):
        restored.pauses.resume("all")
    (doubt,) = json.loads(run(empty, "ledger", "doubts", "--json").stdout)["letters"]
    assert (doubt["action"], doubt["ledger_says"]) == (action.id, "queued")
    accepted = json.loads(run(empty, "ledger", "accept", "--yes", "--json").stdout)
    assert (accepted["unknown"], accepted["resumed"]) == (1, True)
    states = {letter.id: letter.state for letter in restored.letters.newest_first(CAMPAIGN)}
    assert [states[f"{action.group}-{number}"] for number in (1, 2)] == ["unknown", "queued"]


def remember(folder: Path, *entries: Entry) -> None:
    one = Journal(folder)
    one.open()
    for entry in entries:
        one.append(entry)
    one.close()


def test_a_copy_is_of_one_moment_while_others_write(run, store: Store, valkey: str, empty: str, tmp_path: Path):
    """Books that were copied while they moved would never balance; the writers only wait."""
    store.candidates.apply(CAMPAIGN, [candidate(1), candidate(2)])
    over = threading.Event()
    wrote: list[str] = []

    def write() -> None:
        while not over.is_set():
            wrote.append(written(store, len(wrote)).id)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        wait_until(lambda: len(wrote) > 50, message="some letters")
        file = made(run, valkey, tmp_path)
        copied = len(wrote)
        wait_until(lambda: len(wrote) > copied + 20, message="writing goes on after it")
    finally:
        over.set()
        writer.join()
    done = run(empty, "restore", file, "--yes", "--json")
    assert json.loads(done.stdout)["differing"] == []
    assert store.tallies.verify(CAMPAIGN) == []
    assert store.actions.count(CAMPAIGN) == len(wrote)


@pytest.mark.parametrize("harm", ["empty", "cut", "one byte", "longer", "head", "another secret", "no backup"])
def test_a_file_that_is_not_what_was_written_changes_nothing(
    run, ledger: Store, valkey: str, empty: str, tmp_path: Path, harm: str
):
    """Half a ledger would be worse than none."""
    file = made(run, valkey, tmp_path)
    raw = file.read_bytes()
    middle = len(raw) // 2
    file.write_bytes(
        {
            "empty": b"",
            "cut": raw[:-1],
            "one byte": raw[:middle] + bytes([raw[middle] ^ 1]) + raw[middle + 1 :],
            "longer": raw + b"x",
            "head": raw[:25] + b"\xff" + raw[26:],
            "no backup": b"REDIS0011",
        }.get(harm, raw)
    )
    env = {"MOBILISE_SECRET": "quite another secret"} if harm == "another secret" else {}
    done = run(empty, "restore", file, "--yes", **env)
    assert isinstance(done.exception, InputError)
    assert ("MOBILISE_SECRET" in str(done.exception)) is (harm == "another secret")
    assert content(empty) == {}


def test_a_key_that_the_server_does_not_take_leaves_the_database_empty(run, empty: str, tmp_path: Path, ids: Ids):
    """As an older server does with the values of a newer one."""
    head = backup.Head(1, "valkey 99", backup.made_by(ids))
    with redis.Redis.from_url(empty) as client:
        client.set("a", "1")
        good = client.dump("a")
        client.flushdb()
    backup.write(tmp_path / "new", head, [Record(b"a", good, 0), Record(b"b", good[:-1], 0)], ids)
    done = run(empty, "restore", tmp_path / "new", "--yes")
    assert isinstance(done.exception, UnavailableError)
    assert content(empty) == {}


def test_it_is_written_into_an_empty_ledger_that_nobody_uses(
    run, ledger: Store, valkey: str, empty: str, tmp_path: Path
):
    """And over no file; each is said in one sentence."""
    file = made(run, valkey, tmp_path)
    assert "there already" in str(run(valkey, "backup", file).exception)
    assert "is no folder" in str(run(valkey, "backup", tmp_path / "none" / "x").exception)
    assert "not empty" in str(run(valkey, "restore", file, "--yes").exception)
    assert "no terminal" in str(run(empty, "restore", file).exception)
    with redis.Redis.from_url(empty) as worker:
        worker.ping()
        assert "stop web, workers and clock" in str(run(empty, "restore", file, "--yes").exception)
    assert content(empty) == {}


def test_where_writes_cannot_be_held_the_processes_are_stopped_instead(
    run, ledger: Store, valkey: str, empty: str, tmp_path: Path
):
    """Some who rent out servers forbid it; what writes all the same is noticed."""
    with redis.Redis.from_url(valkey) as client:
        may = ["+@all", "-client|pause"]
        client.acl_setuser("tenant", enabled=True, passwords=["+rented"], keys=["*"], channels=["*"], commands=may)
    try:
        url = valkey.replace("//", "//tenant:rented@")
        refused = run(url, "backup", tmp_path)
        assert isinstance(refused.exception, UnsafeError)
        assert "--stopped" in str(refused.exception)
        file = made(run, url, tmp_path, "--stopped")
        assert run(empty, "restore", file, "--yes").return_value == 0
        with ledger.copies.still(stopped=True) as check:
            ledger.meters.ticked()
            with pytest.raises(UnavailableError, match="something wrote"):
                list(ledger.copies.records(check))
        assert [one for one in tmp_path.iterdir() if one.is_file()] == [file]
    finally:
        with redis.Redis.from_url(valkey) as client:
            client.acl_deluser("tenant")
