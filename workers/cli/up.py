"""``mobilise up``: every process of one machine, watched, started again when it dies, stopped together."""

from __future__ import annotations

import contextlib
import http.client
import json
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

import click

from workers.cli.context import Context, pass_context
from workers.cli.up_log import kept_log
from workers.errors import ConfigError
from workers.outbox.certificate import CA, certificate
from workers.outbox.signing import signer
from workers.server import Valkey
from workers.settings import Settings, without_password
from workers.settings.rules import is_loopback
from workers.supervisor import Process, Supervisor

#: Seconds between two looks at whether all are healthy.
_LOOK_S = 0.1


@click.command()
@click.option(
    "--outbox", "with_outbox", is_flag=True, help="Send to the outbox, the stand-in for SendGrid: no mail leaves."
)
@click.option("--workers", "count", type=click.IntRange(1, 256), help="Worker processes (worker.processes).")
@click.option("--data", type=click.Path(path_type=Path, file_okay=False), help="Folder of Valkey, outbox, log (var).")
@click.option(
    "--json", "as_json", is_flag=True, help="Print one line with addresses and process ids once all are healthy."
)
@pass_context
def up(context: Context, *, with_outbox: bool, count: int | None, data: Path | None, as_json: bool) -> None:
    """Run Valkey (unless REDIS_URL is set), web, workers and clock on this machine.

    What they write goes to stderr and into the log folder (setting log.folder): `mobilise logs` reads it.
    """
    settings = context.settings
    folder = (data or settings.path("var")).absolute()
    with _valkey(context, folder / "valkey") as (base, redis_url), kept_log(context, folder if data else None) as log:
        own = _own(folder) if data else {}
        env = {**own, **context.environ, **log.environment, "REDIS_URL": redis_url}
        outbox = outbox_folder(context, data) if with_outbox else None
        plan = Plan(settings, env, outbox, count or settings.worker.processes)
        mail = settings.mail
        grace_s = mail.connect_timeout_s + mail.read_timeout_s + 5  # a call that has begun is waited for
        supervisor = Supervisor(list(plan.processes(log.line)), base=base, grace_s=grace_s)
        with log, _announced(plan, supervisor, as_json=as_json):
            supervisor.run()


class Plan:
    """What runs, with which environment, and where it can be reached."""

    def __init__(self, settings: Settings, env: Mapping[str, str], outbox: Path | None, workers: int) -> None:
        """``outbox`` is its folder; None: mail goes to where the settings say. ``env`` has REDIS_URL."""
        self.redis_url = env["REDIS_URL"]
        self.web_url = _local(settings.web.host, settings.web.port)
        self._console_url = f"{self.web_url}/console" if settings.secrets.get("MOBILISE_CONSOLE_PASSWORD") else ""
        scheme = "https" if settings.outbox.https else "http"
        self.outbox_url = _local(settings.outbox.host, settings.outbox.port, scheme) if outbox else ""
        self._options, self._outbox, self._workers = settings.outbox, outbox, workers
        wired = _wired(outbox, self.outbox_url) if outbox else {}
        self._env = {name: text for name, text in env.items() if name.removesuffix("_FILE") not in wired} | wired

    def processes(self, line: Callable[[], int | None] = lambda: None) -> Iterator[Process]:
        """The outbox first: the others may write to it as soon as they run. ``line`` takes what one of them writes."""
        if self._outbox:
            yield self._process("outbox", "outbox", *self._outbox_options(self._outbox), line=line)
        yield self._process("web", "web", line=line)
        for number in range(1, self._workers + 1):
            yield self._process(f"worker-{number}", "worker", line=line)
        yield self._process("clock", "clock", line=line)

    def healthy(self) -> bool:
        """Whether everything that listens is ready for work."""
        return _answers(self.web_url, "/readyz") and (not self.outbox_url or _answers(self.outbox_url, "/livez"))

    def places(self) -> dict[str, str]:
        """What runs → its address."""
        places = {"web": self.web_url, "console": self._console_url, "outbox": self.outbox_url}
        places["redis"] = without_password(self.redis_url)
        return {name: url for name, url in places.items() if url}

    def _outbox_options(self, folder: Path) -> Iterator[str]:
        options = self._options
        yield from ("--folder", str(folder), "--host", options.host, "--port", str(options.port))
        yield from ("--bounce", str(options.bounce), "--complaint", str(options.complaint))
        yield from ("--repeat-events", str(options.repeat_events))
        yield from ("--events-to", f"{self.web_url}/callbacks/sendgrid/events")
        if options.https:
            yield "--https"

    def _process(self, name: str, *arguments: str, line: Callable[[], int | None]) -> Process:
        # -P: the folder we happen to stand in is no place to import from.
        return Process(name, [sys.executable, "-P", "-m", "workers", *arguments], self._env, written_to=line())


