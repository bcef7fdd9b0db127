"""What ``mobilise check`` looks at on this machine: the folders that are written, the disks, and the web process."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from workers.cli.checks import Finding, SetUp
from workers.errors import UnavailableError

#: Bytes that are free: below the first a warning, below the second an error.
_FREE = (1_000_000_000, 100_000_000)


def folders(set_up: SetUp) -> Iterator[Finding]:
    """What workers and `up` write: the journal and the log."""
    settings = set_up.settings
    named = {"worker.journal": settings.worker.journal, "log.folder": settings.log.folder}
    disks: set[int] = set()
    for setting, folder in named.items():
        if folder:
            path = _existing(settings.path(folder))
            yield _writable(setting, settings.path(folder), path)
            if path.stat().st_dev not in disks:
                disks.add(path.stat().st_dev)
                yield _free(path)


def queue(set_up: SetUp) -> Iterator[Finding]:
    """A queue that is not beside the ledger: whether it can be reached."""
    from workers.broker import connect
    from workers.settings import without_password

    settings = set_up.settings
    if not settings.queue.url:
        return
    shown = f"queue.url {without_password(settings.queue.url)}"
    broker = connect(settings.redis.url, heartbeat_s=60, middleware=[], queue_url=settings.queue.url)
    try:
        broker.backlog("letters")
        yield Finding("ok", shown, "answers")
    except UnavailableError as error:
        yield Finding("error", shown, str(error), "start it, or set BROKER_URL")
    finally:
        broker.give_back()


def _existing(path: Path) -> Path:
    """The folder itself, or the nearest one above it that is there."""
    return next(one for one in (path, *path.parents) if one.exists())


def _writable(setting: str, folder: Path, existing: Path) -> Finding:
    mend = "give it to the user that the processes run as, or name another folder"
    if not existing.is_dir():
        return Finding("error", setting, f"{existing} is no folder", mend)
    if folder != existing:
        may = os.access(existing, os.W_OK | os.X_OK)
        what = f"{folder} will be made" if may else f"{folder} is not there, and cannot be made in {existing}"
        return Finding("ok" if may else "error", setting, what, "" if may else mend)
    try:
        with tempfile.TemporaryFile(dir=folder):
            return Finding("ok", setting, f"{folder} can be written")
    except OSError as error:
        return Finding("error", setting, f"{folder} cannot be written ({error.strerror})", mend)


def _free(path: Path) -> Finding:
    free = shutil.disk_usage(path).free
    what = f"{free / 1e9:,.1f} GB free where {path} is"
    if free >= _FREE[0]:
        return Finding("ok", "disk", what)
    mend = "make room: a worker that cannot write its journal sends nothing"
    return Finding("warning" if free >= _FREE[1] else "error", "disk", what, mend)
