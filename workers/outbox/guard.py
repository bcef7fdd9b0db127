"""Who may look at the pages, and who may press their buttons."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.exceptions import HTTPException
from starlette.requests import Request

from workers.outbox.options import OutboxOptions

#: For our own pages: no script at all, nothing from elsewhere.
PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; frame-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
#: For somebody's mail: its own inline style and pictures it carries; sandboxed even when opened by itself.
MAIL_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; frame-ancestors 'self'; sandbox"
)


def headers(policy: str = PAGE_POLICY) -> dict[str, str]:
    """What every page says to the browser."""
    return {
        "Content-Security-Policy": policy,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "Cache-Control": "no-store",
    }


def require_known_host(request: Request, options: OutboxOptions) -> None:
    """421 under a name that is not ours: a stranger's domain pointed at this machine must not read mail."""
    if not options.serves(request.headers.get("host", "")):
        raise HTTPException(421, "This name is not served here; --host-name NAME allows it.")


def require_same_origin(request: Request) -> None:
    """403 for a form that another site's page sent; tools without a browser's headers may pass."""
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    if site is not None and site not in ("same-origin", "none"):
        raise HTTPException(403, "This must be sent from the outbox's own pages.")
    if origin is not None and urlsplit(origin).netloc != request.headers.get("host"):
        raise HTTPException(403, "This must be sent from the outbox's own pages.")
