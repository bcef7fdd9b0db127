"""Who hands in actions: callers with a bearer key, whose word is enough, or anyone."""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping

from starlette.requests import Request

from workers.web.problems import MALFORMED, NO_KEY, WRONG_KEY, Problem

_CHALLENGE = {"www-authenticate": 'Bearer realm="mobilise"'}
_VISIBLE = re.compile(r"[\x21-\x7e]{1,255}")


class Callers:
    """The trusted callers, by name."""

    def __init__(self, keys: Mapping[str, str]) -> None:
        self._keys = {name: key.encode() for name, key in keys.items()}

    def of(self, request: Request) -> str:
        """The caller's name, "" for anyone who shows no key; 401 or 403 for one that is not right."""
        given = request.headers.get("authorization")
        return "" if given is None else self._known(given)

    def _known(self, shown: str) -> str:
        scheme, _, given = shown.partition(" ")
        if scheme.casefold() != "bearer" or not given.strip():
            raise Problem(NO_KEY, "send the header Authorization: Bearer KEY", headers=_CHALLENGE)
        key = given.strip().encode("latin-1")
        # Every key is compared, so that the time taken tells nothing.
        known = [name for name, expected in self._keys.items() if hmac.compare_digest(expected, key)]
        if not known:
            raise Problem(WRONG_KEY, "this key is not one of a trusted caller")
        return known[0]


def idempotency_key(request: Request) -> str:
    """The Idempotency-Key header, or "" (draft-ietf-httpapi-idempotency-key-header)."""
    given = request.headers.getlist("idempotency-key")
    if not given:
        return ""
    if len(given) > 1 or not _VISIBLE.fullmatch(given[0]):
        raise Problem(MALFORMED, "Idempotency-Key must be one value of 1 to 255 visible ASCII characters")
    return given[0]
