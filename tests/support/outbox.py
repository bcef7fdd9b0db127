"""The outbox as a process of its own, and its ledger on disk: the judge of what really left."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.support.ports import free_port
from tests.support.processes import Running, environment, mobilise


class Outbox:
    """A running outbox; ``url`` is what SENDGRID_BASE_URL should be."""

    def __init__(self, folder: Path, *, https: bool = False, **settings: str) -> None:
        """``settings`` are further environment variables, such as MOBILISE_OUTBOX__BOUNCE."""
        self.folder = folder / "mail"
        self.port = free_port()
        self.url = f"{'https' if https else 'http'}://127.0.0.1:{self.port}"
        self._logs = folder / "logs"
        self._env = environment(
            **{
                "MOBILISE_OUTBOX__HOST": "127.0.0.1",
                "MOBILISE_OUTBOX__PORT": str(self.port),
                "MOBILISE_OUTBOX__HTTPS": str(https).lower(),
                "MOBILISE_OUTBOX__FOLDER": str(self.folder),
                **settings,
            }
        )
        self.process: Running | None = None

    def start(self) -> Outbox:
        """Returns once it answers."""
        self.process = mobilise("outbox", folder=self._logs, env=self._env)
        if self.url.startswith("https"):
            self.process.wait_for("outbox.started")
        else:
            self.process.wait_healthy(f"{self.url}/healthz")
        return self

    def accepted(self) -> list[Any]:
        """Every call it answered with 202, read from its disk, running or not."""
        from workers.outbox import ledger

        return list(ledger.read(self.folder))

    def kill(self) -> None:
        """kill -9."""
        if self.process:
            self.process.kill()

    def close(self) -> None:
        if self.process:
            self.process.close()
            self.process = None
