"""The outbox as a process of its own, and its ledger on disk: the judge of what really left."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Self

from tests.support.ports import free_port
from tests.support.processes import Running, environment, mobilise

if TYPE_CHECKING:
    from workers.outbox.ledger import Mail


class Outbox:
    """``with Outbox(folder, "--bounce", "0.1") as outbox``; ``outbox.url`` is what SENDGRID_BASE_URL should be."""

    def __init__(self, folder: Path, *options: str, https: bool = False) -> None:
        """``options`` are those of ``mobilise outbox``; mail, keys and certificates are in ``self.folder``."""
        self.folder = folder / "outbox"
        port = free_port()
        self.url = f"{'https' if https else 'http'}://127.0.0.1:{port}"
        self._logs = folder / "outbox-logs"
        self._options = ["--folder", str(self.folder), "--port", str(port), *(["--https"] if https else []), *options]
        self.process: Running | None = None

    def start(self) -> Self:
        """Returns once it listens; again after ``kill``, on the same port and folder."""
        self.close()
        (self.folder / "url.txt").unlink(missing_ok=True)  # a killed one left it behind
        self.process = mobilise("outbox", *self._options, folder=self._logs, env=environment())
        self.process.wait_until((self.folder / "url.txt").exists, "url.txt of the outbox")
        return self

    def accepted(self) -> list[Mail]:
        """Every mail it answered with 202, oldest first: read from its disk, running or not."""
        from workers.outbox import ledger

        return list(ledger.read(self.folder))

    def deliveries(self) -> list[str]:
        """The delivery ids of all accepted mails: one twice is a letter posted twice."""
        return [mail.delivery for mail in self.accepted()]

    @property
    def public_key(self) -> str:
        """What SENDGRID_WEBHOOK_PUBLIC_KEY should be."""
        return (self.folder / "event-public-key.txt").read_text().strip()

    @property
    def ca_file(self) -> Path:
        """The authority that MOBILISE_MAIL__CA_FILE should name."""
        return self.folder / "ca.pem"

    def kill(self) -> None:
        """As a crash would."""
        if self.process:
            self.process.kill()

    def close(self) -> None:
        if self.process:
            self.process.close()
            self.process = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *exception: object) -> None:
        self.close()
