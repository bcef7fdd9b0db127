"""``POST /callbacks/…``: only what is signed is kept, and what is answered is on disk."""

from __future__ import annotations

import base64
import json
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook

from tests.web.asking import Answer, Site
from tests.web.conftest import seed, start
from workers.campaign.ids import Ids
from workers.outbox.signing import Signer, signer
from workers.store import Store, keys

EVENTS = "/callbacks/sendgrid/events"
SIGNATURES = "/callbacks/signatures/clean-rivers"
SECRET, OLD_SECRET = ("whsec_" + base64.b64encode(word * 8).decode() for word in (b"new-", b"old-"))


@pytest.fixture(scope="module")
def signed(server: str, tmp_path_factory: pytest.TempPathFactory):
    """A web process that knows an event key and two signature secrets, and the one who holds the event key."""
    folder = tmp_path_factory.mktemp("signed")
    sender = signer(folder)
    process, site = start(
        folder,
        server,
        SENDGRID_WEBHOOK_PUBLIC_KEY=f"{sender.public_key}",
        SIGNATURE_WEBHOOK_SECRET=f"{OLD_SECRET},{SECRET}",
    )
    yield site, sender
    process.close()


@pytest.fixture
def reporting(signed: tuple[Site, Signer], store: Store) -> tuple[Site, Signer]:
    """The same, on an empty ledger with candidates."""
    seed(store)
    return signed


def report(site: Site, sender: Signer, body: bytes, more: dict[str, str] | None = None) -> Answer:
    """A batch of reports as the provider sends it."""
    headers = {**sender.headers(body, int(time.time())), "content-type": "application/json", **(more or {})}
    return site.ask("POST", EVENTS, body, headers)


def callbacks(store: Store) -> list[str]:
    """The ids of what is kept and not worked yet; the store itself only tells what is due."""
    found: list[bytes] = store._client.zrange(keys.CALLBACKS, 0, -1)  # type: ignore[assignment]  # noqa: SLF001
    return sorted(raw.decode() for raw in found)


def test_a_signed_batch_is_on_disk_when_it_is_answered(reporting: tuple[Site, Signer], store: Store):
    """Byte for byte: whoever works it can check it again. The same batch again is the same."""
    body = b'[{"event": "delivered", "sg_event_id": "1"}]\r\n'
    for _ in range(2):
        assert report(*reporting, body).status == 204
    (kept,) = callbacks(store)
    assert store.callbacks.get(kept) == body


def test_an_unsigned_batch_changes_nothing(reporting: tuple[Site, Signer], store: Store):
    """Nobody else can tell us that a letter bounced."""
    site, sender = reporting
    body = b"[]"
    other = sender.headers(b"[1]", int(time.time()))
    for headers in ({}, other, dict.fromkeys(other, "x"), dict.fromkeys(other, "")):
        assert site.ask("POST", EVENTS, body, headers).status == 403
    assert callbacks(store) == []


def test_without_a_key_no_batch_is_taken(site: Site):
    """Law 12: a callback that cannot be checked is refused, and says why."""
    answer = site.ask("POST", EVENTS, b"[]", {})
    assert answer.status == 403
    assert "not set up" in answer.json()["detail"]


@pytest.mark.parametrize("body", [b"", b"{}", b"[", b"\xff", b"[" * 100_000])
def test_a_signed_batch_must_be_an_array(reporting: tuple[Site, Signer], body: bytes):
    """400: it is signed, and still no batch."""
    assert report(*reporting, body).status in {400, 422}


def test_batches_may_be_large_but_not_endless(reporting: tuple[Site, Signer], store: Store):
    """What SendGrid sends at most (768 kB) and some room; gzip is not what it sends."""
    large = json.dumps([{"event": "open", "sg_event_id": "x" * 700} for _ in range(1000)]).encode()
    assert report(*reporting, large).status == 204
    assert report(*reporting, b"[" + b" " * 5_000_000 + b"]").status == 413
    assert report(*reporting, b"[]", {"content-encoding": "gzip"}).status == 415


def test_the_published_vectors_are_told_apart(server: str, shared: Path, tmp_path: Path):
    """Real callbacks, signed with real keys, and what was done to them."""
    published = json.loads((shared / "webhooks" / "sendgrid_event_signature_vectors.json").read_text())["vectors"]
    # Every published key is one of ours here, so that none of them is wrong.
    vectors = [vector for vector in published if vector["name"] != "wrong key"]
    keys = ",".join(sorted({vector["public_key"] for vector in vectors if vector["expect"]}))
    process, site = start(tmp_path, server, SENDGRID_WEBHOOK_PUBLIC_KEY=keys)
    try:
        for vector in vectors:
            headers = {
                "x-twilio-email-event-webhook-signature": vector["signature"],
                "x-twilio-email-event-webhook-timestamp": vector["timestamp"],
            }
            answer = site.ask("POST", EVENTS, base64.b64decode(vector["body_b64"]), headers)
            good = vector["expect"] is True
            assert answer.status == (204 if good else 403), vector["name"]
    finally:
        process.close()


