"""An outbox process, a way to post to it, and somebody who listens to its callbacks."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import urllib3
from sendgrid.helpers.eventwebhook import EventWebhook

from tests.support.outbox import Outbox

KEY = {"Authorization": "Bearer SG.only-for-tests"}


def call(*addresses: str, **changed: Any) -> dict[str, Any]:
    """A valid call to these addresses; deliveries are numbered from ``d0``."""
    people = [
        {"to": [{"email": address, "name": "Jo Recipient"}], "custom_args": {"delivery": f"d{index}"}}
        for index, address in enumerate(addresses or ["jo@party.example"])
    ]
    made = {
        "personalizations": people,
        "from": {"email": "letters@campaign.example", "name": "Sam via Campaign"},
        "reply_to": {"email": "sam@supporter.example", "name": "Sam"},
        "subject": "Will you sign?",
        "content": [{"type": "text/plain", "value": "Please sign."}, {"type": "text/html", "value": "<p>Please sign."}],
        "categories": ["campaign"],
    }
    return {**made, **changed}


class Client:
    """Speaks HTTP to one outbox, with no retry and no redirect, as our mailer does."""

    def __init__(self, outbox: Outbox) -> None:
        self.url = outbox.url
        trusted = str(outbox.ca_file) if self.url.startswith("https") else None
        self.pool = urllib3.PoolManager(retries=False, timeout=20, ca_certs=trusted)

    def send(self, body: Any, **headers: str) -> urllib3.BaseHTTPResponse:
        """Posts to mail/send; bytes go as they are."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.post("/v3/mail/send", raw, {**KEY, "Content-Type": "application/json", **named})

    def post(self, path: str, raw: bytes, headers: dict[str, str] | None = None) -> urllib3.BaseHTTPResponse:
        return self.pool.request("POST", self.url + path, body=raw, headers=headers or {}, redirect=False)

    def get(self, path: str, **headers: str) -> urllib3.BaseHTTPResponse:
        return self.pool.request("GET", self.url + path, headers=headers, redirect=False)

    def json(self, path: str) -> Any:
        return self.get(path).json()

    def rule(self, **rule: Any) -> urllib3.BaseHTTPResponse:
        return self.post("/outbox/rules", json.dumps(rule).encode())


class Listener:
    """A web site that takes callbacks, and refuses the first few if told to."""

    def __init__(self) -> None:
        self.bodies: list[tuple[dict[str, str], bytes]] = []
        self.refused = 0
        self.refuse = 0
        listener = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                listener.take(dict(self.headers), self.rfile.read(int(self.headers["Content-Length"])), self)

            def log_message(self, *_: object) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/callbacks"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()

    def take(self, headers: dict[str, str], body: bytes, request: http.server.BaseHTTPRequestHandler) -> None:
        taken = self.refused >= self.refuse
        if taken:
            self.bodies.append((headers, body))
        else:
            self.refused += 1
        request.send_response(204 if taken else 503)
        request.end_headers()

    def events(self) -> list[dict[str, Any]]:
        return [event for _, body in list(self.bodies) for event in json.loads(body)]

    def are_signed_by(self, key: str) -> bool:
        """Checked with SendGrid's own helper."""
        check = EventWebhook(key)
        return all(
            check.verify_signature(
                body.decode(),
                headers["X-Twilio-Email-Event-Webhook-Signature"],
                headers["X-Twilio-Email-Event-Webhook-Timestamp"],
            )
            for headers, body in self.bodies
        )

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def listener() -> Iterator[Listener]:
    made = Listener()
    yield made
    made.close()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Outbox]]:
    """Starts ``mobilise outbox`` with options; again with the same folder is a restart."""
    running: list[Outbox] = []

    def started(*options: str, https: bool = False, name: str = "one") -> Outbox:
        running.append(Outbox(tmp_path / name, *options, https=https))
        return running[-1].start()

    yield started
    for outbox in running:
        outbox.close()


@pytest.fixture(scope="module")
def shared_outbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outbox]:
    """One for the tests of a module that leave no rule behind and count nothing."""
    with Outbox(tmp_path_factory.mktemp("shared")) as outbox:
        yield outbox


@pytest.fixture
def client(shared_outbox: Outbox) -> Iterator[Client]:
    made = Client(shared_outbox)
    yield made
    made.pool.clear()
