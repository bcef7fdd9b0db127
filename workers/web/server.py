"""The web process: one event loop on one socket, which ends politely when asked."""

from __future__ import annotations

import contextlib
import gc
import resource
import signal
import socket

import structlog
import uvicorn
from starlette.applications import Starlette

from workers.app import App
from workers.errors import UnavailableError
from workers.pacing import publish_if_reachable
from workers.pulse import beating
from workers.web.site import site
from workers.web.wire import Protocol

log = structlog.get_logger()

#: Seconds that requests in progress get when the process is asked to end.
GRACE_S = 10
#: Seconds an idle connection is kept: a little longer than most proxies keep theirs.
_KEEP_ALIVE_S = 75
_BACKLOG = 2048
#: Open files of this process: watchers, requests and the ledger's connections.
_FILES = 16_384
#: Objects made and not yet gone after which the youngest are looked through; Python's own is 700.
_GARBAGE = 20_000


class _Server(uvicorn.Server):
    """uvicorn's server, with its beginning and end in the log; streams end before it waits for them."""

    def __init__(self, config: uvicorn.Config, application: Starlette) -> None:
        super().__init__(config)
        self._application = application

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        for one in sockets or []:
            host, port = one.getsockname()[:2]
            log.info("web.started", host=host, port=port)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        log.info("web.stopping")
        self._application.state.stop()
        await super().shutdown(sockets)
        await self._application.state.finish()


def run(app: App, host: str, port: int) -> None:
    """Serves until SIGTERM or SIGINT; UnsafeError or UnavailableError if it may or can not begin."""
    _require_safe(app)
    publish_if_reachable(app.store, app.campaigns)
    app.campaigns.watch()
    with beating(app.store, "web"):
        serve(site(app), host, port)


def serve(application: Starlette, host: str, port: int) -> None:
    """The server around an application that ``site`` made."""
    _allow_connections()
    _collect_less()
    config = uvicorn.Config(
        application,
        loop="uvloop",
        http=Protocol,
        ws="none",
        lifespan="off",
        log_config=None,
        log_level="warning",
        access_log=False,  # paths hold postcodes
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=_KEEP_ALIVE_S,
        timeout_graceful_shutdown=GRACE_S,
    )
    # uvicorn raises the signal that ended it once more: by then it has been obeyed.
    signal.signal(signal.SIGTERM, lambda *_: None)
    with _listening(host, port) as one, contextlib.suppress(KeyboardInterrupt):
        _Server(config, application).run(sockets=[one])


def _require_safe(app: App) -> None:
    try:
        app.require_safe()
    except UnavailableError as error:
        log.error("ledger.away", reason=str(error))  # it may come: until then every answer is 503


def _allow_connections() -> None:
    """Every watcher is an open file, and many systems allow a process a thousand unless it asks for more."""
    allowed, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _FILES if most == resource.RLIM_INFINITY else min(_FILES, most)
    if allowed != resource.RLIM_INFINITY and allowed < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))


def _collect_less() -> None:
    """Requests leave few cycles behind: looking for them after every few hundred objects is a sixth of the work."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_GARBAGE, 20, 50)


def _listening(host: str, port: int) -> socket.socket:
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family, backlog=_BACKLOG)
    except OSError as error:
        reason = (error.strerror or "no such address").lower()
        raise UnavailableError(f"cannot listen on {host} port {port}: {reason} (choose another with --port)") from None
