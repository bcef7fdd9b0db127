"""``mobilise up``: the whole project on one machine, from one command."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import pytest
import redis

from tests.support.ports import free_port
from tests.support.processes import Running, environment, group_is_gone, mobilise, status
from tests.support.wait import wait_until
from workers.cli.context import Context
from workers.cli.up import outbox_folder


@pytest.fixture
def ports() -> dict[str, int]:
    return {name: free_port() for name in ("redis", "web", "outbox")}


@pytest.fixture
def up(tmp_path: Path, ports):
    """Starts ``mobilise up --outbox``, and waits for its line of JSON."""
    env = environment(
        MOBILISE_REDIS__URL=f"redis://127.0.0.1:{ports['redis']}/0",
        MOBILISE_WEB__PORT=str(ports["web"]),
        MOBILISE_OUTBOX__PORT=str(ports["outbox"]),
    )
    arguments = ["up", "--outbox", "--workers", "1", "--data", str(tmp_path / "var"), "--json"]
    with mobilise(*arguments, folder=tmp_path / "logs", env=env) as running:
        running.wait_until(lambda: running.stdout.endswith("\n"), "all are healthy", timeout_s=60)
        yield running


def test_it_says_where_everything_is_once_it_is_there(up: Running, ports):
    """A newcomer opens these addresses, and a test kills these processes."""
    said = json.loads(up.stdout)
    assert said["web"] == f"http://127.0.0.1:{ports['web']}"
    assert said["outbox"] == f"http://127.0.0.1:{ports['outbox']}"
    assert list(said["pids"]) == ["valkey", "outbox", "web", "worker-1", "clock"]
    assert status(f"{said['web']}/readyz") == 200
    with redis.Redis.from_url(said["redis"], decode_responses=True) as client:
        assert client.config_get("appendfsync") == {"appendfsync": "always"}


def test_it_ends_everything_it_started_and_keeps_what_it_wrote(up: Running, tmp_path):
    """Nothing holds a port after Ctrl-C; the terminal and the log folder have every line to the last one."""
    pids = json.loads(up.stdout)["pids"]
    assert up.stop(signal.SIGINT, timeout_s=60) == 0, up.text
    assert all(group_is_gone(pid) for pid in pids.values())
    kept = (tmp_path / "var" / "log" / "mobilise.log").read_text()
    events = {json.loads(line)["event"] for line in kept.splitlines() if line.startswith("{")}
    assert events >= {"process.started", "outbox.started", "web.started", "worker.stopped", "process.stopped"}
    assert all(line in up.stderr for line in kept.splitlines())


@pytest.mark.faults
def test_a_killed_worker_and_a_killed_server_come_back(up: Running):
    """Either may die at any time; neither needs a person."""
    said = json.loads(up.stdout)
    with redis.Redis.from_url(said["redis"]) as client:
        client.set("kept", 1)
    os.kill(said["pids"]["worker-1"], signal.SIGKILL)
    os.kill(said["pids"]["valkey"], signal.SIGKILL)
    wait_until(lambda: {line["process"] for line in up.events("process.restarted")} >= {"worker-1", "valkey"})
    wait_until(lambda: status(f"{said['web']}/readyz") == 200, message="the web to be ready again")
    with redis.Redis.from_url(said["redis"]) as client:
        assert client.get("kept") == b"1"


@pytest.mark.faults
def test_kill_9_leaves_nothing_behind(up: Running):
    """The next ``up`` must find its ports free and its folder unlocked."""
    pids = json.loads(up.stdout)["pids"]
    up.kill()
    wait_until(lambda: all(group_is_gone(pid) for pid in pids.values()), timeout_s=60, message="all to end")


def test_a_far_away_redis_is_not_ours_to_start(tmp_path):
    """``redis.url`` names what to start; REDIS_URL names what to use."""
    env = environment(MOBILISE_REDIS__URL="redis://ledger.example:6379/0")
    with mobilise("up", folder=tmp_path, env=env) as running:
        assert running.popen.wait(20) == 1
        assert "REDIS_URL" in running.stderr
        assert "Traceback" not in running.stderr


@pytest.mark.parametrize(
    ("data", "environ", "wanted"),
    [
        (None, {}, "kept/outbox"),
        (Path("/elsewhere"), {}, "/elsewhere/outbox"),
        (Path("/elsewhere"), {"MOBILISE_OUTBOX__FOLDER": "named"}, "named"),
    ],
)
def test_the_outbox_is_where_it_was_named(tmp_path: Path, data: Path | None, environ: dict[str, str], wanted: str):
    """The environment beats the folder of all that is kept, which beats the file."""
    home = tmp_path / "home"
    (home / "config").mkdir(parents=True)
    (home / "config" / "settings.toml").write_text('[outbox]\nfolder = "kept/outbox"\n')
    assert outbox_folder(Context(home, environ), data) == home / wanted
