"""Settings of limits and proxies that cannot be meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from workers.settings import Settings

_ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({"MOBILISE_WEB__CLIENT_IP_HEADER": "X-Forwarded-For"}, "anyone could send it"),
        ({"MOBILISE_WEB__CLIENT_IP_HEADER": "X Forwarded", "MOBILISE_WEB__TRUSTED_PROXIES": "10.0.0.0/8"}, "a header"),
        ({"MOBILISE_WEB__TRUSTED_PROXIES": "10.0.0.1/8"}, "no network"),
        ({"MOBILISE_WEB__TRUSTED_PROXIES": "proxy.example"}, "no network"),
        ({"MOBILISE_LIMITS__IP_BURST": "-1"}, "limits.ip_burst"),
        ({"MOBILISE_LIMITS__IP_PER_HOUR": "0"}, "limits.ip_per_hour"),
    ],
)  # fmt: skip
def test_limits_and_proxies_that_cannot_be_meant_are_told(environ: dict[str, str], said: str):
    """A header that is believed of everybody is worse than no limit."""
    (problem,) = Settings.problems(_ROOT, environ)
    assert said in str(problem)
