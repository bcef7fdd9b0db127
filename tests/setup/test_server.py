"""The server of our own keeps what it said it keeps, and goes when we go."""

from __future__ import annotations

import subprocess
import sys

import pytest
import redis

from tests.support.ports import free_port
from tests.support.processes import group_is_gone
from tests.support.wait import wait_until
from workers.errors import UnavailableError
from workers.server import Valkey


def test_what_was_answered_is_there_after_kill_9(tmp_path):
    """Law 1: a 2xx means that it is on disk, and a 2xx is given on this server's word."""
    with Valkey(tmp_path) as server:
        url = server.url
        with redis.Redis.from_url(url) as client:
            for number in range(200):
                client.set(f"n:{number}", number)
            server.kill()
        server.start()
        assert server.url == url
        with redis.Redis.from_url(url) as client:
            assert client.dbsize() == 200


def test_it_is_what_the_ledger_asks_for(tmp_path):
    """Law 12: append-only, synced at each write, nothing evicted; and nobody else can reach it."""
    wanted = {"appendonly": "yes", "appendfsync": "always", "maxmemory-policy": "noeviction", "bind": "127.0.0.1"}
    with Valkey(tmp_path) as server, redis.Redis.from_url(server.url, decode_responses=True) as client:
        assert client.config_get(*wanted) == wanted


def test_two_servers_never_write_one_folder(tmp_path, monkeypatch):
    """Two writers of one append-only file would lose both."""
    monkeypatch.setattr("workers.server._STOP_S", 0.1)
    with Valkey(tmp_path), pytest.raises(UnavailableError, match="another Valkey"):
        Valkey(tmp_path).start()


def test_a_taken_port_is_said_and_nothing_is_left_running(tmp_path):
    """The reason is in the log that the message names."""
    with Valkey(tmp_path / "first") as first:
        second = Valkey(tmp_path / "second", port=first.port)
        with pytest.raises(UnavailableError, match=r"second.valkey\.log"):
            second.start()
        assert not second.alive()
        assert "in use" in (tmp_path / "second" / "valkey.log").read_text()


def test_a_restart_keeps_port_and_contents(tmp_path):
    """Clients hold on to the URL they were given."""
    with Valkey(tmp_path, port=free_port()) as server:
        with redis.Redis.from_url(server.url) as client:
            client.set("kept", 1)
        before = (server.url, server.pid)
        server.restart()
        with redis.Redis.from_url(server.url) as client:
            assert client.get("kept") == b"1"
        assert (server.url, server.pid != before[1]) == (before[0], True)


@pytest.mark.faults
def test_it_ends_when_its_parent_is_killed(tmp_path):
    """valkey-server outlives a killed parent by itself, and would keep port and folder."""
    program = "import sys, time, pathlib; from workers.server import Valkey\n"
    program += "print(Valkey(pathlib.Path(sys.argv[1])).start().pid, flush=True); time.sleep(600)"
    with subprocess.Popen([sys.executable, "-c", program, str(tmp_path)], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        server = int(parent.stdout.readline())
        assert not group_is_gone(server)
        parent.kill()
        wait_until(lambda: group_is_gone(server), message="the server to end")
