"""``POST /callbacks/sendgrid/events``: any of our keys may sign, up to what SendGrid sends, and no bomb goes off."""

from __future__ import annotations

import gzip
import json
import time
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.processes import Running
from tests.web.asking import Answer, Site
from tests.web.conftest import start
from workers.outbox.signing import Signer, signer
from workers.store import Store, keys

EVENTS = "/callbacks/sendgrid/events"


@pytest.fixture(scope="module")
def rotating(server: str, tmp_path_factory: pytest.TempPathFactory):
    """A web process that knows an old key and a new one, their holders, and one who holds a key it does not know."""
    old, new, other = (signer(tmp_path_factory.mktemp(name)) for name in ("old", "new", "other"))
    known = f"{old.public_key}, {new.public_key}"
    process, site = start(tmp_path_factory.mktemp("rotating"), server, SENDGRID_WEBHOOK_PUBLIC_KEY=known)
    yield process, site, {"old": old, "new": new, "other": other}
    process.close()


Rotating = tuple[Running, Site, dict[str, Signer]]


def post(site: Site, by: Signer, body: bytes, sent: object = None, **headers: str) -> Answer:
    """``body``, signed; or ``sent`` with its signature."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return site.ask("POST", EVENTS, body if sent is None else sent, {**by.headers(body, int(time.time())), **named})


def kept(store: Store) -> int:
    return int(store._client.zcard(keys.CALLBACKS))  # noqa: SLF001 - the store only tells what is due


def test_while_keys_are_rotated_both_are_believed(rotating: Rotating, store: Store):
    """SendGrid makes a new key at once; batches signed with the old one are still on their way."""
    _, site, holders = rotating
    assert post(site, holders["old"], b"[1]").status == 204
    assert post(site, holders["new"], b"[2]").status == 204
    assert post(site, holders["other"], b"[3]").status == 403
    assert kept(store) == 2


def test_a_full_batch_is_taken(rotating: Rotating, store: Store):
    """A thousand events, 768 kB: the most that SendGrid sends, and it says that this may grow."""
    _, site, holders = rotating
    row = {"event": "delivered", "email": "c1@candidates.example", "timestamp": 1_790_000_000, "response": "x" * 600}
    body = json.dumps([{**row, "sg_event_id": str(number)} for number in range(1000)]).encode()
    assert len(body) > 700_000
    assert post(site, holders["new"], body).status == 204
    assert kept(store) == 1


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd", "gzip, gzip"])
def test_a_compressed_body_is_refused_before_it_is_opened(rotating: Rotating, store: Store, coding: str):
    """A few kilobytes may become gigabytes; SendGrid does not compress. Signed or not."""
    process, site, holders = rotating
    bomb = gzip.compress(zlib.compress(b"[" + b" " * 64_000_000 + b"]", 9), 9)
    before = _peak(process)
    assert post(site, holders["new"], bomb, content_encoding=coding).status == 415
    assert _peak(process) - before < 32_000_000
    assert kept(store) == 0


def test_a_bomb_that_does_not_say_so_is_no_json(rotating: Rotating, store: Store):
    """Nothing here opens what it was not told to open."""
    _, site, holders = rotating
    assert post(site, holders["new"], gzip.compress(b"[]")).status == 400
    assert kept(store) == 0


def test_an_endless_body_is_cut_off(rotating: Rotating, store: Store):
    """Without a length as well: it is counted as it comes."""
    _, site, holders = rotating

    def chunks() -> Iterator[bytes]:
        yield b"["
        for _ in range(60):
            yield b" " * 100_000
        yield b"]"

    assert post(site, holders["new"], b"[]", chunks()).status == 413
    assert kept(store) == 0


def _peak(process: Running) -> int:
    """The most memory that a process has had, in bytes."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024