def _own(folder: Path) -> dict[str, str]:
    """What the processes of a set-up in a folder of its own keep there, and read there."""
    return {"MOBILISE_WORKER__JOURNAL": str(folder / "journal"), "MOBILISE_LOG__FOLDER": str(folder / "log")}


@contextlib.contextmanager
def _valkey(context: Context, folder: Path) -> Iterator[tuple[Valkey | None, str]]:
    """The server and its URL: our own on the port of redis.url, or none of ours if REDIS_URL names one."""
    settings = context.settings
    if context.environ.get("REDIS_URL") or context.environ.get("REDIS_URL_FILE"):
        yield None, settings.redis.url
        return
    parts = urlsplit(settings.redis.url)
    if parts.scheme != "redis" or not is_loopback(parts.hostname or ""):
        mend = "set REDIS_URL to use that one, or name a port of 127.0.0.1"
        raise ConfigError("names a server that is not this machine's to start", where="redis.url", mend=mend)
    with Valkey(folder, port=parts.port or 6379) as server:
        yield server, settings.redis.url


def outbox_folder(context: Context, data: Path | None) -> Path:
    """What the environment names, else in ``data`` if that was given, else as the settings file says."""
    if data and "MOBILISE_OUTBOX__FOLDER" not in context.environ:
        return data.absolute() / "outbox"
    return context.settings.path(context.settings.outbox.folder)


def _wired(folder: Path, url: str) -> dict[str, str]:
    """What makes the others take the outbox for the provider; its key and certificate are made here if it has none."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    wired = {
        "SENDGRID_BASE_URL": url,
        "SENDGRID_API_KEY": "outbox",  # never the real one, should one be set
        "SENDGRID_WEBHOOK_PUBLIC_KEY": signer(folder).public_key,
    }
    if url.startswith("https:"):
        certificate(folder)
        wired["MOBILISE_MAIL__CA_FILE"] = str(folder / CA)
    return wired


@contextlib.contextmanager
def _announced(plan: Plan, supervisor: Supervisor, *, as_json: bool) -> Iterator[None]:
    """Tells where everything is as soon as all are healthy, while the supervisor runs."""
    over = threading.Event()

    def tell() -> None:
        while not over.is_set():
            if plan.healthy():
                click.echo(_report(plan, supervisor, as_json=as_json))
                return
            over.wait(_LOOK_S)

    thread = threading.Thread(target=tell, name="announce", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _report(plan: Plan, supervisor: Supervisor, *, as_json: bool) -> str:
    if as_json:
        return json.dumps({**plan.places(), "pids": supervisor.pids()})
    return "\n".join([*(f"{name:8}{url}" for name, url in plan.places().items()), "Ctrl-C stops everything."])


def _local(host: str, port: int, scheme: str = "http") -> str:
    """How this machine reaches what listens on ``host``."""
    reachable = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104
    return f"{scheme}://{reachable}:{port}"


def _answers(url: str, path: str) -> bool:
    """Whether GET ``path`` is 200; over HTTPS (our own certificate), whether anybody listens."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=2)
    with contextlib.closing(connection), contextlib.suppress(OSError, http.client.HTTPException):
        if parts.scheme == "https":
            connection.connect()
            return True
        connection.request("GET", path)
        return connection.getresponse().status == 200
    return False
