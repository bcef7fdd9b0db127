"""The project's own processes, started as an operator would, with their log lines at hand."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Self

from tests.support.wait import wait_until
from workers.leash import Leash

ROOT = Path(__file__).resolve().parents[2]
#: Settings that every started process gets; a test's own come on top.
_ENVIRONMENT = {
    "MOBILISE_ENVIRONMENT": "development",
    "MOBILISE_SECRET": "a secret that only tests use",
    "MOBILISE_LOG__FORMAT": "json",
    "PYTHONUNBUFFERED": "1",
}


def environment(**own: str) -> dict[str, str]:
    """The variables of a process under test: nothing of ours leaks in but the way to programs and home."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    return {**kept, **_ENVIRONMENT, **own}


class Running:
    """A process that was started; it ends with the test, whatever happens to the test."""

    def __init__(self, argv: list[str], folder: Path, env: Mapping[str, str], *, cwd: Path = ROOT) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.argv, self.folder = argv, folder
        self._out, self._err = folder / "stdout", folder / "stderr"
        with self._out.open("wb") as out, self._err.open("wb") as err:
            self.popen = subprocess.Popen(
                argv, cwd=cwd, env=dict(env), stdin=subprocess.DEVNULL, stdout=out, stderr=err, start_new_session=True
            )
        self._leash = Leash(self.popen.pid, grace_s=5)

    @property
    def pid(self) -> int:
        return self.popen.pid

    @property
    def stdout(self) -> str:
        return self._out.read_text(errors="replace")

    @property
    def stderr(self) -> str:
        return self._err.read_text(errors="replace")

    @property
    def text(self) -> str:
        """All that it wrote, for a person who reads a failure."""
        return f"{self.argv} wrote:\n{self.stdout}{self.stderr}"

    def lines(self) -> list[dict[str, Any]]:
        """Its JSON log lines so far, from either stream; other lines are left out."""
        return [line for text in (self.stdout, self.stderr) for line in map(_parsed, text.splitlines()) if line]

    def events(self, name: str) -> list[dict[str, Any]]:
        """Its log lines whose event is ``name``."""
        return [line for line in self.lines() if line.get("event") == name]

    def alive(self) -> bool:
        return self.popen.poll() is None

    def wait_for(self, event: str, timeout_s: float = 20.0) -> dict[str, Any]:
        """The first log line whose event is ``event``."""
        return wait_until(lambda: self.events(event), timeout_s, lambda: f"{event} in what {self.text}")[0]

    def wait_until(self, predicate: Callable[[], object], what: str, timeout_s: float = 30.0) -> None:
        """Returns once ``predicate`` is true; AssertionError with what it wrote if it dies first or takes too long."""

        def true() -> object:
            assert self.alive(), f"ended with {self.popen.returncode} before {what}: {self.text}"
            return predicate()

        wait_until(true, timeout_s, lambda: f"{what}; {self.text}", every_s=0.05)

    def wait_healthy(self, url: str, timeout_s: float = 30.0) -> None:
        """Returns once ``url`` answers 200; AssertionError with what it wrote if it dies or never does."""
        self.wait_until(lambda: status(url) == 200, f"{url} is healthy", timeout_s)

    def stop(self, how: int = signal.SIGTERM, timeout_s: float = 20.0) -> int:
        """Signals it and waits for it; its exit status."""
        if self.alive():
            self.popen.send_signal(how)
        try:
            return self.popen.wait(timeout_s)
        finally:
            self.close()

    def kill(self) -> None:
        """kill -9 for the process itself; what it started is left to look after itself."""
        self.popen.kill()
        self.popen.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends it and all that it started, however it is doing."""
        self._leash.let_go()
        self.popen.wait()
        self._leash.wait()


def mobilise(*arguments: str, folder: Path, env: Mapping[str, str]) -> Running:
    """``mobilise ARGUMENTS`` as a process; ``env`` is complete (see ``environment``).

    Its journal is in ``folder`` unless ``env`` says otherwise: tests empty their ledgers.
    """
    own = {"MOBILISE_WORKER__JOURNAL": str(folder / "journal")}
    return Running([sys.executable, "-P", "-m", "workers", *arguments], folder, {**own, **env})


def status(url: str) -> int:
    """The HTTP status of GET ``url``; 0 if nothing answers."""
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code
    except OSError:
        return 0


def group_is_gone(pid: int) -> bool:
    """True if neither process ``pid`` nor any of the group it leads is left (a zombie counts as gone)."""
    try:
        os.killpg(pid, 0)
    except ProcessLookupError:
        return True
    return not any(_living(process) for process in Path("/proc").glob("[0-9]*/stat") if _group(process) == pid)


def _fields(stat: Path) -> list[str]:
    try:
        return stat.read_text().rpartition(")")[2].split()
    except OSError:
        return ["Z", "0", "0"]


def _living(stat: Path) -> bool:
    return _fields(stat)[0] not in "ZX"


def _group(stat: Path) -> int:
    return int(_fields(stat)[2])


def _parsed(text: str) -> dict[str, Any]:
    try:
        line = json.loads(text)
    except ValueError:
        return {}
    return line if isinstance(line, dict) else {}
