"""The usual way: one dramatiq actor and one call of the SDK a letter, with its own transport."""

from __future__ import annotations

import dramatiq
from sendgrid import SendGridAPIClient
from sendgrid.helpers.mail import Mail

from tests.bench.loads import WORDS
from tests.bench.rig import ROOT
from workers.app import App, boot
from workers.broker import LedgerBroker
from workers.settings import Settings
from workers.worker import Worker, asked_to_stop


def declare(app: App) -> dramatiq.Actor[[int], None]:
    """An actor that posts one letter as the SDK's readme does."""
    assert isinstance(app.broker, LedgerBroker)
    counter = app.broker.client

    def send_one(number: int) -> None:
        mail = Mail(
            ("letters@rivers.example", "A Supporter via Clean Rivers"),
            f"c{number}@candidates.example",
            "Our river, and what you can do",
            WORDS,
            f"<p>{WORDS}</p>",
        )
        SendGridAPIClient("SG.bench", host=app.settings.mail.base_url).send(mail)
        counter.incr("sdk-sent")

    return dramatiq.Actor(send_one, broker=app.broker, actor_name="sdk", queue_name="sdk", priority=0, options={})


if __name__ == "__main__":
    settings = Settings.load(ROOT)
    services = boot(settings, ROOT)
    declare(services)
    stop = asked_to_stop()
    worker = Worker(services.broker, settings.worker, settings.worker.threads, {"sdk"})
    worker.start()
    stop.wait()
    worker.stop()
