"""Metrics for operators: the ledger's numbers, on this machine only, and nobody's name in them."""

from __future__ import annotations

import time

import pytest
import redis
from prometheus_client.parser import text_string_to_metric_families

from tests.support.people import person, take
from tests.web.asking import Site, action
from tests.web.conftest import candidate
from workers.campaign.answers import Answer, Said
from workers.campaign.mailings import Content, Kind, Mailing, Stage
from workers.campaign.model import Sender
from workers.campaign.outcomes import Answer as Called
from workers.campaign.outcomes import Outcome
from workers.meters import Meter
from workers.store import Store

SLUG = "clean-rivers"


def scraped(site: Site) -> dict[str, float]:
    """Every sample by its name and labels' values."""
    text = site.ask("GET", "/metrics").body.decode()
    assert "@" not in text
    return {
        " ".join([sample.name, *sample.labels.values()]): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_what_the_ledger_counts_is_there_to_be_watched(site: Site):
    """Unknown letters, queues and pauses as well: what wakes an operator."""
    site.act(action())
    found = scraped(site)
    assert found[f"mobilise_actions_total {SLUG}"] == 1
    assert {f"mobilise_letters_unknown_old {SLUG}", "mobilise_queue_messages letters dead"} <= found.keys()
    assert found["mobilise_redis_memory_bytes"] > 0
    assert found["mobilise_redis_aof last_write_status"] == 1
    assert "mobilise_clock_tick_age_seconds" not in found  # no clock has run: an alert is for its absence, too


def test_what_waits_is_told_by_when_it_is_due_and_what_holds_it(site: Site, ledger: Store, server: str):
    """Late ones are what an operator should know of; so is what an import would release."""
    ledger.candidates.apply(SLUG, [candidate(3, email=""), candidate(5)])
    for number in range(4):
        order = take(ledger, person(ledger.ids, number), ("1", "2", "3", "5"))
        ledger.letters.write(SLUG, [order.id], 60_000)
    ledger.answers.put(SLUG, "5", Answer(Said.WRONG_ADDRESS, 1, ledger.ids.address("c5@candidates.example")))
    ledger.waiting.follow(SLUG, "5")
    now = int(time.time() * 1000)
    with redis.Redis.from_url(server) as raw:
        waiting = raw.zrange(f"agenda:{SLUG}", 0, -1)
        times = (now - 30_000, now + 60_000, now + 7_200_000, now + 200_000_000)
        raw.zadd(f"agenda:{SLUG}", dict(zip(waiting, times, strict=True)))
        raw.zadd(f"unknown:{SLUG}", {"d-1": time.time() - 500})
    found = scraped(site)
    assert [found[f"mobilise_waiting_actions {SLUG} {due}"] for due in ("now", "hour", "day", "later")] == [1, 1, 1, 1]
    assert 29 < found[f"mobilise_overdue_seconds {SLUG}"] < 90
    assert 499 < found[f"mobilise_letters_unknown_oldest_seconds {SLUG}"] < 560
    assert found[f"mobilise_letters_held {SLUG} no-address"] == 4
    assert found[f"mobilise_letters_held {SLUG} address-wrong"] == 4
    assert found[f"mobilise_letters {SLUG} held"] == 8


def test_what_all_processes_do_is_added_up(site: Site, ledger: Store):
    """Calls by outcome and how long they took; a process that has ended still counts."""
    for outcome, times in ((Outcome.ACCEPTED, (3.0, 40.0, 70_000.0)), (Outcome.UNKNOWN, (900.0,))):
        meter = Meter(ledger.meters)
        for ms in times:
            meter.provider_called(Called(outcome, duration_ms=ms))
        meter.count("limits_refused", "address", 2)
        meter.flush()
        meter.flush()
    ledger.meters.ticked()
    found = scraped(site)
    assert found["mobilise_provider_calls_total accepted"] == 3
    assert found["mobilise_provider_calls_total unknown"] == 1
    assert found["mobilise_limits_refused_total address"] == 4
    buckets = [found[f"mobilise_provider_call_seconds_bucket {end}"] for end in ("0.01", "0.05", "1.0", "30.0", "+Inf")]
    assert buckets == [1, 2, 3, 3, 4]
    assert found["mobilise_provider_call_seconds_sum"] == pytest.approx(70.943)
    assert found["mobilise_clock_tick_age_seconds"] < 60


def test_how_late_letters_leave_and_reports_come_in_is_told(site: Site, ledger: Store):
    """From due to accepted, and from event to ledger: what a pause, a lack of workers or a failing callback costs."""
    meter = Meter(ledger.meters)
    meter.late("letters_late", [0.2, 59.0, 3_000.0, 1_000_000.0])
    meter.late("reports_late", [-2.0])
    meter.late("reports_late", [])
    meter.flush()
    found = scraped(site)
    ends = ("1.0", "60.0", "3600.0", "86400.0", "+Inf")
    assert [found[f"mobilise_letter_lag_seconds_bucket {end}"] for end in ends] == [1, 2, 3, 3, 4]
    assert found["mobilise_letter_lag_seconds_sum"] == 1_003_059
    assert (found["mobilise_report_lag_seconds_count"], found["mobilise_report_lag_seconds_sum"]) == (1, 0)


def test_reports_that_wait_and_counts_that_drifted_are_told(site: Site, ledger: Store, server: str):
    """Until a report is worked, a bounce stops nobody's mail; drift is what the newest recount found."""
    for number in range(2):
        ledger.callbacks.keep(f"c{number}", b"[]", int(time.time() * 1000))
    with redis.Redis.from_url(server) as raw:
        raw.expire("callback:c1", 14 * 86_400 - 600)
    ledger.meters.note("tally_drift", SLUG, 3)
    ledger.meters.note("tally_drift", SLUG, 2)
    found = scraped(site)
    assert found["mobilise_callbacks_waiting"] == 2
    assert 600 <= found["mobilise_callbacks_oldest_seconds"] < 660
    assert found[f"mobilise_tally_drift {SLUG}"] == 2


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "Via"])
def test_a_request_that_came_through_a_proxy_finds_nothing(site: Site, header: str):
    """They are bound to the loopback: a proxy must not publish them by accident."""
    assert site.ask("GET", "/metrics", headers={header: "203.0.113.7"}).status == 404


