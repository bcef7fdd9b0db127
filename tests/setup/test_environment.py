"""The scripts make their environment once, whole, and on any machine with a Python."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.processes import ROOT


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A project of nothing but scripts, in a folder with a space, that locks no package: made in a moment."""
    folder = tmp_path / "a checkout"
    (folder / "scripts").mkdir(parents=True)
    shutil.copy(ROOT / "scripts" / "_environment", folder / "scripts")
    for lock in ("requirements.lock", "requirements-dev.lock"):
        (folder / lock).write_text("# nothing\n")
    (folder / "pyproject.toml").write_text("[project.scripts]\n")
    return folder


@pytest.fixture
def python(tmp_path: Path) -> Path:
    """A Python like Debian's: without ensurepip, with a pip of its own; it tells each time it makes an environment."""
    program = tmp_path / "python"
    told = tmp_path / "made"
    program.write_text(
        f"""#!/bin/sh
if [ "$2 $3" = "venv --without-pip" ]; then echo made >>"{told}"; exec "{sys.executable}" "$@"; fi
case "$*" in
    *" venv "*) echo "no ensurepip here"; exit 1 ;;
    *_base_executable*) "{sys.executable}" "$@" >/dev/null && echo "$0" ;;
    "-m pip "*) echo "pip" ;;
    *) exec "{sys.executable}" "$@" ;;
esac
"""
    )
    program.chmod(0o755)
    return program


def start(checkout: Path, python: Path, **env: str) -> subprocess.Popen[str]:
    """A script that sources the environment and prints which Python it got."""
    return subprocess.Popen(
        ["bash", "-c", 'source "scripts/_environment"; echo "$python"'],
        cwd=checkout,
        env={"PATH": os.environ["PATH"], "PYTHON": str(python), "MOBILISE_RUNTIME_ONLY": "1", **env},  # no HOME
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run(checkout: Path, python: Path, **env: str) -> tuple[int, str, str]:
    with start(checkout, python, **env) as script:
        out, err = script.communicate(timeout=60)
    return script.returncode, out.strip(), err


def made(python: Path) -> int:
    """How many environments were made."""
    told = python.parent / "made"
    return len(told.read_text().splitlines()) if told.exists() else 0


def test_it_is_made_once_and_found_the_next_time(checkout, python):
    """Ten seconds once; nobody waits twice."""
    status, out, err = run(checkout, python)
    assert (status, out) == (0, str(checkout / ".venv/bin/python")), err
    assert "once" in err
    assert run(checkout, python) == (0, out, "")
    assert made(python) == 1


def test_without_the_tools_there_is_still_a_command(checkout, python):
    """A server needs ``mobilise`` and no build backend."""
    run(checkout, python)
    package = checkout / "workers"
    package.mkdir()
    (package / "__main__.py").write_text("print('here')")
    said = subprocess.run([checkout / ".venv/bin/mobilise"], cwd="/", capture_output=True, text=True, check=True)
    assert said.stdout == "here\n"


def test_another_lock_file_makes_another_environment(checkout, python):
    """What runs is what the lock file says, also after a pull."""
    run(checkout, python)
    (checkout / "requirements.lock").write_text("# nothing, newly\n")
    run(checkout, python)
    assert made(python) == 2


def test_a_half_made_one_is_made_again(checkout, python):
    """A Ctrl-C in the first seconds must not spoil every later run."""
    (checkout / ".venv/bin").mkdir(parents=True)
    (checkout / ".venv/bin/python").symlink_to(sys.executable)
    assert run(checkout, python)[0] == 0
    assert made(python) == 1


def test_two_scripts_started_together_make_one(checkout, python):
    """A demo and a test in two terminals."""
    scripts = [start(checkout, python) for _ in range(2)]
    for script in scripts:
        with script:
            script.communicate(timeout=60)
            assert script.returncode == 0
    assert made(python) == 1


def test_no_python_is_a_sentence(checkout, tmp_path):
    """Not a traceback, and not a line of bash."""
    tools = tmp_path / "tools"
    tools.mkdir()
    for tool in ("bash", "dirname", "sed", "cat", "cmp", "mktemp", "rm"):
        (tools / tool).symlink_to(shutil.which(tool) or tool)
    status, _, err = run(checkout, Path("nonesuch"), PATH=str(tools))
    assert status != 0
    assert "Python 3.11 or later is needed" in err
