"""The metrics themselves: each function reads one corner of ledger and queue, and says what the numbers mean."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric

from workers.app import App
from workers.campaign.mailings import Kind, Stage
from workers.campaign.states import State
from workers.meters import BUCKETS_MS, BUCKETS_S
from workers.pulse import SILENT_S
from workers.store.keys import receipts_book

#: What processes count: name → its meaning and what its label says.
COUNTERS = {
    "provider_calls": ("Calls to the provider, by what they came to.", "outcome"),
    "limits_refused": ("Requests refused with 429, by the limit.", "limit"),
    "readers_left": ("People who left calls, bulletins or all mail, by where they said so.", "by"),
}


#: Seconds for which a call or bulletin that started is told of: reports come for days.
LATELY_S = 14 * 86_400

#: What is counted by how long it took, in seconds: name → metric and meaning.
LAGS = {
    "letters_late": ("mobilise_letter_lag_seconds", "From when letters were due to their being accepted."),
    "reports_late": ("mobilise_report_lag_seconds", "From what the provider reports to its being worked."),
}


def books(app: App) -> Iterator[Metric]:
    """Letters by state, people, signatories, actions: what the tally says."""
    letters = GaugeMetricFamily("mobilise_letters", "Letters by state.", labels=["book", "state"])
    people = GaugeMetricFamily("mobilise_supporters", "People who acted.", labels=["campaign"])
    signed = GaugeMetricFamily("mobilise_signatories", "Candidates who signed.", labels=["campaign"])
    taken = CounterMetricFamily("mobilise_actions", "Actions taken.", labels=["campaign"])
    aside = GaugeMetricFamily("mobilise_unconfirmed_actions", "Actions not confirmed yet.", labels=["campaign"])
    held = GaugeMetricFamily("mobilise_letters_held", "Held letters, by why.", labels=["campaign", "reason"])
    for slug in app.campaigns:
        for book in (slug, receipts_book(slug)):
            for state, n in app.store.tallies.totals(book).letters.items():
                letters.add_metric([book, state], n)
        totals = app.store.tallies.totals(slug)
        people.add_metric([slug], totals.supporters)
        signed.add_metric([slug], totals.signatories)
        taken.add_metric([slug], app.store.actions.count(slug))
        aside.add_metric([slug], app.store.intents.count(slug))
        for reason, n in app.store.meters.held(slug).items() if totals.letters.get("held") else ():
            held.add_metric([slug, reason], n)
    yield from (letters, people, signed, taken, aside, held)


def mailings(app: App) -> Iterator[Metric]:
    """Calls and bulletins that started lately, or that somebody should see to: their copies, and how late these are."""
    copies = GaugeMetricFamily("mobilise_copies", "Copies of those of two weeks.", labels=["kind", "state"])
    number = GaugeMetricFamily("mobilise_mailings", "Calls and bulletins, by stage.", labels=["kind", "stage"])
    late = GaugeMetricFamily("mobilise_copies_overdue_seconds", "The longest overdue batch.", labels=["book"])
    found = app.store.mailings.of()
    lately = [one for one in found if one.started_at > time.time() - LATELY_S]
    totals = app.store.tallies.totals_of([one.book for one in lately])
    stages = Counter((one.kind, one.stage) for one in found)
    for kind in Kind:
        counts = Counter[str]()
        for one in (one for one in lately if one.kind is kind):
            counts.update(totals[one.book].letters)
        for state in State:
            copies.add_metric([kind, state], counts[state])
        for stage in (Stage.GATHERING, Stage.SENDING, Stage.OVERDUE):
            number.add_metric([kind, stage], stages[kind, stage])
    leaving = [one.book for one in found if one.stage is Stage.SENDING]
    for book, wait in app.store.meters.waits(leaving).items():
        late.add_metric([book], wait.late_s)
    yield from (copies, number, late)


def waiting(app: App) -> Iterator[Metric]:
    """What is still to be sent, and how late it is."""
    actions = GaugeMetricFamily("mobilise_waiting_actions", "Actions with letters to send.", labels=["campaign", "due"])
    late = GaugeMetricFamily("mobilise_overdue_seconds", "The longest overdue action.", labels=["campaign"])
    for slug, wait in app.store.meters.waits(list(app.campaigns)).items():
        for due in ("now", "hour", "day", "later"):
            actions.add_metric([slug, due], getattr(wait, due))
        late.add_metric([slug], wait.late_s)
    gathered = GaugeMetricFamily("mobilise_candidates_gathered", "Who gets a daily summary.", labels=["campaign"])
    for slug in app.campaigns:
        gathered.add_metric([slug], len(app.store.summaries.all(slug)))
    yield from (actions, late, gathered)


def unknown(app: App) -> Iterator[Metric]:
    """Letters that may have left."""
    old = GaugeMetricFamily("mobilise_letters_unknown_old", "Unknown longer than upkeep.unknown_s.", labels=["book"])
    oldest = GaugeMetricFamily("mobilise_letters_unknown_oldest_seconds", "The oldest unknown letter.", labels=["book"])
    names = [book for slug in app.campaigns for book in (slug, receipts_book(slug))]
    names += [one.book for one in app.store.mailings.lately(LATELY_S / 86_400)]
    for book, doubt in app.store.unknowns.count(names, app.settings.upkeep.unknown_s).items():
        old.add_metric([book], doubt.old)
    for book, seconds in app.store.meters.oldest_unknown_s(names).items():
        oldest.add_metric([book], seconds)
    yield from (old, oldest)


def queues(app: App) -> Iterator[Metric]:
    """Messages, dead ones too, and how long the oldest has waited."""
    messages = GaugeMetricFamily("mobilise_queue_messages", "Messages by queue.", labels=["queue", "where"])
    oldest = GaugeMetricFamily("mobilise_queue_oldest_seconds", "The oldest message that waits.", labels=["queue"])
    for queue in sorted(app.broker.get_declared_queues()):
        for where, n in app.broker.sizes(queue).items():
            messages.add_metric([queue, where], n)
        oldest.add_metric([queue], app.broker.oldest_s(queue))
    yield from (messages, oldest)


def callbacks(app: App) -> Iterator[Metric]:
    """What the provider and others reported: on disk, and not worked yet."""
    number, oldest = app.store.meters.callbacks()
    yield GaugeMetricFamily("mobilise_callbacks_waiting", "Callbacks that are not worked yet.", value=number)
    yield GaugeMetricFamily("mobilise_callbacks_oldest_seconds", "Since the oldest of them came.", value=oldest)


def stops(app: App) -> Iterator[Metric]:
    """What is paused or held back, what is being posted, and whether a clock lives."""
    paused = GaugeMetricFamily("mobilise_paused", "1 for each paused scope.", labels=["scope"])
    for scope in app.store.pauses.all():
        paused.add_metric([scope], 1)
    yield paused
    seconds = app.store.pauses.hold_ms() / 1000
    yield GaugeMetricFamily("mobilise_provider_hold_seconds", "Until the provider may be called.", value=seconds)
    flying = app.store.letters.claims_in_flight()
    yield GaugeMetricFamily("mobilise_claims_in_flight", "Actions being posted now.", value=flying)
    age = app.store.meters.tick_age_s()
    if age is not None:
        yield GaugeMetricFamily("mobilise_clock_tick_age_seconds", "Since any clock looked at what is due.", value=age)


def living(app: App) -> Iterator[Metric]:
    """Which processes gave a sign of life lately."""
    family = GaugeMetricFamily("mobilise_processes", "Processes that live, by kind.", labels=["kind"])
    oldest = time.time() - SILENT_S
    alive = Counter(sign.kind for sign in app.store.pulse.living() if sign.at > oldest)
    for kind in ("clock", "web", "worker"):
        family.add_metric([kind], alive[kind])
    yield family


def counted(app: App) -> Iterator[Metric]:
    """What all processes counted, those that have ended too."""
    counts = app.store.meters.counts()
    for name, (says, label) in COUNTERS.items():
        family = CounterMetricFamily(f"mobilise_{name}", says, labels=[label])
        for value, n in _of(counts, name).items():
            family.add_metric([value], n)
        yield family
    drift = GaugeMetricFamily("mobilise_tally_drift", "Counts that the last recount found wrong.", labels=["book"])
    for book, n in _of(counts, "tally_drift").items():
        drift.add_metric([book], n)
    yield drift
    calls = _of(counts, "provider_ms_bucket")
    yield HistogramMetricFamily(
        "mobilise_provider_call_seconds",
        "How long calls to the provider took.",
        buckets=list(_buckets(calls, BUCKETS_MS, 1000)),
        sum_value=counts.get("provider_ms_sum", 0) / 1000,
    )


def lags(app: App) -> Iterator[Metric]:
    """How long letters and reports were on their way, added up over all processes."""
    counts = app.store.meters.counts()
    for name, (metric, says) in LAGS.items():
        ends = list(_buckets(_of(counts, f"{name}_s_bucket"), BUCKETS_S, 1))
        yield HistogramMetricFamily(metric, says, buckets=ends, sum_value=counts.get(f"{name}_s_sum", 0))


def server(app: App) -> Iterator[Metric]:
    """The ledger's server: memory, and whether what it is given is on disk."""
    says = app.store.meters.server()
    used, most = int(says["used_memory"]), int(says.get("maxmemory", 0))
    yield GaugeMetricFamily("mobilise_redis_memory_bytes", "Memory that Redis uses.", value=used)
    yield GaugeMetricFamily("mobilise_redis_memory_limit_bytes", "At most; 0 is no limit.", value=most)
    ok = {name: says.get(name) == "ok" for name in ("aof_last_write_status", "aof_last_bgrewrite_status")}
    ok["aof_enabled"] = bool(says.get("aof_enabled"))
    family = GaugeMetricFamily("mobilise_redis_aof", "1 if this is well with its append-only file.", labels=["what"])
    for name, well in ok.items():
        family.add_metric([name.removeprefix("aof_")], int(well))
    yield family


#: All of them, in the order in which they are shown.
READINGS: Sequence[Callable[[App], Iterator[Metric]]] = (
    books,
    mailings,
    waiting,
    unknown,
    queues,
    callbacks,
    stops,
    living,
    counted,
    lags,
    server,
)


def _of(counts: Mapping[str, int], name: str) -> dict[str, int]:
    """Label → count of one name."""
    return {field.partition(" ")[2]: n for field, n in sorted(counts.items()) if field.partition(" ")[0] == name}


def _buckets(counts: Mapping[str, int], ends: Sequence[int], a_second: int) -> Iterator[tuple[str, float]]:
    """Upper end in seconds → how many took no longer."""
    total = 0
    for end in ends:
        total += counts.get(str(end), 0)
        yield str(end / a_second), total
    yield "+Inf", total + counts.get("rest", 0)
