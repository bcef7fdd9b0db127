"""HTTP as a web site that uses the API would speak it: kept connections, and the same request again if need be."""

from __future__ import annotations

import http.client
import json
import ssl
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from workers.errors import UnavailableError

#: Seconds for one answer, and for a server that is being started again.
_TIMEOUT_S, _PATIENCE_S = 30.0, 60.0


class Answer(NamedTuple):
    """A status, the JSON that came with it (None if there was none), and what came as text."""

    status: int
    body: Any
    text: str = ""

    @property
    def complaint(self) -> str:
        """What a problem+json answer says is wrong."""
        said = self.body if isinstance(self.body, dict) else {}
        fields = "; ".join(f"{error.get('field')} {error.get('detail')}" for error in said.get("errors", []))
        return fields or said.get("detail") or said.get("title") or f"status {self.status}"


class Client:
    """Requests to one server; each thread has a connection of its own. All that it sends may be sent again."""

    def __init__(self, url: str, *, ca_file: Path | None = None) -> None:
        """``ca_file`` is the authority of an https ``url``."""
        self._parts = urlsplit(url)
        self._context = ssl.create_default_context(cafile=ca_file) if self._parts.scheme == "https" else None
        self._own = threading.local()
        self._opened: list[http.client.HTTPConnection] = []
        self._closed = threading.Event()

    def close(self) -> None:
        """From now on every request fails, those of other threads too."""
        self._closed.set()
        for connection in self._opened:
            connection.close()

    def get(self, path: str) -> Any:
        """The JSON of a 200; UnavailableError for anything else."""
        answer = self.request("GET", path)
        if answer.status != 200:
            raise UnavailableError(f"GET {path.partition('?')[0]}: {answer.complaint}")
        return answer.body

    def request(self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None) -> Answer:
        """The first answer that is not 503; UnavailableError if none comes within a minute."""
        deadline, wait_s = time.monotonic() + _PATIENCE_S, 0.05
        while True:
            answer = (
                None
                if self._closed.is_set()
                else self._ask(method, path, body, {"Content-Type": "application/json", **(headers or {})})
            )
            if answer and (answer.status != 503 or time.monotonic() > deadline):
                return answer
            if time.monotonic() > deadline or self._closed.wait(wait_s):
                raise UnavailableError(f"{method} {path.partition('?')[0]}: no answer")
            wait_s = min(1.0, wait_s * 2)

    def _ask(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> Answer | None:
        connection = self._connection()
        try:
            connection.request(method, path, body or None, dict(headers))
            answer = connection.getresponse()
            said = answer.read()
        except (OSError, http.client.HTTPException):
            connection.close()
            return None
        return Answer(answer.status, _parsed(said), said.decode(errors="replace"))

    def _connection(self) -> http.client.HTTPConnection:
        known: http.client.HTTPConnection | None = getattr(self._own, "connection", None)
        if known is None:
            host, port = self._parts.hostname or "", self._parts.port
            known = (
                http.client.HTTPSConnection(host, port, timeout=_TIMEOUT_S, context=self._context)
                if self._context
                else http.client.HTTPConnection(host, port, timeout=_TIMEOUT_S)
            )
            self._own.connection = known
            self._opened.append(known)
        return known


def _parsed(said: bytes) -> Any:
    try:
        return json.loads(said)
    except ValueError:
        return None
