"""Runs an outbox until it is told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import structlog
import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

from workers.errors import ConfigError, MobiliseError
from workers.outbox import api, pages
from workers.outbox.box import Box
from workers.outbox.certificate import CA, certificate
from workers.outbox.exchange import TransportProtocol
from workers.outbox.options import OutboxOptions
from workers.outbox.signing import PUBLIC_KEY

#: Where the outbox can be reached, left in its folder while it runs.
URL = "url.txt"
#: Seconds a connection may idle: longer than any client's pool keeps it, so that none is closed under a call.
KEEP_ALIVE = 300

log = structlog.get_logger()


class Outbox:
    """The busy path first, everything else by Starlette."""

    def __init__(self, box: Box) -> None:
        self._send = box.send_mail
        failures = {HTTPException: pages.failed, MobiliseError: pages.failed}
        self._rest: ASGIApp = Starlette(routes=[*api.routes(box), *pages.routes(box)], exception_handlers=failures)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] == "/v3/mail/send":
            await self._send(scope, receive, send)
        else:
            await self._rest(scope, receive, send)


class _Server(uvicorn.Server):
    """uvicorn, but a SIGTERM is a reason to end well, not to die of the same signal afterwards."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Ends the serving; the process then goes on to its own end."""
        loop = asyncio.get_running_loop()
        for one in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(one, self._stop)
        yield

    def _stop(self) -> None:
        self.force_exit = self.should_exit
        self.should_exit = True


def run(options: OutboxOptions) -> None:
    """Serves until SIGTERM or SIGINT; ConfigError or UnsafeError if it cannot start."""
    listener = _listen(options)
    with asyncio.Runner(loop_factory=_loop()) as runner:
        runner.run(_serve(options, listener))


async def _serve(options: OutboxOptions, listener: socket.socket) -> None:
    box = Box(options)
    (options.folder / URL).unlink(missing_ok=True)  # one that was killed left it behind
    url = _url(options, listener)
    server = _Server(_config(Outbox(box), options))
    events = asyncio.create_task(box.callbacks.run())
    announcing = asyncio.create_task(_announce(server, box, url))
    try:
        await server.serve(sockets=[listener])
    finally:
        (options.folder / URL).unlink(missing_ok=True)
        for task in (events, announcing):
            task.cancel()
        await asyncio.gather(events, announcing, return_exceptions=True)
        await box.close()
        log.info("outbox.stopped", **box.summary())


async def _announce(server: uvicorn.Server, box: Box, url: str) -> None:
    while not server.started:  # noqa: ASYNC110 -- uvicorn offers no event to wait for
        await asyncio.sleep(0.005)
    folder = box.options.folder
    draft = folder / f"{URL}.new"
    draft.write_text(url + "\n")
    draft.replace(folder / URL)
    where = {"url": url, "folder": str(folder), "public_key_file": str(folder / PUBLIC_KEY)}
    if box.options.https:
        where["ca_file"] = str(folder / CA)
    log.info("outbox.started", **where, calls=box.ledger.calls, mails=box.ledger.mails)


def _config(app: Outbox, options: OutboxOptions) -> uvicorn.Config:
    chain, key = certificate(options.folder) if options.https else (None, None)
    return uvicorn.Config(
        app,
        http=TransportProtocol,
        ws="none",
        lifespan="off",
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=KEEP_ALIVE,
        timeout_graceful_shutdown=3,
        ssl_certfile=chain,
        ssl_keyfile=key,
    )


def _listen(options: OutboxOptions) -> socket.socket:
    try:
        family = socket.AF_INET6 if ":" in options.host else socket.AF_INET
        return socket.create_server((options.host, options.port), family=family, backlog=2048)
    except OSError as error:
        where = f"{options.host}:{options.port}"
        raise ConfigError(f"cannot listen: {error.strerror}", where=where, mend="give another --port") from None


def _url(options: OutboxOptions, listener: socket.socket) -> str:
    host = f"[{options.host}]" if ":" in options.host else options.host
    return f"{'https' if options.https else 'http'}://{host}:{listener.getsockname()[1]}"


def _loop() -> type[asyncio.AbstractEventLoop] | None:
    try:
        import uvloop  # noqa: PLC0415  not there on Windows
    except ImportError:
        return None
    return uvloop.Loop


def url_of(folder: Path) -> str:
    """Where the outbox over ``folder`` can be reached; "" until it listens."""
    try:
        return (folder / URL).read_text().strip()
    except FileNotFoundError:
        return ""
