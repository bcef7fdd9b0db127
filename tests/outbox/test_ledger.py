"""What the outbox accepted is on disk, whole, and can be judged."""

from __future__ import annotations

import asyncio
import json
import resource
import signal
import threading

import pytest
import urllib3

from tests.outbox.conftest import Client, call
from workers.errors import UnavailableError
from workers.outbox import ledger
from workers.outbox.journal import Journal
from workers.outbox.ledger import Ledger
from workers.outbox.payload import Address, decode_call


def test_each_recipient_has_a_mail_as_they_would_read_it(start):
    """Substitutions are made, plain and unescaped, in subject and both bodies."""
    outbox = start()
    people = [
        {"to": [{"email": "a@x.example", "name": "Ann"}], "substitutions": {"-who-": "Ann & <b>"},
         "custom_args": {"delivery": "d1"}, "headers": {"X-One": "1"}},
        {"to": [{"email": "b@x.example"}], "substitutions": {"-who-": "Bob"}, "subject": "Only for -who-",
         "custom_args": {"delivery": "d2"}, "cc": [{"email": "c@x.example"}]},
    ]  # fmt: skip
    content = [{"type": "text/plain", "value": "Dear -who-"}, {"type": "text/html", "value": "<p>Dear -who-"}]
    body = call(personalizations=people, content=content, subject="To -who-", custom_args={"campaign": "c"})
    answer = Client(outbox).send(body)
    ann, bob, copy = ledger.read(outbox.folder)
    assert (ann.to.email, ann.to.name, ann.delivery) == ("a@x.example", "Ann", "d1")
    assert (ann.subject, ann.text, ann.html) == ("To Ann & <b>", "Dear Ann & <b>", "<p>Dear Ann & <b>")
    assert (bob.subject, bob.delivery, copy.to.email, copy.kind) == ("Only for Bob", "d2", "c@x.example", "cc")
    assert (ann.from_.email, ann.reply_to) == ("letters@campaign.example", Address("sam@supporter.example", "Sam"))
    assert (ann.headers, ann.categories) == ({"X-One": "1"}, ["campaign"])
    assert ann.custom_args == {"campaign": "c", "delivery": "d1"}
    assert {mail.message_id for mail in (ann, bob, copy)} == {answer.headers["X-Message-Id"]}


def test_json_in_many_lines_is_one_line_in_the_ledger(start):
    """Whatever the caller's style."""
    outbox = start()
    Client(outbox).send(json.dumps(call(subject="two\nlines"), indent=4).encode().replace(b"\n", b"\r\n"))
    assert len((outbox.folder / "accepted.jsonl").read_bytes().splitlines()) == 1
    assert next(ledger.read(outbox.folder)).subject == "two\nlines"


@pytest.mark.faults
def test_what_was_answered_is_there_after_a_kill(start):
    """202 means on disk: posted by several at once, killed in the middle, nothing answered is missing."""
    outbox = start()
    answered: list[str] = []

    def post(part: int) -> None:
        client = Client(outbox)
        try:
            for number in range(10_000):
                delivery = f"{part}-{number}"
                person = {"to": [{"email": "jo@x.example"}], "custom_args": {"delivery": delivery}}
                if client.send(call(personalizations=[person])).status == 202:
                    answered.append(delivery)
        except urllib3.exceptions.HTTPError:  # the kill
            return

    threads = [threading.Thread(target=post, args=(part,)) for part in range(4)]
    for thread in threads:
        thread.start()
    outbox.process.wait_until(lambda: len(answered) > 200, "200 answers")
    outbox.kill()
    for thread in threads:
        thread.join()
    kept = outbox.deliveries()
    assert set(answered) <= set(kept)
    assert len(kept) == len(set(kept))
    outbox.start()
    assert Client(outbox).json("/outbox/summary")["mails"] == len(kept)


@pytest.mark.faults
def test_a_torn_last_line_is_set_aside(start):
    """A crash in the middle of a write must not stop the next start, nor spoil the line after it."""
    outbox = start()
    Client(outbox).send(call("a@x.example"))
    outbox.kill()
    path = outbox.folder / "accepted.jsonl"
    path.write_bytes(path.read_bytes() + b'{"message_id":"torn","at":1,"payl')
    assert [mail.to.email for mail in ledger.read(outbox.folder)] == ["a@x.example"]
    outbox.start()
    Client(outbox).send(call("b@x.example"))
    assert [mail.to.email for mail in ledger.read(outbox.folder)] == ["a@x.example", "b@x.example"]
    assert [torn.read_bytes()[:20] for torn in outbox.folder.glob("accepted.torn-*")] == [b'{"message_id":"torn"']


def test_a_restart_remembers_mail_state_and_refusals(start):
    """The pages show the same before and after."""
    outbox = start()
    client = Client(outbox)
    client.send(call("a@x.example", "b@x.example"))
    client.send(call("bad"))
    before = client.json("/outbox/summary"), client.json("/outbox/mails")
    assert outbox.process.stop() == 0
    outbox.start()
    assert (client.json("/outbox/summary"), client.json("/outbox/mails")) == before


def test_sigterm_ends_it_cleanly(start):
    """Status 0, and the address it left for others is gone."""
    outbox = start()
    Client(outbox).send(call())
    assert outbox.process.stop(signal.SIGTERM) == 0
    assert not (outbox.folder / "url.txt").exists()


def test_two_outboxes_do_not_share_a_folder(start, tmp_path):
    """Each would write over the other's index."""
    first = start()
    with pytest.raises(AssertionError, match="another outbox writes here"):
        start("--folder", str(first.folder), name="two")


def test_an_empty_folder_has_no_mail(tmp_path):
    """A judge may ask before anything was sent."""
    assert list(ledger.read(tmp_path)) == []


def test_appends_that_wait_together_share_one_sync(tmp_path):
    """That is how it is fast and safe; each still learns its own place."""

    async def write() -> list[int]:
        journal = Journal(tmp_path / "j")
        places = await asyncio.gather(*(journal.append(b"%d\n" % number) for number in range(100)))
        assert [journal.line_at(place) for place in places] == [b"%d" % number for number in range(100)]
        await journal.close()
        return places

    assert asyncio.run(write()) == sorted(asyncio.run(write_sizes()))
    assert (tmp_path / "j").read_bytes().count(b"\n") == 100


async def write_sizes() -> list[int]:
    return [2 * number if number < 10 else 20 + 3 * (number - 10) for number in range(100)]


def test_a_disk_that_is_full_is_an_error_and_leaves_no_half_line(tmp_path):
    """Nobody is told "accepted" of what is not there."""

    async def fill() -> None:
        journal = Journal(tmp_path / "j")
        await journal.append(b"first\n")
        with pytest.raises(UnavailableError):
            await journal.append(b"x" * 5000 + b"\n")
        await journal.append(b"last\n")
        await journal.close()

    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    try:
        asyncio.run(fill())
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert (tmp_path / "j").read_bytes() == b"first\nlast\n"


def test_a_mail_longer_than_one_read_comes_back_whole(tmp_path):
    """Lines are read in pieces; a bulletin may be long."""

    async def keep() -> ledger.Mail:
        box = Ledger(tmp_path)
        body = call(content=[{"type": "text/plain", "value": "é" * 200_000}])
        raw = json.dumps(body).encode()
        await box.keep("m", 1.0, raw, decode_call(raw))
        mail = box.mail(1)
        await box.close()
        return mail

    assert asyncio.run(keep()).text == "é" * 200_000
