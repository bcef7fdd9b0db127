"""What a process counts reaches the ledger while it works, and not once it has ended."""

from __future__ import annotations

import threading

from tests.actors.summing import Provider
from tests.mail.post_office import composer
from tests.support.people import CAMPAIGN, campaign, candidate, person, take
from workers.actors.letters import send_letters
from workers.campaign.outcomes import Answer, Outcome
from workers.doubts import Lookout
from workers.journal import Journal
from workers.meters import Meter
from workers.sending import Sending
from workers.store import Store


def timers() -> list[threading.Timer]:
    return [thread for thread in threading.enumerate() if isinstance(thread, threading.Timer)]


def test_a_closed_meter_adds_what_is_left_and_nothing_by_itself(store: Store):
    """Seconds later it would open a connection again, and compare its journal with a ledger that may be another's."""
    before = timers()
    meter = Meter(store.meters)
    meter.count("limits_refused", "form", 2)
    meter.close()
    assert store.meters.counts()["limits_refused form"] == 2
    meter.count("limits_refused", "form")
    for timer in set(timers()) - set(before):
        timer.join(1)
    assert not set(timers()) - set(before)


def test_how_late_letters_leave_is_counted_for_those_that_left(store: Store):
    """From when they might have left: a letter that was refused is not late, it is not sent."""
    store.candidates.apply(CAMPAIGN, [candidate(1), candidate(2)])
    orders = [take(store, person(store.ids, number), ("1", "2")) for number in (1, 2)]
    for order in orders:
        store.letters.write(CAMPAIGN, [order.id], 60_000)
    meter, journal = Meter(store.meters), Journal(None)
    provider = Provider([Answer(Outcome.ACCEPTED, 202), *[Answer(Outcome.REFUSED, 400)] * 3])
    sending = Sending(store, provider, journal, Lookout(store, journal), threading.Event(), 90.0, meter)
    names, push = [order.id for order in orders], {CAMPAIGN: campaign()}
    list(send_letters.fn(CAMPAIGN, names, sending=sending, composer=composer(), campaigns=push))
    meter.close()
    counts = store.meters.counts()
    assert sum(n for name, n in counts.items() if name.startswith("letters_late_s_bucket")) == 2
    assert counts["letters_late_s_sum"] <= 5
