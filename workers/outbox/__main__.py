"""Runs the outbox by itself: ``python -m workers.outbox``."""

from __future__ import annotations

from importlib import import_module

if __name__ == "__main__":
    # By name: nothing of the outbox depends on the command line; this is only another way in to it.
    import_module("workers.cli.outbox").outbox(prog_name="python -m workers.outbox")