def test_calls_and_bulletins_are_told_by_what_became_of_their_copies(site: Site, ledger: Store, server: str):
    """How many run, how late the first batch is, and those of which nobody knows whether they left."""
    content, sender = Content("News", "Hello", "", "t"), Sender("Rivers", "post@rivers.example")
    mailing = Mailing(SLUG, Kind.BULLETIN, "news", "1", Stage.APPROVED, "", content, sender)
    ledger.mailings.approve(mailing, 3)
    ledger.mailings.move(mailing.book, Stage.GATHERING, Stage.APPROVED)
    ledger.mailings.write(mailing, 0, ["pa", "pb", "pc"])
    ledger.mailings.move(mailing.book, Stage.SENDING, Stage.GATHERING)
    with redis.Redis.from_url(server) as raw:
        raw.zadd(f"agenda:{mailing.book}", {ledger.mailings.order_of(mailing, 0)[0]: (time.time() - 60) * 1000})
        raw.zadd(f"unknown:{mailing.book}", {"d-1": time.time() - 7200})
    found = scraped(site)
    assert found["mobilise_copies bulletin queued"] == 3
    assert found["mobilise_copies call queued"] == 0
    assert found["mobilise_mailings bulletin sending"] == 1
    assert 59 < found[f"mobilise_copies_overdue_seconds {mailing.book}"] < 120
    assert found[f"mobilise_letters_unknown_old {mailing.book}"] == 1
