"""Whose request it is: a header counts only if a trusted proxy sent it, and only what that proxy wrote."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from workers.web.peers import Peers, read_networks

_TRUSTED = "10.0.0.0/8, 2001:db8:ffff::/48"


def _of(peer: str, *told: str, header: str = "x-forwarded-for", trusted: str = _TRUSTED) -> str:
    headers = [(b"x-forwarded-for", line.encode("latin-1")) for line in told]
    request = Request({"type": "http", "headers": headers, "client": (peer, 1)})
    return Peers(header, read_networks(trusted)).of(request)


@pytest.mark.parametrize(
    ("peer", "told", "client"),
    [
        ("192.0.2.1", [], "192.0.2.1"),
        ("192.0.2.1", ["198.51.100.7"], "192.0.2.1"),  # nobody that we trust
        ("10.0.0.1", ["198.51.100.7"], "198.51.100.7"),
        ("10.0.0.1", ["203.0.113.9, 198.51.100.7"], "198.51.100.7"),  # what stands left of it, the client wrote
        ("10.0.0.1", ["203.0.113.9", "198.51.100.7"], "198.51.100.7"),  # lines are one list
        ("10.0.0.1", ["203.0.113.9, 198.51.100.7, 10.0.0.2"], "198.51.100.7"),  # two proxies of ours
        ("10.0.0.1", ["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
        ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", [""], "10.0.0.1"),
        ("10.0.0.1", ["198.51.100.7, unknown"], "10.0.0.1"),
        ("10.0.0.1", ["198.51.100.7:4711"], "198.51.100.7"),
        ("10.0.0.1", ["[2001:db8::5]:4711"], "2001:db8::/64"),
        ("10.0.0.1", ['"[2001:db8::5]"'], "2001:db8::/64"),
        ("::ffff:10.0.0.1", ["::ffff:198.51.100.7"], "198.51.100.7"),
        ("2001:db8:1:2:aaaa:bbbb:cccc:dddd", [], "2001:db8:1:2::/64"),
        ("2001:db8:ffff::1", ["2001:db8:1:2::7"], "2001:db8:1:2::/64"),
        ("fe80::1%eth0", [], "fe80::/64"),
        ("127.0.0.1", [], ""),
        ("::1", [], ""),
        ("testclient", [], ""),
    ],
)  # fmt: skip
def test_the_rightmost_hop_that_is_none_of_ours_is_the_client(peer: str, told: list[str], client: str):
    """Else anyone could have as many addresses as they can think of, or use up somebody else's limit."""
    assert _of(peer, *told) == client


def test_without_a_configured_header_none_is_believed():
    """The default: proxies, CDNs and strangers all send X-Forwarded-For."""
    assert _of("10.0.0.1", "198.51.100.7", header="") == "10.0.0.1"


@given(st.lists(st.text(st.characters(max_codepoint=255, exclude_characters="\r\n"), max_size=60), max_size=3))
def test_whatever_a_header_holds_has_an_answer(told: list[str]):
    """It is written by strangers."""
    assert isinstance(_of("10.0.0.1", *told), str)
