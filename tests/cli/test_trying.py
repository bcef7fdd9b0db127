"""``--dry-run`` and ``--rehearse``: what would go to how many, and one mail of it to oneself; nothing moves."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest
import redis

from tests.cli.operating import home, unknown, written
from tests.support.outbox import Outbox
from tests.support.people import CAMPAIGN, candidate
from workers.cli import main
from workers.store import Store

OPS = "ops@campaign-office.org"


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory):
    with Outbox(tmp_path_factory.mktemp("outbox")) as running:
        yield running


@pytest.fixture
def arrived(provider: Outbox, monkeypatch: pytest.MonkeyPatch):
    """(address, subject) of each mail that the provider took in this test; commands post to it."""
    monkeypatch.setenv("SENDGRID_BASE_URL", provider.url)
    before = len(provider.accepted())
    return lambda: [(mail.to.email, mail.subject) for mail in provider.accepted()[before:]]


@pytest.fixture
def mobilise(valkey: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """Runs one command as an operator without a terminal would: (exit status, stdout, stderr)."""
    monkeypatch.setenv("REDIS_URL", valkey)
    monkeypatch.setenv("MOBILISE_SECRET", "a secret that only tests use")
    monkeypatch.setenv("MOBILISE_HOME", str(home(tmp_path / "home")))
    monkeypatch.setenv("SENDGRID_API_KEY", "SG.a-key-that-only-tests-use")
    monkeypatch.setenv("SENDGRID_BASE_URL", "https://127.0.0.1:1")

    def run(*arguments: object) -> tuple[int, str, str]:
        status = main([str(argument) for argument in arguments])
        return status, *capsys.readouterr()

    return run


@pytest.fixture
def ledger(store: Store) -> Store:
    store.candidates.apply(CAMPAIGN, [candidate(1), candidate(2), candidate(3, email="")])
    return store


def remembered(valkey: str) -> dict[bytes, bytes]:
    """All that the ledger holds, to be compared; but for what processes tell of themselves."""
    client = redis.Redis.from_url(valkey)
    return {key: client.dump(key) for key in client.scan_iter() if key not in (b"meters", b"alive")}  # type: ignore[misc]


@pytest.mark.parametrize(
    ("command", "letters"),
    [
        (("campaigns", "open", CAMPAIGN), 2),
        (("campaigns", "resume", CAMPAIGN), 2),
        (("campaigns", "resume", "all"), 2),
        (("queues", "resume", "letters"), 2),
        (("letters", "release", "-c", CAMPAIGN), 1),
        (("letters", "settle", "--all", "-c", CAMPAIGN, "--resend"), 2),
    ],
    ids=lambda part: " ".join(part) if isinstance(part, tuple) else "",
)
def test_a_command_that_sends_can_be_tried(mobilise, ledger: Store, arrived, valkey, command, letters):
    """Counted first, then read in one's own mailbox: the ledger is the same afterwards, byte for byte."""
    written(ledger, 1, ("1", "2", "3"))
    unknown(ledger, 2)
    ledger.suppressions.put([(ledger.ids.address("c3@candidates.example"), "asked")], "operator")
    # As if an import had been cut off before it released what waits.
    reachable = msgspec.json.encode(candidate(3, email="new@candidates.example"))
    redis.Redis.from_url(valkey).hset(f"candidates:{CAMPAIGN}", "3", reachable)
    ledger.pauses.pause(f"campaign:{CAMPAIGN}", "typo")
    before = remembered(valkey)
    status, out, _ = mobilise(*command, "--dry-run", "--json")
    shown = json.loads(out)
    assert (status, shown["dry_run"], shown["letters"]) == (0, True, letters)
    assert mobilise(*command, "--dry-run")[1].startswith("Dry run, nothing was touched: ")
    status, out, err = mobilise(*command, "--rehearse", OPS, "--json")
    assert (status, json.loads(out), err) == (0, {"rehearsed": letters, "failed": [], "more": False}, "")
    assert arrived() == [(OPS, "[Rehearsal] Please sign")] * letters
    assert remembered(valkey) == before


def test_each_variant_is_rehearsed_before_anybody_has_written(mobilise, arrived, tmp_path: Path, valkey):
    """With nobody in the ledger: from Sam Sample to somebody made up who would get it."""
    path = tmp_path / "home" / "config" / "campaigns" / f"{CAMPAIGN}.toml"
    variant = '[[letter.variants]]\nname = "seated"\nwhen = {incumbent = true}\nsubject = "You"\nbody = "You sit."\n'
    thanks = '[letter.thanks]\nsubject = "Thank you"\nbody = "Thanks."\n'
    path.write_text(path.read_text().replace("[[letter.variants]]", f"{thanks}{variant}[[letter.variants]]", 1))
    status, out, _ = mobilise("letters", "rehearse", OPS, "-c", CAMPAIGN)
    assert (status, out.startswith(f"3 mails sent to {OPS} alone, marked as a rehearsal.")) == (0, True)
    assert [subject for _, subject in arrived()] == [
        f"[Rehearsal] {one}" for one in ("You", "Please sign", "Thank you")
    ]
    assert remembered(valkey) == {}


def test_what_keeps_letters_all_the_same_is_said(mobilise, ledger: Store):
    """A resume that would let nothing leave."""
    written(ledger, 1)
    ledger.pauses.pause("all", "no credits")
    status, out, err = mobilise("campaigns", "resume", CAMPAIGN, "--dry-run")
    assert (status, "2 letters to 2 candidates would leave" in out) == (0, True)
    assert err == "still kept by: all\n"


def test_a_rehearsal_goes_where_mail_may_go(mobilise, ledger: Store, monkeypatch: pytest.MonkeyPatch):
    """Not to a real address outside production, to a suppressed one, or while everything is paused."""
    monkeypatch.setenv("SENDGRID_BASE_URL", "https://mail.provider.test")
    command = "letters", "rehearse", OPS, "-c", CAMPAIGN
    status, _, err = mobilise(*command)
    assert (status, "list the address in mail.allowed" in err) == (1, True)
    ledger.pauses.pause("all", "no credits")
    status, _, err = mobilise(*command)
    assert (status, "everything is paused (no credits)" in err) == (1, True)
    ledger.pauses.resume("all")
    ledger.suppressions.put([(ledger.ids.address(OPS), "asked")], "operator")
    status, _, err = mobilise(*command)
    assert (status, "this address is suppressed" in err) == (1, True)
    for address in ("no address", ""):
        assert mobilise("letters", "rehearse", address, "-c", CAMPAIGN)[0] == 2
    assert mobilise("campaigns", "resume", CAMPAIGN, "--dry-run", "--rehearse", OPS)[0] == 2
