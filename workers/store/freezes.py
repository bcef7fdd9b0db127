"""Whether all work stands still, and which workers have come to rest."""

from __future__ import annotations

from workers.store import keys
from workers.store.scripts import Client, reachable

#: Seconds after which what a worker said of itself is forgotten: it says it every second.
_KEPT_S = 60


class Freezes:
    """A freeze is a pause of the scope "work": whoever works looks at it every second."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def is_on(self) -> bool:
        """Whether nothing is to be worked now."""
        with reachable():
            return bool(self._client.hexists(keys.PAUSED, keys.WORK_SCOPE))

    def rest(self, process: str, at_hand: int) -> None:
        """A worker says that it takes up nothing more, and how many messages it still has at hand."""
        with reachable():
            pipeline = self._client.pipeline(transaction=True)
            pipeline.hset(keys.RESTING, process, str(at_hand))
            pipeline.expire(keys.RESTING, _KEPT_S)
            pipeline.execute()

    def resting(self) -> dict[str, int]:
        """Worker → messages that it still has at hand."""
        with reachable():
            return {name.decode(): int(n) for name, n in self._client.hgetall(keys.RESTING).items()}

    def forget(self) -> None:
        """What workers said of an earlier freeze."""
        with reachable():
            self._client.delete(keys.RESTING)
