"""Evidence is a public address that we never fetch: what points into somebody's own network is refused."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import pytest

from workers.campaign.evidence import evidence_url
from workers.errors import InputError


@pytest.mark.parametrize(
    "url",
    [
        "https://news.example/2026/05/ada-signs?page=2#photo",
        "http://news.example:8080/",
        "https://xn--bcher-kva.example",
        "HTTPS://News.Example/Ünterschrift",
        "https://8.8.8.8/scan.pdf",
        "https://social.example/@ada/1234",
    ],
)
def test_an_address_that_anyone_can_open_is_kept_as_it_is(url: str):
    """The press follows it years later."""
    assert evidence_url(f" {url} ") == url


@pytest.mark.parametrize(
    "url",
    [
        *("", "news.example", "ftp://news.example/x", "javascript:alert(1)", "data:text/html,x", "//news.example"),
        *("https://", "https:///x", "https://news", "https://news..example", "https://news.example:port/"),
        *(
            "https://ada:secret@news.example/",
            "https://news.example@evil.example/",
            "https://news.example\\@evil.example",
        ),
        *("https://localhost/", "https://printer.local/", "http://127.0.0.1/", "http://[::1]/", "http://10.1.2.3/x"),
        *("http://0x7f000001/", "http://2130706433/", "http://127.1/", "http://0177.0.0.1/", "http://1.2.3.0x4/"),
        *("http://169.254.169.254/latest/", "http://[::ffff:127.0.0.1]/", "http://ⓔⓧⓐⓜⓟⓛⓔ.ⓒⓞⓜ/", "http://a.localhost"),
        *(
            "https://news.example/a\nb",
            "https://news.example/a\x00",
            "https://news.example/\u202egpj",
            "http://a.example/ b",
        ),
        *('https://news.example/"onclick', "https://news.example/<script>", f"https://news.example/{'x' * 2000}"),
        *("http://[::1", "http://news.example:99999/"),
    ],
)
def test_anything_else_is_refused_with_a_sentence(url: str):
    """A reader must not be led to their own machine, nor a header be broken."""
    with pytest.raises(InputError, match=r"^evidence: "):
        evidence_url(url)


def test_addresses_made_to_reach_inside_are_refused_or_plainly_public(shared: Path):
    """The published list of tricks: what passes is a name in ASCII with a dot, or a public IP address."""
    kept = []
    for line in (shared / "hostile" / "ssrf_urls.txt").read_text().splitlines():
        try:
            kept.append(evidence_url(line))
        except InputError:
            continue
    hosts = [urlsplit(url).hostname or "" for url in kept]
    assert len(hosts) > 50
    for host in hosts:
        assert host.isascii()
        assert "." in host
        assert not host.startswith(("127.", "10.", "192.168.", "169.254.", "0."))
        assert not host.endswith(("localhost", "internal"))


def test_naughty_lines_never_break_the_rule(shared: Path):
    """Line breaks, controls, quotes, whole pages of nonsense: a refusal, never another error."""
    for name in ("crlf.txt", "csv_formula.txt", "xss_XSS_Polyglots.txt", "ssti.txt"):
        for line in (shared / "hostile" / name).read_text(errors="replace").splitlines():
            with pytest.raises(InputError):
                evidence_url(line)
            try:
                kept = evidence_url(f"https://news.example/{line}")
            except InputError:
                continue
            assert not set(kept) & set(" <>\"'\r\n")
