"""What every test has: a real and empty server, no way out but the loopback."""

from __future__ import annotations

import ipaddress
import os
import signal
import socket
import sys
from pathlib import Path
from typing import Any

import hypothesis
import pytest
import structlog

from tests.support.valkey import flush, keys_without_lifetime, tested_server
from workers.campaign.ids import Ids
from workers.store import keys

#: Slow machines are no failures, and a failure in CI prints what reproduces it.
hypothesis.settings.register_profile("mobilise", deadline=None, print_blob=True)
hypothesis.settings.load_profile("mobilise")


#: Tests of many real processes: on a busy machine one may run out of its time. The summary says "rerun".
_MANY_PROCESSES = ("chaos", "demo", "faults", "journeys")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What fails twice fails."""
    folder = Path(__file__).parent
    for item in items:
        if item.path.relative_to(folder).parts[0] in _MANY_PROCESSES:
            item.add_marker(pytest.mark.flaky(reruns=1))


def pytest_configure() -> None:
    """A SIGTERM ends the run like a Ctrl-C: with all that it started."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    # A process's own commands do so first; here a line may come before any of them, and would be taken for output.
    structlog.configure(logger_factory=lambda *_: structlog.PrintLogger(sys.stderr))


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory):
    """The URL of this xdist worker's own ledger database on a real server; the broker's is the next one."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    with tested_server(tmp_path_factory.mktemp("valkey"), worker) as url:
        yield url


@pytest.fixture
def valkey(server: str):
    """The same URL, with both databases empty; the test fails if it leaves a key that stays for ever by mistake."""
    flush(server)
    yield server
    immortal = [key for key in keys_without_lifetime(server) if keys.noun(key) not in keys.PERMANENT]
    assert not immortal, f"keys without a lifetime that are not PERMANENT in workers/store/keys.py: {immortal}"


@pytest.fixture
def ids() -> Ids:
    return Ids("a secret that only tests use")


@pytest.fixture
def store(valkey: str, ids: Ids):
    from workers.store import Store

    return Store.connect(valkey, ids)


@pytest.fixture
def shared() -> Path:
    """The folder of shared data; the test is skipped where it is absent."""
    folder = Path(__file__).resolve().parents[2] / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("shared data is not beside this checkout")
    return folder


def _only_loopback(event: str, arguments: tuple[Any, ...]) -> None:
    """Refuses connections and look-ups that would leave this machine: a test that needs them is wrong."""
    if event == "socket.connect":
        _refuse_unless_local(arguments[1][0] if isinstance(arguments[1], tuple) else "localhost")
    elif event in {"socket.getaddrinfo", "socket.gethostbyname"}:
        _refuse_unless_local(arguments[0] or "localhost")


def _refuse_unless_local(host: str | bytes) -> None:
    name = host.decode() if isinstance(host, bytes) else host
    if name != "localhost" and not _is_local(name):
        raise socket.gaierror(socket.EAI_NONAME, f"tests stay on the loopback, not {name}")


def _is_local(name: str) -> bool:
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


sys.addaudithook(_only_loopback)
