"""What is logged in this process, whatever another test has set the log to."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest
import structlog
from structlog.testing import capture_logs


@contextlib.contextmanager
def logged_by(*modules: ModuleType) -> Iterator[list[Any]]:
    """The lines of these modules' ``log``. A logger keeps the settings of its first use, so they get new ones here."""
    with pytest.MonkeyPatch.context() as patch, capture_logs() as lines:
        for module in modules:
            patch.setattr(module, "log", structlog.get_logger())
        yield lines
