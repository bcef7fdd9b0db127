"""The web process when the ledger goes away, when it is asked to end, and when it may not begin."""

from __future__ import annotations

import http.client
import signal
import socket
from pathlib import Path

import pytest

from tests.support.ports import free_port
from tests.support.processes import environment, mobilise
from tests.support.wait import wait_until
from tests.web.asking import action
from tests.web.conftest import home, seed, start
from workers.campaign.ids import Ids
from workers.server import Valkey
from workers.store import Store

pytestmark = pytest.mark.faults


def test_without_the_ledger_every_answer_is_503(tmp_path: Path, ids: Ids):
    """Law 1: nothing is half done, the caller is told when to ask again, and all is well once it is back."""
    folder = tmp_path / "valkey"
    folder.mkdir()
    port = free_port()
    valkey = Valkey(folder, port=port)
    valkey.start()
    process, site = start(tmp_path, valkey.url)
    try:
        seed(Store.connect(valkey.url, ids))
        first = site.act()
        assert first.status == 202
        valkey.kill()
        answer = site.act(action(name="Bob Alder"))
        assert (answer.status, answer.headers["retry-after"]) == (503, "5")
        assert answer.json()["type"] == "/docs#unavailable"
        assert site.get("/api/campaigns/clean-rivers/candidates?postcode=SW1A1AA").status == 503
        wait_until(lambda: site.get("/readyz").status == 503)
        wait_until(lambda: site.get("/campaigns/clean-rivers", accept="text/html").status == 503)
        assert site.get("/livez").status == 200
        valkey = Valkey(folder, port=port)
        valkey.start()
        wait_until(lambda: site.get("/readyz").status == 200)
        assert site.act().json() == first.json()
        assert site.act(action(name="Bob Alder")).status == 202
    finally:
        process.close()
        valkey.stop()


def test_sigterm_ends_streams_and_the_process(server: str, tmp_path: Path):
    """Watchers do not keep a process from ending: they come back to the next one."""
    process, site = start(tmp_path, server)
    connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=20)
    connection.request("GET", "/api/campaigns/clean-rivers/tally/stream")
    stream = connection.getresponse()
    assert stream.readline()
    assert process.stop(signal.SIGTERM, timeout_s=9) == 0
    assert process.events("web.started")[0]["port"] == site.port
    assert process.events("web.stopping")
    assert process.events("library.said") == []
    assert stream.read().endswith(b"\r\n")
    assert "Traceback" not in process.text
    connection.close()


def test_a_port_that_is_taken_is_told_in_one_line(server: str, tmp_path: Path):
    """Not a traceback."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        env = environment(REDIS_URL=server, MOBILISE_HOME=str(home(tmp_path / "home")))
        process = mobilise("web", "--port", str(port), folder=tmp_path / "logs", env=env)
        try:
            assert process.popen.wait(20) == 1
        finally:
            process.close()
    assert f"port {port}" in process.stderr
    assert "Traceback" not in process.text


def test_a_wrong_webhook_secret_is_told_at_the_start(server: str, tmp_path: Path):
    """Law 12: not when the first signature comes."""
    env = environment(REDIS_URL=server, MOBILISE_HOME=str(home(tmp_path / "home")), SIGNATURE_WEBHOOK_SECRET="whsec_a")
    process = mobilise("web", "--port", str(free_port()), folder=tmp_path / "logs", env=env)
    try:
        assert process.popen.wait(20) == 1
    finally:
        process.close()
    assert "SIGNATURE_WEBHOOK_SECRET" in process.stderr
    assert "Traceback" not in process.text
