"""The environment of the demo's processes: free ports, keys made for this run, and waits short enough to watch."""

from __future__ import annotations

import base64
import os
import random
import secrets
import socket
from collections.abc import Mapping
from dataclasses import dataclass

from workers.demo.options import ROOT, Options

#: Below the ports that systems give to outgoing connections, so that none of those takes one before we do.
_PORTS = range(20_000, 32_000)
#: Seconds. A demo's provider is near, and nobody wants to watch a killed worker's claim run out for long.
_WAITS = {
    "MOBILISE_MAIL__CONNECT_TIMEOUT_S": "2",
    "MOBILISE_MAIL__READ_TIMEOUT_S": "5",
    "MOBILISE_CLOCK__CLAIM_S": "15",
    "MOBILISE_CLOCK__NUDGE_S": "5",
    "MOBILISE_WORKER__HEARTBEAT_S": "5",
}


#: Opens the demo's console, which only this machine reaches.
PASSWORD = "demo"  # noqa: S105 -- shown on the screen


@dataclass(frozen=True, slots=True)
class Wiring:
    """What the processes get, and the keys that their callers need."""

    environment: dict[str, str]
    web_url: str
    api_key: str
    webhook_secret: str


def wire(options: Options, environ: Mapping[str, str] = os.environ) -> Wiring:
    """Nothing of ``environ`` reaches the processes that could lead mail or letters elsewhere, but for REDIS_URL."""
    redis_port, web_port, outbox_port = free_ports(3)
    web_url, api_key = f"http://127.0.0.1:{web_port}", secrets.token_urlsafe(24)
    webhook_secret = "whsec_" + base64.b64encode(secrets.token_bytes(24)).decode()
    own = {
        "MOBILISE_HOME": str(ROOT),
        "MOBILISE_ENVIRONMENT": "development",
        "MOBILISE_SECRET": secrets.token_urlsafe(32),
        "MOBILISE_API_KEYS": f"demo:{api_key}",
        "SIGNATURE_WEBHOOK_SECRET": webhook_secret,
        "MOBILISE_CONSOLE_PASSWORD": PASSWORD,
        "MOBILISE_CAMPAIGNS__FOLDER": options.campaigns_folder,
        "MOBILISE_REDIS__URL": f"redis://127.0.0.1:{redis_port}/0",
        "MOBILISE_WEB__PORT": str(web_port),
        "MOBILISE_WEB__PUBLIC_URL": web_url,
        "MOBILISE_OUTBOX__PORT": str(outbox_port),
        "MOBILISE_OUTBOX__HTTPS": str(options.https).lower(),
        "MOBILISE_OUTBOX__BOUNCE": str(options.bounce),
        "MOBILISE_OUTBOX__COMPLAINT": str(options.complaint),
        "MOBILISE_OUTBOX__REPEAT_EVENTS": str(options.repeat_events),
        "MOBILISE_LOG__FORMAT": "json",
    }
    foreign = ("MOBILISE_", "SENDGRID_", "SIGNATURE_WEBHOOK_")
    kept = {name: text for name, text in environ.items() if not name.startswith(foreign)}
    return Wiring({**kept, **_WAITS, **own}, web_url, api_key, webhook_secret)


def free_ports(number: int) -> list[int]:
    """So many different ports on which nothing listens now."""
    found: list[int] = []
    for port in random.sample(_PORTS, len(_PORTS)):
        if len(found) == number:
            break
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        found.append(port)
    return found
