"""``mobilise up`` in a folder of its own, the commands that are run beside it, and their end."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

from workers.demo.options import Options
from workers.demo.wiring import Wiring, wire
from workers.errors import MobiliseError, UnavailableError
from workers.leash import Leash

#: Seconds until everything is healthy, on a slow machine.
_READY_S = 90.0
#: Processes that died and were started again, after which starting them once more is no use.
_DEATHS = 8
#: Seconds that ``up`` may take to end: a call that has begun is waited for.
_GRACE_S = 30.0
#: The exit status of an import that left rows out.
_ROWS_REFUSED = 3


class Machine:
    """``with Machine(options) as machine``: Valkey, outbox, web, workers and clock run; afterwards nothing is left."""

    def __init__(self, options: Options) -> None:
        self.wiring: Wiring = wire(options)
        self.folder = Path(tempfile.mkdtemp(prefix="mobilise-demo-"))
        self.places: dict[str, Any] = {}
        self._workers, self.failed = options.workers, True
        self._up: subprocess.Popen[str] | None = None
        self._leash: Leash | None = None

    @property
    def log(self) -> Path:
        """What the processes wrote."""
        return self.folder / "processes.log"

    @property
    def outbox(self) -> Path:
        """The outbox's folder."""
        return self.folder / "outbox"

    def alive(self) -> bool:
        """Whether the supervisor still runs."""
        return self._up is not None and self._up.poll() is None

    def start(self) -> None:
        """Returns once all are healthy; UnavailableError with what they said last if they never are."""
        arguments = ["up", "--outbox", "--workers", str(self._workers), "--data", str(self.folder), "--json"]
        said = self.folder / "up.json"
        with self.log.open("ab") as log, said.open("wb") as out:
            self._up = subprocess.Popen(  # its own group: a Ctrl-C is ours to pass on
                _command(arguments), env=self.wiring.environment, stdin=subprocess.DEVNULL, stdout=out, stderr=log,
                text=True, start_new_session=True,
            )  # fmt: skip
        self._leash = Leash(self._up.pid, grace_s=_GRACE_S)
        deadline = time.monotonic() + _READY_S
        while not said.read_text().endswith("\n"):
            if not self.alive() or self._deaths() > _DEATHS or time.monotonic() > deadline:
                raise UnavailableError(f"the processes did not start: {self._last_words()}")
            time.sleep(0.05)
        self.places = json.loads(said.read_text())

    def kill_worker(self) -> None:
        """One dies at once, as when the machine has no memory left; the supervisor starts another."""
        os.kill(self.places["pids"]["worker-1"], signal.SIGKILL)

    def wait(self) -> None:
        """Returns only if the supervisor ends."""
        if self._up:
            self._up.wait()

    def mobilise(self, *arguments: str, also: Sequence[int] = ()) -> Any:
        """What ``mobilise ARGUMENTS --json`` prints; its own words as an error unless it ends with 0 or ``also``."""
        done = subprocess.run(
            _command([*arguments, "--json"]), env=self._command_environment(), stdin=subprocess.DEVNULL,
            capture_output=True, text=True, check=False, start_new_session=True,
        )  # fmt: skip
        if done.returncode in {0, *also}:
            return json.loads(done.stdout)
        words = done.stderr.strip().splitlines() or [f"ended with {done.returncode}"]
        raise MobiliseError(f"mobilise {' '.join(arguments[:2])}: {words[-1].removeprefix('error: ')}")

    def take(self, *arguments: str) -> dict[str, Any]:
        """What an import reports; rows that it refused stop nothing."""
        report: dict[str, Any] = self.mobilise(*arguments, also=[_ROWS_REFUSED])
        return report

    def close(self) -> None:
        """Ends everything and removes the folder; after a failure the log stays."""
        if self._leash and self._up:
            self._leash.let_go()
            self._up.wait()  # before the leash: one that has ended and was not waited for counts as living
            self._leash.wait()
        for path in self.folder.iterdir():
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            elif not self.failed or path != self.log:
                path.unlink(missing_ok=True)
        if not self.failed or not self.log.exists():
            shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def _command_environment(self) -> dict[str, str]:
        return {**self.wiring.environment, "MOBILISE_LOG__LEVEL": "error"}

    def _deaths(self) -> int:
        return self.log.read_text(errors="replace").count('"event":"process.died"')

    def _last_words(self) -> str:
        lines = self.log.read_text(errors="replace").strip().splitlines()
        words = [line for line in lines if line and not line.startswith(("{", " "))]
        return words[-1].removeprefix("error: ") if words else "they said nothing"


def _command(arguments: Sequence[str]) -> list[str]:
    return [sys.executable, "-P", "-m", "workers", *arguments]
