"""Everything chosen once, at the root: what a process needs to do its part."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from workers.broker import QueueBroker, connect
from workers.bulletinfile import RightBulletins
from workers.campaign.bulletin import Bulletin
from workers.campaign.events import Event
from workers.campaign.ids import Ids
from workers.campaign.intents import Patience
from workers.campaign.links import Links
from workers.campaign.reader_links import ReaderLinks
from workers.campaign.supporter_links import SupporterLinks
from workers.campaigns import load_campaigns
from workers.doubts import Lookout
from workers.errors import UnsafeError
from workers.gate import Gate
from workers.journal import Journal
from workers.mail.envelope import Composer
from workers.mail.guard import Guard, Guarded
from workers.mail.posting import Mailer
from workers.mail.sendgrid import SendGrid
from workers.mail.summary import SummaryWriter
from workers.mail.templates import Templates
from workers.mailings import Constituencies, Mailings, Readers
from workers.meters import Measured, Meter
from workers.middleware import Stopping, in_order
from workers.newsroom import Newsroom
from workers.openings import Campaigns
from workers.publisher import Publisher
from workers.reactions import REACTIONS
from workers.sending import Sending
from workers.settings import Settings
from workers.store import Store
from workers.store.reports import SoftBounces
from workers.summaries import Summaries


@dataclass(frozen=True)
class App:
    """The services of one process."""

    settings: Settings
    ids: Ids
    store: Store
    broker: QueueBroker
    campaigns: Campaigns
    mailer: Mailer
    publisher: Publisher
    journal: Journal
    lookout: Lookout
    meter: Meter
    gate: Gate
    bulletins: Callable[[], Mapping[str, Bulletin]]  # as their folders stand, without those that are wrong

    def publish(self, event: Event) -> None:
        """Queues what follows an event; UnavailableError if it could not be queued (the clock then does it later)."""
        self.publisher.publish(event)

    def close(self) -> None:
        """Gives the connections back, for good: a count added later would make a new one."""
        self.meter.close()
        self.store.close()
        self.broker.give_back()

    def require_safe(self) -> None:
        """UnsafeError unless the ledger keeps what it is given; ``redis.require_durable`` says whether to insist."""
        broken = [promise for promise in self.store.safety() if promise.level == "error"]
        if broken and self.settings.redis.require_durable:
            raise UnsafeError("; ".join(f"Redis: {promise.what} ({promise.mend})" for promise in broken))


def boot(settings: Settings, root: Path, *, mailer: Mailer | None = None) -> App:
    """Builds a process's services; connections are made at the first call."""
    ids = Ids(settings.secrets.require("MOBILISE_SECRET"))
    journal = Journal(root / settings.worker.journal if settings.worker.journal else None)
    store = Store.connect(settings.redis.url, ids, journal.known)
    lookout = Lookout(store, journal)
    campaigns = Campaigns(load_campaigns(root / settings.campaigns.folder), store)
    stopping, gate = Stopping(), Gate(settings.worker.threads)
    broker = connect(
        settings.redis.url,
        heartbeat_s=settings.worker.heartbeat_s,
        middleware=in_order(stopping, campaigns.look),
        queue_url=settings.queue.url,
        limits={"letters": gate.messages, "bulletins": gate.messages},
    )
    publisher = Publisher(broker, REACTIONS)
    meter = Meter(store.meters)
    chosen = _guarded(settings, Measured(mailer or _sendgrid(settings), meter))
    templates = Templates(root / settings.templates.folder)
    sending = Sending(store, chosen, journal, lookout, stopping.event, float(settings.clock.claim_s), meter, gate)
    composer = Composer(templates, Links(ids, settings.web.public_url))
    folder = settings.beside_campaigns(settings.mailings.bulletins)
    bulletins = RightBulletins(folder, campaigns, root)
    mailings = Mailings(sending, Readers(ReaderLinks(ids, settings.web.public_url), Constituencies(store)))
    publisher.bind(
        {
            "store": store,
            "meter": meter,
            "sending": sending,
            "summaries": Summaries(sending, SummaryWriter(templates, composer), ids),
            "templates": templates,
            "composer": composer,
            "mailings": mailings,
            "newsroom": Newsroom(store, templates, settings.web.public_url.rstrip("/")),
            "bulletins": bulletins,
            "campaigns": campaigns,
            "ids": ids,
            "supporter_links": SupporterLinks(ids, settings.web.public_url),
            "patience": patience(settings),
            "public_url": settings.web.public_url.rstrip("/"),
            "nudge_ms": int(settings.clock.nudge_s * 1000),
            "soft_bounces": SoftBounces(settings.mail.soft_bounces, int(settings.mail.soft_bounce_days * 86_400)),
        }
    )
    return App(settings, ids, store, broker, campaigns, chosen, publisher, journal, lookout, meter, gate, bulletins)


def _guarded(settings: Settings, mailer: Mailer) -> Mailer:
    """Every mail of every kind passes here: outside production real people get none."""
    return Guarded(mailer, Guard.of(settings.mail.allowed)) if settings.guards_people else mailer


def patience(settings: Settings) -> Patience:
    """How long what is not confirmed waits."""
    kept = settings.confirmation
    days = kept.gone_after_days, kept.quiet_days
    return Patience(int(kept.remind_after_h * 3600), *(int(number * 86_400) for number in days))


def _sendgrid(settings: Settings) -> SendGrid:
    mail = settings.mail
    return SendGrid(
        mail.base_url,
        settings.secrets.get("SENDGRID_API_KEY"),
        connect_timeout_s=mail.connect_timeout_s,
        read_timeout_s=mail.read_timeout_s,
        pool=max(mail.pool, settings.worker.threads),
        ca_file=str(settings.path(mail.ca_file)) if mail.ca_file else "",
    )
