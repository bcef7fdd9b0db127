"""The sections of config/settings.toml: every knob with its type, range and default."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from workers.tomlfile import Keys

#: In what stands behind the ? of a URL.
_PASSWORD = re.compile(r"(\bpassword=|_password=)[^&]+")
_HTTP = r"\Ahttps?://[^\s/?#]+[^\s?#]*\Z"
_REDIS = r"\A(rediss?(\+sentinel)?|unix)://\S*\Z"
_QUEUE = r"\A(|amqps?://\S+|(rediss?(\+sentinel)?|unix)://\S*)\Z"

Port = Annotated[int, Meta(ge=1, le=65535)]
Host = Annotated[str, Meta(min_length=1, max_length=253)]
Folder = Annotated[str, Meta(min_length=1, max_length=1000)]
Url = Annotated[str, Meta(pattern=_HTTP, description="an http:// or https:// address")]
RedisUrl = Annotated[str, Meta(pattern=_REDIS, description="an address such as redis://127.0.0.1:6379/0")]
QueueUrl = Annotated[str, Meta(pattern=_QUEUE, description='"", or an address such as amqp://host:5672/vhost')]
Burst = Annotated[int, Meta(ge=0, le=1_000_000)]
Rate = Annotated[int, Meta(ge=1, le=1_000_000)]
Seconds = Annotated[float, Meta(ge=0.1, le=600)]


class Redis(Struct, frozen=True, kw_only=True):
    """Where the ledger is; the broker lives in the next database number."""

    url: RedisUrl = "redis://127.0.0.1:6379/0"
    require_durable: bool = True

    def __repr__(self) -> str:
        return f"Redis(url={without_password(self.url)!r}, require_durable={self.require_durable})"


class Queue(Struct, frozen=True, kw_only=True):
    """Where the queue is, if not beside the ledger."""

    url: QueueUrl = ""

    def __repr__(self) -> str:
        return f"Queue(url={without_password(self.url)!r})"


class Web(Struct, frozen=True, kw_only=True):
    """The HTTP server; ``max_body`` in bytes."""

    host: Host = "127.0.0.1"
    port: Port = 8000
    public_url: Url = "http://127.0.0.1:8000"
    max_body: Annotated[int, Meta(ge=1024, le=10_000_000)] = 65536
    client_ip_header: Annotated[str, Meta(pattern=r"\A[A-Za-z0-9-]{0,60}\Z", description="the name of a header")] = ""
    trusted_proxies: Annotated[str, Meta(max_length=2000)] = ""


class Limits(Struct, frozen=True, kw_only=True):
    """How often may be asked: ``burst`` at once, then so many in each period; a burst of 0 is no limit."""

    ip_burst: Burst = 30
    ip_per_hour: Rate = 120
    address_burst: Burst = 10
    address_per_day: Rate = 20
    campaign_burst: Burst = 1000
    campaign_per_minute: Rate = 1200
    lookup_burst: Burst = 60
    lookup_per_hour: Rate = 600
    form_burst: Burst = 30
    form_per_hour: Rate = 120
    login_burst: Burst = 10
    login_per_hour: Rate = 30
    key_burst: Burst = 0
    key_per_minute: Rate = 6000
    refuse_throwaway: bool = False


class Console(Struct, frozen=True, kw_only=True):
    """How long an operator stays logged in."""

    idle_minutes: Annotated[float, Meta(ge=0.01, le=1440)] = 30.0
    hours: Annotated[float, Meta(ge=0.01, le=168)] = 12.0


class Worker(Struct, frozen=True, kw_only=True):
    """The dramatiq processes of one machine."""

    processes: Annotated[int, Meta(ge=1, le=256)] = 2
    threads: Annotated[int, Meta(ge=1, le=1024)] = 16
    prefetch: Annotated[int, Meta(ge=1, le=10_000)] = 200
    heartbeat_s: Annotated[int, Meta(ge=1, le=3600)] = 15
    journal: Annotated[str, Meta(max_length=1000)] = "var/journal"


class Clock(Struct, frozen=True, kw_only=True):
    """What moves due letters into the queue, and how much at a time."""

    tick_ms: Annotated[int, Meta(ge=10, le=60_000)] = 200
    batch: Annotated[int, Meta(ge=1, le=1000)] = 16
    backlog: Annotated[int, Meta(ge=1, le=100_000)] = 200
    nudge_s: Annotated[int, Meta(ge=1, le=86_400)] = 120
    claim_s: Annotated[int, Meta(ge=1, le=86_400)] = 90


class Upkeep(Struct, frozen=True, kw_only=True):
    """What the clock looks at in the background: how much of the ledger, how often, and what counts as old."""

    actions: Annotated[int, Meta(ge=1, le=10_000)] = 200
    pass_s: Annotated[int, Meta(ge=1, le=86_400)] = 60
    drift_s: Annotated[int, Meta(ge=1, le=604_800)] = 3600
    unknown_s: Annotated[int, Meta(ge=1, le=604_800)] = 3600


class Mail(Struct, frozen=True, kw_only=True):
    """The provider: where it is and how long to wait for it."""

    base_url: Url = "https://api.sendgrid.com"
    connect_timeout_s: Seconds = 5.0
    read_timeout_s: Seconds = 30.0
    pool: Annotated[int, Meta(ge=1, le=1024)] = 64
    ca_file: str = ""
    allowed: Annotated[str, Meta(max_length=10_000)] = ""
    soft_bounces: Annotated[int, Meta(ge=1, le=100)] = 3
    soft_bounce_days: Annotated[float, Meta(ge=0.01, le=90)] = 7.0


class Confirmation(Struct, frozen=True, kw_only=True):
    """How long what a supporter has not confirmed is kept, and how often they are asked."""

    remind_after_h: Annotated[float, Meta(ge=0.001, le=720)] = 24.0
    gone_after_days: Annotated[float, Meta(ge=0.001, le=90)] = 7.0
    quiet_days: Annotated[float, Meta(ge=0.001, le=3650)] = 30.0


class Outbox(Struct, frozen=True, kw_only=True):
    """The stand-in for SendGrid; ``bounce`` and ``complaint`` are shares from 0 to 1."""

    host: Host = "127.0.0.1"
    port: Port = 8025
    https: bool = False
    folder: Folder = "var/outbox"
    bounce: Annotated[float, Meta(ge=0, le=1)] = 0.0
    complaint: Annotated[float, Meta(ge=0, le=1)] = 0.0
    repeat_events: Annotated[int, Meta(ge=0, le=1000)] = 0


class Log(Struct, frozen=True, kw_only=True):
    """What is logged, how it looks ("auto" is columns on a terminal, JSON elsewhere), and what ``up`` keeps of it."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["auto", "json", "console"] = "auto"
    folder: Annotated[str, Meta(max_length=1000)] = "var/log"
    file_mb: Annotated[float, Meta(ge=0.01, le=10_000)] = 20.0
    files: Annotated[int, Meta(ge=1, le=1000)] = 5


