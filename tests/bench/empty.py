"""The project's web server with one endpoint more, which answers 202 and does nothing: what any request costs."""

from __future__ import annotations

import os
import sys

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from workers import log
from workers.app import boot
from workers.settings import Settings, home
from workers.web.server import serve
from workers.web.site import site


async def empty(_request: Request) -> Response:
    """Nothing is read, checked or kept."""
    return Response(status_code=202)


def main(port: int) -> None:
    """Serves until it is asked to end."""
    root = home(os.environ)
    settings = Settings.load(root)
    log.configure(settings.log.level, settings.log.format)
    application = site(boot(settings, root))
    # Beside the actions, which are the first route: looking for it costs the same.
    application.router.routes.insert(1, Route("/api/campaigns/{campaign}/empty", empty, methods=["POST"]))
    serve(application, "127.0.0.1", port)


if __name__ == "__main__":
    main(int(sys.argv[1]))
