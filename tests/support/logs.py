"""What is logged in this process, whatever another test has set the log to."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest
import structlog
from structlog.testing import capture_logs


@contextlib.contextmanager
def logged_by(*modules: ModuleType) -> Iterator[list[Any]]:
    """The lines of these modules' ``log``, or of all. A logger keeps its first settings, so they get new ones."""
    was = structlog.get_config()["wrapper_class"]
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(0))
    try:
        with pytest.MonkeyPatch.context() as patch, capture_logs() as lines:
            for module in modules or _all_that_log():
                patch.setattr(module, "log", structlog.get_logger())
            yield lines
    finally:
        structlog.configure(wrapper_class=was)


def _all_that_log() -> list[ModuleType]:
    """The modules of this project that are loaded and have a ``log``."""
    return [module for name, module in [*sys.modules.items()] if name.startswith("workers.") and hasattr(module, "log")]