class Campaigns(Struct, frozen=True, kw_only=True):
    """Where the campaign files are."""

    folder: Folder = "config/campaigns"


class Mailings(Struct, frozen=True, kw_only=True):
    """Where the bulletins and calls are, seen from the folder of the campaigns."""

    bulletins: Folder = "../bulletins"
    calls: Folder = "../calls"


class Templates(Struct, frozen=True, kw_only=True):
    """Where the letter and page templates are."""

    folder: Folder = "templates"


class Sections(Struct, frozen=True, kw_only=True):
    """The whole file."""

    redis: Redis = Redis()
    queue: Queue = Queue()
    web: Web = Web()
    limits: Limits = Limits()
    console: Console = Console()
    worker: Worker = Worker()
    clock: Clock = Clock()
    upkeep: Upkeep = Upkeep()
    mail: Mail = Mail()
    confirmation: Confirmation = Confirmation()
    outbox: Outbox = Outbox()
    log: Log = Log()
    campaigns: Campaigns = Campaigns()
    mailings: Mailings = Mailings()
    templates: Templates = Templates()


#: The type of every setting.
KINDS: dict[Keys, Any] = {
    (section.name, field.name): field.type
    for section in msgspec.structs.fields(Sections)
    for field in msgspec.structs.fields(section.type)
}


def without_password(url: str) -> str:
    """``url`` as it may be shown."""
    scheme, _, rest = url.partition("://")
    login, at, place = rest.rpartition("@")
    shown = f"{scheme}://…@{place}" if at and login else url
    return _PASSWORD.sub(r"\1…", shown)
