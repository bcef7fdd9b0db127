"""A small HTTP client for tests: every answer with its status, headers and body, whatever the status."""

from __future__ import annotations

import http.client
import json
from typing import Any, NamedTuple

KEY = "a-key-that-only-tests-use"
JSON = {"content-type": "application/json"}


class Answer(NamedTuple):
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)

    def fields(self) -> list[str]:
        """The fields that a problem names."""
        return [error["field"] for error in self.json().get("errors", [])]


class Site:
    """A server on the loopback."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.url = f"http://127.0.0.1:{port}"

    def ask(self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> Answer:
        """One request on a connection of its own; an iterable body is sent in chunks."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return Answer(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())
        finally:
            connection.close()

    def get(self, path: str, **headers: str) -> Answer:
        return self.ask("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})

    def act(self, body: Any = None, campaign: str = "clean-rivers", **headers: str) -> Answer:
        """An action from a trusted caller; bytes are sent as they are, anything else as JSON."""
        raw = body if isinstance(body, bytes) else json.dumps(action() if body is None else body).encode()
        named = {"authorization": f"Bearer {KEY}", **JSON, **{k.replace("_", "-"): v for k, v in headers.items()}}
        return self.ask("POST", f"/api/campaigns/{campaign}/actions", raw, {k: v for k, v in named.items() if v})


def action(**changes: Any) -> dict[str, Any]:
    """A supporter's action; ``name``, ``email`` and ``postcode`` change the supporter, anything else the action."""
    supporter = {"name": "Sam Sample", "email": "sam@supporters.example", "postcode": "SW1A 1AA"}
    own = {key: changes.pop(key) for key in list(changes) if key in supporter}
    return {"supporter": {**supporter, **own}, **changes}
