"""Standard Webhooks: the published vectors, against the verification that the web does."""

from __future__ import annotations

import base64
import json
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks import webhooks as library
from standardwebhooks.webhooks import Webhook

from tests.web.conftest import start
from workers.errors import ConfigError
from workers.web.webhooks import Webhooks

NAMES = ("id", "timestamp", "signature")


@pytest.fixture
def vectors(shared: Path) -> list[dict[str, Any]]:
    """Those that have a secret."""
    published = json.loads((shared / "webhooks" / "standard_webhooks_vectors.json").read_text())["vectors"]
    assert len(published) == 13
    return [vector for vector in published if vector["expect"] != "refuse at construction"]


def headers(vector: dict[str, Any], now: float) -> dict[str, str]:
    """What is sent: times and signatures that the vector leaves open are filled in, what it lacks is left out."""
    stamp = vector["timestamp"]
    if isinstance(stamp, str) and stamp.startswith("now"):
        stamp = int(now) + int(stamp[3:] or 0)
    signature = vector["signature"]
    if signature and signature.startswith("<"):
        secret = vector["secret"].removeprefix("whsec_")
        padded = secret + "=" * (-len(secret) % 4)
        moment = datetime.fromtimestamp(stamp, UTC)
        signature = Webhook(padded).sign(vector["id"], moment, vector["payload"])
    found = dict(zip(NAMES, (vector["id"], stamp, signature), strict=True))
    return {f"webhook-{name}": str(value) for name, value in found.items() if value is not None}


def test_every_published_vector_is_told_apart(vectors: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch):
    """The reference ones at the time they were made: the library looks at its own clock, which is set for them."""
    for vector in vectors:
        fixed = vector["timestamp"] if isinstance(vector["timestamp"], int) else int(time.time())

        class Clock(datetime):
            at = float(fixed)

            @classmethod
            def now(cls, tz: Any = None) -> datetime:  # type: ignore[override]
                return datetime.fromtimestamp(cls.at, tz)

        monkeypatch.setattr(library, "datetime", Clock)
        verified = Webhooks(vector["secret"]).verify(vector["payload"].encode(), headers(vector, fixed))
        assert verified == vector["expect"].startswith("valid"), vector["name"]


def test_the_vectors_over_http(vectors: list[dict[str, Any]], server: str, tmp_path: Path):
    """403 for those that are not to be trusted or too old; 422 for the others, whose body is no signature."""
    secrets = ",".join(sorted({vector["secret"] for vector in vectors}))
    process, site = start(tmp_path, server, SIGNATURE_WEBHOOK_SECRET=secrets)
    try:
        for vector in vectors:
            sent = headers(vector, time.time())
            answer = site.ask("POST", "/callbacks/signatures/clean-rivers", vector["payload"].encode(), sent)
            is_now = isinstance(vector["timestamp"], str)
            trusted = vector["expect"].startswith("valid") and is_now
            assert answer.status == (422 if trusted else 403), vector["name"]
    finally:
        process.close()


@pytest.mark.parametrize("secret", ["whsec_", "whsec_AAAAA", "whsec_Zm9v,whsec_"])
def test_an_empty_or_broken_secret_refuses_to_start(secret: str):
    """Law 12: it would verify nothing, or everything."""
    with pytest.raises(ConfigError, match="SIGNATURE_WEBHOOK_SECRET"):
        Webhooks(secret)


def test_any_of_several_secrets_may_sign_while_they_are_changed():
    """And each signature is looked for among all that a request carries."""
    old, new, other = (base64.b64encode(word * 8).decode() for word in (b"old-", b"new-", b"bad-"))
    known = Webhooks(f"whsec_{old}, whsec_{new},")
    now = datetime.now(UTC)
    signed = {secret: Webhook(secret).sign("m", now, "{}") for secret in (old, new, other)}
    for signature, good in (
        (signed[old], True),
        (signed[new], True),
        (signed[other], False),
        (f"{signed[other]} {signed[new]}", True),
        (signed[new].replace("v1,", "v2,"), False),
    ):
        sent = {"webhook-id": "m", "webhook-timestamp": str(int(now.timestamp())), "webhook-signature": signature}
        assert known.verify(b"{}", sent) is good
    assert not Webhooks(" , ").configured
