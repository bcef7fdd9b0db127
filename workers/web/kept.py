"""An answer that is rendered once and given to many: packed too, and not sent again to who has it."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime

from starlette.requests import Request
from starlette.responses import Response

PNG = "image/png"
#: Bytes below which packing saves no packet on the wire.
_SMALL = 1200
#: gzip's level: higher ones cost twice the time for some per cent.
_LEVEL = 5


class Kept:
    """Content with its packed form and its ETag, which is weak: both forms share it. A PNG is packed as it is."""

    def __init__(self, content: bytes, media_type: str) -> None:
        self.content, self.media_type = content, media_type
        self.etag = f'W/"{hashlib.blake2b(content, digest_size=12).hexdigest()}"'
        self._packed = gzip.compress(content, _LEVEL, mtime=0) if len(content) > _SMALL and media_type != PNG else b""

    def answer(self, request: Request, changed: int, headers: Mapping[str, str]) -> Response:
        """200, or 304 to who has it; ``changed`` is the Last-Modified, in epoch seconds."""
        modified = format_datetime(datetime.fromtimestamp(changed, UTC), usegmt=True)
        vary = f"accept-encoding, {headers['vary']}" if "vary" in headers else "accept-encoding"
        named = {**headers, "etag": self.etag, "last-modified": modified, "vary": vary}
        if _has(request.headers, self.etag, changed):
            return Response(status_code=304, headers=named)
        if self._packed and _takes_gzip(request.headers.get("accept-encoding", "")):
            return Response(self._packed, 200, {**named, "content-encoding": "gzip"}, self.media_type)
        return Response(self.content, 200, named, self.media_type)


def matches(given: str, etag: str) -> bool:
    """Weak comparison (RFC 9110 §13.1.2)."""
    known = {entry.strip().removeprefix("W/") for entry in given.split(",")}
    return "*" in known or etag.removeprefix("W/") in known


def _has(headers: Mapping[str, str], etag: str, changed: int) -> bool:
    """An If-None-Match decides alone (RFC 9110 §13.2.2)."""
    if "if-none-match" in headers:
        return matches(headers["if-none-match"], etag)
    try:
        return parsedate_to_datetime(headers.get("if-modified-since", "")).timestamp() >= changed
    except (ValueError, OverflowError):
        return False


def _takes_gzip(accepted: str) -> bool:
    for entry in accepted.split(","):
        coding, _, weight = entry.partition(";")
        if coding.strip().lower() in {"gzip", "*"}:
            return weight.replace(" ", "").rstrip("0.") != "q="
    return False
