"""The supervisor of one machine: starts processes, starts one that died again, and leaves none behind."""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import structlog

from workers.errors import UnavailableError
from workers.leash import Leash

log = structlog.get_logger()

#: Seconds before the first restart of a process, and at most; each death doubles them.
_FIRST_WAIT_S, _LONGEST_WAIT_S = 0.5, 30.0
#: Seconds after which a process counts as healthy again, and its next death as its first.
_HEALTHY_S = 60.0
#: A hang-up is the terminal window closing.
_STOPS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class Child(Protocol):
    """What can be watched: a process, or a Valkey."""

    @property
    def name(self) -> str: ...
    @property
    def pid(self) -> int: ...
    def start(self) -> object: ...
    def status(self) -> int | None:
        """The exit status (-9: killed by signal 9), None while it runs."""

    def ask(self) -> None:
        """Asks it to end; does not wait."""

    def kill(self) -> None:
        """Ends it and what it started; returns once they are gone."""


class Process:
    """One command, in a process group of its own; what it writes goes to our stderr: stdout is the supervisor's."""

    def __init__(
        self,
        name: str,
        argv: Sequence[str],
        env: Mapping[str, str],
        *,
        grace_s: float = 10.0,
        written_to: int | None = None,
    ) -> None:
        """``env`` is the whole environment; ``grace_s`` is for what outlives its leader or us.

        ``written_to`` is a descriptor that takes what it writes in place of our stderr.
        """
        self.name, self._argv, self._env, self._grace_s = name, list(argv), dict(env), grace_s
        self._written_to = written_to
        self._popen: subprocess.Popen[bytes] | None = None
        self._leash: Leash | None = None

    @property
    def pid(self) -> int:
        return self._popen.pid if self._popen else 0

    def start(self) -> None:
        if self._leash:
            self._leash.wait()  # what a dead leader left behind ends before its successor begins
        # A group of its own: a Ctrl-C in the terminal is for the supervisor, which passes it on once and in order.
        self._popen = subprocess.Popen(
            self._argv,
            env=self._env,
            stdin=subprocess.DEVNULL,
            stdout=sys.stderr if self._written_to is None else self._written_to,
            stderr=self._written_to,
            start_new_session=True,
        )
        self._leash = Leash(self._popen.pid, grace_s=self._grace_s)

    def status(self) -> int | None:
        if self._popen is None:
            return None
        status = self._popen.poll()
        if status is not None and self._leash:
            self._leash.let_go()
        return status

    def ask(self) -> None:
        if self._popen:
            self._popen.terminate()

    def kill(self) -> None:
        if self._popen and self._leash:
            with contextlib.suppress(ProcessLookupError, PermissionError):  # gone, or (macOS) a zombie
                os.killpg(self._popen.pid, signal.SIGKILL)
            self._popen.wait()
            self._leash.wait()


@dataclass(slots=True)
class _Watch:
    """A child and its record; ``due`` is when it starts again, 0 while it runs (both by the monotonic clock)."""

    child: Child
    due: float = 0.0
    started: float = 0.0
    wait_s: float = field(default=_FIRST_WAIT_S)

    def died(self) -> float:
        """Notes the death; seconds until the next start."""
        now = time.monotonic()
        if now - self.started > _HEALTHY_S:
            self.wait_s = _FIRST_WAIT_S
        wait_s = self.wait_s
        self.due, self.wait_s = now + wait_s, min(self.wait_s * 2, _LONGEST_WAIT_S)
        return wait_s


class Supervisor:
    """Watches ``children``, and ``base``, which they stand on: the caller starts it before and stops it after them."""

    def __init__(self, children: Sequence[Child], *, base: Child | None = None, grace_s: float = 30.0) -> None:
        self._children = [_Watch(child) for child in children]
        self._watched = ([_Watch(base, started=time.monotonic())] if base else []) + self._children
        self._grace_s = grace_s
        self._stops = 0

    def pids(self) -> dict[str, int]:
        """Name → process id, of all that are watched."""
        return {watch.child.name: watch.child.pid for watch in self._watched}

    def run(self) -> None:
        """Returns after SIGTERM, SIGINT or SIGHUP, when all children have ended. A second one ends them at once."""
        with self._signals() as wake:
            try:
                for watch in self._children:
                    self._start(watch, "process.started")
                while not self._stops:
                    self._look()
                    self._sleep(wake, min((watch.due for watch in self._watched if watch.due), default=0.0))
            finally:
                self._stop(wake)

    def _look(self) -> None:
        for watch in self._watched:
            status = watch.child.status()
            if not watch.due and status is not None:
                wait_s = watch.died()
                log.error("process.died", process=watch.child.name, pid=watch.child.pid, status=status, wait_s=wait_s)
            elif watch.due and watch.due <= time.monotonic():
                self._start(watch, "process.restarted")

    def _start(self, watch: _Watch, event: str) -> None:
        try:
            watch.child.start()
        except (OSError, UnavailableError) as error:
            log.error("process.not_started", process=watch.child.name, reason=str(error), wait_s=watch.died())
            return
        watch.due, watch.started = 0.0, time.monotonic()
        log.info(event, process=watch.child.name, pid=watch.child.pid)

    def _stop(self, wake: socket.socket) -> None:
        running = [watch.child for watch in self._children if watch.child.pid and watch.child.status() is None]
        for child in running:
            child.ask()
        deadline = time.monotonic() + self._grace_s
        while self._stops < 2 and time.monotonic() < deadline and any(child.status() is None for child in running):
            self._sleep(wake, deadline)
        for child in running:
            asked = child.status() is not None
            child.kill()
            log.info("process.stopped", process=child.name, pid=child.pid, status=child.status(), asked=asked)

    def _sleep(self, wake: socket.socket, until: float) -> None:
        """Until a signal comes (a child's death is one), or until ``until`` (0: for ever)."""
        with selectors.DefaultSelector() as selector:
            selector.register(wake, selectors.EVENT_READ)
            if selector.select(max(0.0, until - time.monotonic()) if until else None):
                wake.recv(4096)

    @contextlib.contextmanager
    def _signals(self) -> Iterator[socket.socket]:
        """A socket that gets a byte at each signal, so that the loop sleeps until there is something to do."""
        wake, written = socket.socketpair()
        with wake, written:
            wake.setblocking(False)  # noqa: FBT003 - that is its signature
            written.setblocking(False)  # noqa: FBT003
            former = {number: signal.signal(number, self._on_signal) for number in (*_STOPS, signal.SIGCHLD)}
            wakeup = signal.set_wakeup_fd(written.fileno())
            try:
                yield wake
            finally:
                signal.set_wakeup_fd(wakeup)
                for number, handler in former.items():
                    signal.signal(number, handler)

    def _on_signal(self, number: int, _frame: object) -> None:
        self._stops += number in _STOPS
