"""The pages' style, script and icon: read once, served from memory under a name that changes with their content."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import NamedTuple

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

_FOLDER = Path(__file__).parent / "static"
_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


class _File(NamedTuple):
    content: bytes
    media_type: str
    version: str


class Statics:
    """Every file in ``static/``."""

    def __init__(self) -> None:
        self._files = {path.name: _file(path) for path in sorted(_FOLDER.iterdir()) if path.suffix in _TYPES}

    def link(self, name: str) -> str:
        """The address of a file, good for as long as its content stays; KeyError if there is none."""
        return f"/static/{name}?v={self._files[name].version}"

    async def get(self, request: Request) -> Response:
        """200, to be kept for a year if the version is named; 404 for another name."""
        file = self._files.get(request.path_params["name"])
        if file is None:
            raise HTTPException(404)
        named = request.query_params.get("v") == file.version
        headers = {"cache-control": "public, max-age=31536000, immutable" if named else "no-cache"}
        return Response(file.content, 200, headers, file.media_type)


def _file(path: Path) -> _File:
    content = path.read_bytes()
    return _File(content, _TYPES[path.suffix], hashlib.blake2b(content, digest_size=6).hexdigest())
