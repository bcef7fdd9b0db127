"""What is given to run it elsewhere: systemd units and the compose file, held against what the processes need."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import click
import pytest
from ruamel.yaml import YAML

from tests.support.processes import ROOT, environment
from workers.cli import mobilise
from workers.settings import Settings
from workers.web import server

UNITS = sorted((ROOT / "config" / "systemd").iterdir())
OURS = [path for path in UNITS if path.suffix == ".service" and "valkey" not in path.name]

systemd_analyze = pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd-analyze here")


def lines(path: Path, name: str) -> list[str]:
    return re.findall(rf"^{name}=(.*)$", path.read_text(), re.MULTILINE)


def seconds(name: str) -> int:
    (stop,) = lines(ROOT / "config" / "systemd" / name, "TimeoutStopSec")
    return int(stop)


def test_nobody_is_killed_before_they_can_have_ended():
    """A worker that is killed in the midst of a call leaves letters that may have left."""
    settings = Settings.load(ROOT, environment())
    assert seconds("mobilise-worker@.service") > settings.clock.claim_s + 5
    assert seconds("mobilise-worker@.service") > settings.mail.connect_timeout_s + settings.mail.read_timeout_s + 5
    assert seconds("mobilise-web@.service") > server.GRACE_S + 5


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.name)
def test_a_unit_starts_a_command_that_there_is(path: Path):
    """As nobody in particular, with the journals where they outlive the process."""
    program, *words = lines(path, "ExecStart")[0].replace("%i", "8000").split()
    command = mobilise.get_command(click.Context(mobilise), words[0])
    assert (program, command is not None) == ("/opt/mobilise/.venv/bin/mobilise", True)
    assert command
    command.make_parser(click.Context(command)).parse_args(words[1:])
    assert (lines(path, "User"), lines(path, "Restart")) == (["mobilise"], ["always"])
    assert "MOBILISE_WORKER__JOURNAL=/var/lib/mobilise/journal" in path.read_text()
    assert lines(path, "StateDirectory") == ["mobilise"]


@pytest.fixture
def units(tmp_path: Path) -> list[str]:
    """The units as on a machine where all their programs are; a template as its first instance."""
    for path in UNITS:
        text = re.sub(r"^ExecStart=\S+", f"ExecStart={shutil.which('true')}", path.read_text(), flags=re.MULTILINE)
        (tmp_path / path.name.replace("@.", "@8000." if "web" in path.name else "@1.")).write_text(text)
    shutil.copy(tmp_path / "mobilise-worker@1.service", tmp_path / "mobilise-worker@2.service")
    return [str(path) for path in sorted(tmp_path.iterdir())]


@systemd_analyze
def test_systemd_understands_every_line(units: list[str]):
    """A line with a slip is passed over in silence when the unit starts."""
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *units], capture_output=True, text=True, check=False
    )
    said = [line for line in (done.stdout + done.stderr).splitlines() if "mobilise" in line]
    assert (done.returncode, said) == (0, [])


def test_workers_may_be_many_in_compose():
    """``--scale worker=4``: no name, port or host name that only one can have, and a journal folder that all share."""
    services = YAML(typ="safe").load(ROOT / "docker-compose.yml")["services"]
    for name in ("worker", "clock"):
        assert not {"container_name", "hostname", "ports", "network_mode"} & services[name].keys()
        assert "journal:/journal" in services[name]["volumes"]
        assert services[name]["environment"]["MOBILISE_WORKER__JOURNAL"] == "/journal"
    grace_s = int(services["worker"]["stop_grace_period"].removesuffix("s"))
    mail = Settings.load(ROOT, environment()).mail
    assert grace_s > mail.connect_timeout_s + mail.read_timeout_s + 5
