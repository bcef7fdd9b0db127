"""A leash: it ends a process and all that it started as soon as this process lets go or is gone, even by kill -9."""

from __future__ import annotations

import subprocess

#: Waits until its input closes, then ends process group $1: asks first, insists after $2 tenths of a second.
_SCRIPT = """
read -r _
kill -s TERM -- "-$1" 2>/dev/null || exit 0
tenths=0
while [ "$tenths" -lt "$2" ]; do
    kill -s 0 -- "-$1" 2>/dev/null || exit 0
    sleep 0.1
    tenths=$((tenths + 1))
done
kill -s KILL -- "-$1" 2>/dev/null
"""


class Leash:
    """Holds the process group ``group`` (its leader was started with ``start_new_session=True``)."""

    def __init__(self, group: int, *, grace_s: float = 10.0) -> None:
        # The input is a pipe that only we hold open (descriptors are not inherited): it closes however we end.
        self._shell = subprocess.Popen(
            ["/bin/sh", "-c", _SCRIPT, "leash", str(group), str(int(grace_s * 10))],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def let_go(self) -> None:
        """Ends the group: SIGTERM now, SIGKILL after the grace; does not wait. Again is harmless."""
        if self._shell.stdin and not self._shell.stdin.closed:
            self._shell.stdin.close()

    def done(self) -> bool:
        """True once it was let go of and nothing of the group is left."""
        return self._shell.poll() is not None

    def wait(self) -> None:
        """Lets go, and returns once nothing of the group is left."""
        self.let_go()
        self._shell.wait()
