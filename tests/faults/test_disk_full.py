"""The disk under Redis is full: a real, small file system is filled to its last byte."""

from __future__ import annotations

import contextlib
import subprocess
from pathlib import Path

import pytest

from tests.faults.town import Campaign, Town
from tests.support.wait import wait_until

pytestmark = pytest.mark.faults


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory):
    """A file system of four megabytes."""
    folder: Path = tmp_path_factory.mktemp("small")
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("only root may mount a small file system")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory, small: Path):
    """A town whose Redis lives on it."""
    town = Town(tmp_path_factory.mktemp("faults"), campaigns=4)
    town.valkey.folder = small / "valkey"
    with town:
        yield town


@contextlib.contextmanager
def full(folder: Path):
    """While its last byte is taken."""
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(4096))
    try:
        yield
    finally:
        filler.unlink()


def test_the_disk_is_full_while_an_answer_is_on_its_way(campaign: Campaign, small: Path):
    """Redis rather ends than forget: nothing is acknowledged meanwhile, and all goes on once there is room."""
    town = campaign.town
    campaign.candidates("ada", "bram")
    town.relay.keep_answers()
    campaign.write("Wilma")
    wait_until(campaign.mails, message="the provider to accept it")
    with full(small):
        town.relay.pass_on()
        wait_until(lambda: town.valkey.status() is not None, message="Redis to end")
        assert campaign.try_to_write("Otto") == 503
    town.valkey.start()
    campaign.comes_to(delivered=2)
    campaign.write("Otto")
    campaign.comes_to(delivered=4)


def test_the_disk_is_full_under_a_redis_that_writes_every_second(campaign: Campaign, small: Path):
    """With appendfsync everysec it stays and refuses writes: 503, and letters wait."""
    town = campaign.town
    campaign.candidates("ada", "bram")
    town.valkey.fsync = "everysec"
    town.valkey.restart()
    try:
        campaign.write("Wilma")
        campaign.comes_to(delivered=2)
        with full(small):
            wait_until(lambda: campaign.try_to_write("Otto") == 503, message="Redis to notice")
            assert town.valkey.status() is None
        campaign.write("Otto")
        wait_until(lambda: campaign.states().keys() == {"delivered"}, 30, lambda: str(campaign.states()))
    finally:
        town.valkey.fsync = "always"
        town.valkey.restart()