def sign(
    site: Site, data: Any = None, *, secret: str = SECRET, at: float = 0, webhook: str = "msg_1", path: str = SIGNATURES
) -> Answer:
    """A signature callback as a form sends it; ``data`` as bytes is the whole body."""
    moment = datetime.fromtimestamp(at or time.time(), UTC)
    body = {"type": "charter.signed", "timestamp": moment.isoformat(), "data": {"candidate_id": "1", "source": "form"}}
    raw = data if isinstance(data, bytes) else json.dumps({**body, **(data or {})}).encode()
    try:
        signature = Webhook(secret).sign(webhook, moment, raw.decode())
    except UnicodeDecodeError:
        signature = "v1,AAAA"
    stamp = str(int(moment.timestamp()))
    headers = {"webhook-id": webhook, "webhook-timestamp": stamp, "webhook-signature": signature}
    return site.ask("POST", path, raw, {**headers, "content-type": "application/json"})


@pytest.mark.parametrize("secret", [SECRET, OLD_SECRET])
def test_a_signature_is_on_disk_when_it_is_answered(reporting: tuple[Site, Signer], store: Store, secret: str):
    """With either secret while they are changed; the same callback again is the same."""
    for _ in range(2):
        assert sign(reporting[0], secret=secret).status == 204
    (kept,) = callbacks(store)
    raw = store.callbacks.get(kept)
    assert raw is not None
    body = json.loads(raw)
    assert (body["campaign"], body["webhook"], body["body"]["data"]["candidate_id"]) == ("clean-rivers", "msg_1", "1")


@pytest.mark.parametrize(
    ("how", "status"),
    [
        ({"secret": "whsec_" + base64.b64encode(b"wrong").decode()}, 403),
        ({"at": time.time() - 3600}, 403),
        ({"at": time.time() + 3600}, 403),
        ({"path": "/callbacks/signatures/no-such"}, 404),
        ({"data": b"not json"}, 400),
        ({"data": b"\xff"}, 403),
        ({"data": b"[]"}, 422),
        ({"data": {"type": "charter.burnt"}}, 422),
        ({"data": {"timestamp": "yesterday"}}, 422),
        ({"data": {"timestamp": "2099-01-01T00:00:00Z"}}, 422),
        ({"data": {"timestamp": "1999-12-31T23:59:59Z"}}, 422),
        ({"data": {"timestamp": "0001-01-01T00:00:00+14:00"}}, 422),
        ({"data": {"data": {"candidate_id": "1", "source": "f", "evidence_url": "http://localhost/x"}}}, 422),
        ({"data": {"data": {"candidate_id": "1", "source": "f", "evidence_url": "https://a:b@c.example"}}}, 422),
        ({"data": {"data": {"candidate_id": "no-such", "source": "form"}}}, 422),
        ({"data": {"data": {"candidate_id": "1"}}}, 422),
        ({"data": {"data": {"candidate_id": "1", "source": "f", "evidence_url": "javascript:alert(1)"}}}, 422),
        ({"data": b"x" * 70_000}, 413),
    ],
)  # fmt: skip
def test_other_signatures_change_nothing(
    reporting: tuple[Site, Signer], store: Store, how: dict[str, Any], status: int
):
    """The right status for each: who sent it can tell what to mend."""
    assert sign(reporting[0], **how).status == status
    assert callbacks(store) == []


def test_the_first_body_under_an_id_stays(reporting: tuple[Site, Signer], store: Store):
    """A sender that uses an id again says nothing new: it is answered so that it stops, and changes nothing."""
    assert sign(reporting[0]).status == 204
    (before,) = [store.callbacks.get(kept) for kept in callbacks(store)]
    assert sign(reporting[0], {"data": {"candidate_id": "2", "source": "form"}}).status == 204
    assert [store.callbacks.get(kept) for kept in callbacks(store)] == [before]


@pytest.mark.parametrize("value", ["", "v1", "v1,", "v1,%%%", ",", "v2,AAAA", "v1,AAAA " * 500, "\xe9"])
def test_malformed_signature_headers_are_refused(reporting: tuple[Site, Signer], value: str):
    """Never an error of ours."""
    headers = {"webhook-id": "m", "webhook-timestamp": "nan", "webhook-signature": value}
    assert reporting[0].ask("POST", SIGNATURES, b"{}", headers).status == 403
    headers["webhook-timestamp"] = str(int(time.time()))
    assert reporting[0].ask("POST", SIGNATURES, b"{}", headers).status == 403


def test_ids_of_callbacks_are_derived(reporting: tuple[Site, Signer], store: Store, ids: Ids):
    """Two different ones are two; law 10."""
    sign(reporting[0], webhook="msg_1")
    sign(reporting[0], webhook="msg_2")
    assert len(callbacks(store)) == 2
