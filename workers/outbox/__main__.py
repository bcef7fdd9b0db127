"""Runs the outbox by itself: ``python -m workers.outbox``."""

from __future__ import annotations

from workers.cli.outbox import outbox

if __name__ == "__main__":
    outbox(prog_name="python -m workers.outbox")
