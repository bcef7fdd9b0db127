"""One post of one envelope, to a provider that does as a test says."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator

from tests.mail.post_office import write
from tests.mail.providers import Script, provider, reply
from tests.support.people import candidate
from workers.campaign.outcomes import Answer
from workers.mail.sendgrid import SendGrid

KEY = "SG.a-key-that-only-tests-use"
ACCEPTED = reply(202, X_Message_Id="abc123")
ENVELOPE = write([candidate(1), candidate(2)])[0]


@contextlib.contextmanager
def sendgrid(url: str, **options: object) -> Iterator[SendGrid]:
    made = SendGrid(url, KEY, **{"connect_timeout_s": 2, "read_timeout_s": 2, "pool": 4, **options})  # type: ignore[arg-type]
    try:
        yield made
    finally:
        made.close()


def posted(script: Script, **options: object) -> Answer:
    """The answer to one post to a provider that follows ``script``."""
    with provider(script) as running, sendgrid(running.url, **options) as mailer:
        return mailer.post(ENVELOPE)


def errors(message: str, field: str | None = None) -> bytes:
    return json.dumps({"errors": [{"message": message, "field": field, "help": None}]}).encode()
