"""Forms of our own pages: where they may come from, and what they hold."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

from starlette.requests import Request

from workers.web.bodies import read_body, refuse_encoded
from workers.web.problems import MALFORMED, WRONG_FORM, WRONG_TYPE, Problem

_MEDIA_TYPE = "application/x-www-form-urlencoded"
_FIELDS = 20


def require_own_page(
    request: Request, public_url: str, mend: str = "open the link in your letter, and use the form there"
) -> None:
    """403 if a browser says that the form stood on somebody else's page; programs say nothing."""
    site = request.headers.get("sec-fetch-site", "")
    origin = request.headers.get("origin", "")
    if site:
        own = site == "same-origin"
    else:
        hosts = {urlsplit(public_url).netloc.casefold(), request.headers.get("host", "").casefold()}
        own = not origin or urlsplit(origin).netloc.casefold() in hosts - {""}
    if not own:
        raise Problem(WRONG_FORM, mend)


async def read_form(request: Request, limit: int) -> dict[str, str]:
    """The fields of a plain form, the last of those that are there twice; 400 or 415 if it is none."""
    return dict(await read_fields(request, limit, _FIELDS))


async def read_fields(request: Request, limit: int, most: int) -> list[tuple[str, str]]:
    """The fields of a plain form in their order, ``most`` of them; 400 or 415 if it is none."""
    if request.headers.get("content-type", "").partition(";")[0].strip().casefold() != _MEDIA_TYPE:
        raise Problem(WRONG_TYPE, "send a plain form", headers={"accept-post": _MEDIA_TYPE})
    refuse_encoded(request)
    raw = await read_body(request, limit)
    try:
        return parse_qsl(raw.decode(), keep_blank_values=True, max_num_fields=most, errors="strict")
    except ValueError:
        raise Problem(MALFORMED, "the form cannot be read") from None
