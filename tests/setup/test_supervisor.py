"""The supervisor starts again what dies, ends what it is told to end, and leaves nothing behind."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import pytest

from tests.support.processes import Running, environment, group_is_gone
from tests.support.wait import wait_until

#: A supervisor of one shell script: argv is grace, script.
PROGRAM = """
import os, sys
from workers import log
from workers.supervisor import Process, Supervisor
log.configure(format="json")
child = Process("child", ["/bin/sh", "-c", sys.argv[2]], os.environ, grace_s=0.5)
Supervisor([child], grace_s=float(sys.argv[1])).run()
"""
STEADY = "echo ready >&2; exec sleep 600"
STUBBORN = "trap 'echo heard >&2' TERM; echo ready >&2; while :; do sleep 0.05; done"


@pytest.fixture
def start(tmp_path: Path):
    """Starts a supervisor of one shell script, and waits until the script runs."""
    started: list[Running] = []

    def start(script: str, grace_s: float = 10.0) -> tuple[Running, int]:
        argv = [sys.executable, "-c", PROGRAM, str(grace_s), script]
        running = Running(argv, tmp_path / str(len(started)), environment())
        started.append(running)
        running.wait_until(lambda: "ready" in running.stderr, "the child runs")
        return running, running.wait_for("process.started")["pid"]

    yield start
    for running in started:
        running.close()


def test_a_killed_child_is_started_again_and_both_are_told(start):
    """A worker that the kernel kills at night must not wait for the morning."""
    supervisor, child = start(STEADY)
    os.kill(child, signal.SIGKILL)
    died = supervisor.wait_for("process.died")
    again = supervisor.wait_for("process.restarted")
    assert (died["process"], died["pid"], died["status"]) == ("child", child, -signal.SIGKILL)
    assert again["pid"] != child
    assert not group_is_gone(again["pid"])


def test_a_child_that_cannot_live_is_tried_ever_more_seldom(start):
    """A wrong setting must not become a busy loop."""
    supervisor, _ = start("echo ready >&2; exit 3")
    wait_until(lambda: len(supervisor.events("process.died")) >= 3)
    assert [death["wait_s"] for death in supervisor.events("process.died")[:3]] == [0.5, 1.0, 2.0]


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_child_and_supervisor(start, how):
    """However it is asked: by an init system, by Ctrl-C, by the terminal closing."""
    supervisor, child = start(STEADY)
    assert supervisor.stop(how) == 0
    assert group_is_gone(child)
    assert supervisor.events("process.stopped")[0]["asked"] is True
    assert not supervisor.events("process.died")


def test_a_child_that_does_not_listen_is_killed_after_the_grace(start):
    """A drain has an end."""
    supervisor, child = start(STUBBORN, grace_s=0.3)
    assert supervisor.stop() == 0
    assert "heard" in supervisor.stderr
    assert group_is_gone(child)
    assert supervisor.events("process.stopped")[0]["asked"] is False


def test_a_second_signal_ends_the_patience(start):
    """Somebody who presses Ctrl-C twice means it."""
    supervisor, child = start(STUBBORN, grace_s=600)
    supervisor.popen.send_signal(signal.SIGINT)
    supervisor.wait_until(lambda: "heard" in supervisor.stderr, "the first signal is passed on")
    assert supervisor.stop(signal.SIGINT) == 0
    assert group_is_gone(child)


@pytest.mark.faults
@pytest.mark.parametrize("script", [STEADY, STUBBORN])
def test_nothing_is_left_when_the_supervisor_is_killed(start, script):
    """A kill -9 of the supervisor must not leave workers that nobody watches."""
    supervisor, child = start(script)
    supervisor.kill()
    wait_until(lambda: group_is_gone(child), message="the child to end")


@pytest.mark.faults
def test_what_a_dead_child_had_started_ends_before_its_successor_begins(start):
    """Two generations at work together would use twice what the machine has."""
    supervisor, child = start("sleep 600 & echo ready >&2; wait")
    os.kill(child, signal.SIGKILL)
    supervisor.wait_for("process.restarted")
    assert group_is_gone(child)
