"""What an outbox can be told when it starts."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from pathlib import Path

from workers.errors import ConfigError
from workers.outbox.misbehaviour import Rule


@dataclass(frozen=True, slots=True)
class Chances:
    """How often a mail meets with each fate: shares from 0 to 1."""

    delivered: float = 1.0
    bounce: float = 0.0
    block: float = 0.0
    drop: float = 0.0
    defer: float = 0.0
    complaint: float = 0.0
    open: float = 0.0
    click: float = 0.0

    def __post_init__(self) -> None:
        for name in self.__slots__:
            if not 0 <= getattr(self, name) <= 1:
                raise ConfigError("must be a share from 0 to 1", where=f"--{name}", mend="0.03 means 3 in 100")


@dataclass(frozen=True, slots=True)
class OutboxOptions:
    """Everything the outbox needs; ``port`` 0 takes a free one and ``FOLDER/url.txt`` says which."""

    folder: Path = Path("var/outbox")
    host: str = "127.0.0.1"
    port: int = 8025
    https: bool = False
    api_key: str = ""  # "" accepts any
    events_to: str = ""
    chances: Chances = field(default_factory=Chances)
    seed: int = 0
    repeat_events: int = 0
    shuffle_events: bool = False
    event_delay_ms: int = 0
    event_every_s: float = 1.0
    rules: tuple[Rule, ...] = ()
    hosts: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.events_to and not self.events_to.startswith(("http://", "https://")):
            raise ConfigError("must start with http:// or https://", where="--events-to")
        if self.event_every_s <= 0:
            raise ConfigError("must be above 0 seconds", where="--event-every")

    def serves(self, host: str) -> bool:
        """Whether a page may be asked for under ``host``: a foreign name that points here is somebody's trick."""
        name = host.rsplit(":", 1)[0] if not host.endswith("]") else host
        return "." not in name or name in self.hosts or _is_address(name)


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True
