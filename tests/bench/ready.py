"""A plain process that posts one bulletin's calls, ready-made or written each time: no queue, no ledger."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from itertools import cycle, islice

import msgspec

from tests.bench.loads import CAMPAIGN, SEATS
from tests.bench.readers import edition, people
from tests.bench.rig import ROOT
from workers.app import App, boot
from workers.campaign.ids import delivery_id
from workers.campaign.model import Person
from workers.campaign.reader_links import ReaderLinks
from workers.mail.copies import copies
from workers.mail.sendgrid import payload
from workers.mail.wire import Wire
from workers.mailings import Constituencies, Readers
from workers.settings import Settings

#: Calls that are made ready, and posted again and again.
_CALLS = 16
_HEADERS = {"Authorization": "Bearer SG.bench", "Content-Type": "application/json"}

Batch = list[tuple[str, Person, str]]


def ready(app: App, size: int) -> Callable[[Batch], None]:
    """Posts a batch as the bytes that were made of it beforehand."""
    mail, write = app.settings.mail, writing(app)
    wire = Wire(mail.base_url, connect_timeout_s=5, read_timeout_s=30, pool=1, ca_file=mail.ca_file)
    bodies = cycle([write(batch) for batch in _batches(app, size)])
    return lambda _: _posted(wire, next(bodies))


def written(app: App) -> Callable[[Batch], None]:
    """Writes the copies of a batch with all their links, and posts them."""
    mail, write = app.settings.mail, writing(app)
    wire = Wire(mail.base_url, connect_timeout_s=5, read_timeout_s=30, pool=1, ca_file=mail.ca_file)
    return lambda batch: _posted(wire, write(batch))


def writing(app: App) -> Callable[[Batch], bytes]:
    """What a sender does between its claim and the call."""
    readers = Readers(ReaderLinks(app.ids, app.settings.web.public_url), Constituencies(app.store))
    campaign, mailing = app.campaigns[CAMPAIGN], edition(app, "limit")

    def write(batch: Batch) -> bytes:
        reader = readers.of(mailing)
        those = [(delivery, reader(person, seats)) for delivery, person, seats in batch]
        (envelope,) = copies(campaign, mailing, those)
        return payload(envelope)

    return write


def _posted(wire: Wire, body: bytes) -> None:
    if wire.ask("POST", "/v3/mail/send", _HEADERS, body).status != 202:
        raise RuntimeError("the sink refused a call")


def _batches(app: App, size: int) -> Sequence[Batch]:
    known, decode = people(app, size * _CALLS), msgspec.json.Decoder(Person).decode
    return [
        [
            (delivery_id(f"d{call:016}", one.id), decode(one.person), f"E14{number % SEATS:06}")
            for number, one in enumerate(islice(known, size))
        ]
        for call in range(_CALLS)
    ]


def main(app: App, how: str, size: int, seconds: float) -> float:
    """Recipients a second."""
    post = ready(app, size) if how == "ready" else written(app)
    batches = cycle(_batches(app, size))
    posted, begun = 0, time.monotonic()
    while time.monotonic() - begun < seconds:
        post(next(batches))
        posted += size
    return posted / (time.monotonic() - begun)


if __name__ == "__main__":
    services = boot(Settings.load(ROOT), ROOT)
    sys.stdout.write(f"{main(services, sys.argv[1], int(sys.argv[2]), float(sys.argv[3]))}\n")
