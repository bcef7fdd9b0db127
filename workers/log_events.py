"""Every event that is logged: its name, ``noun.verb``, and what it means to the person who reads the log."""

from __future__ import annotations

EVENTS: dict[str, str] = {
    # actions and letters
    "action.taken": "a supporter acted; the action is on disk",
    "action.repeated": "the same action was asked for again; it got the same answer and no second letter",
    "action.not_announced": "an action is on disk and the queue could not be told; the clock will find it",
    "letters.due": "letters of these actions may leave now",
    "letters.written": "the letters of an action are in the ledger",
    "letters.released": "letters that waited for an address may leave",
    "letters.accepted": "the provider took these letters: each is a contact",
    "letters.rejected": "the provider will never take these letters",
    "letters.unknown": "these letters may have left; no machine posts them again",
    "letters.requeued": "these letters surely did not leave and are tried later",
    "letters.withheld": "these letters are not sent any more, for the reason given",
    "claims.expired": "a process died while it posted: its letters are unknown now",
    # the provider
    "provider.called": "one call to the provider: status and duration",
    "provider.refused": "the provider refused a call in a way that needs a person",
    "sending.paused": "no call to the provider begins in this scope",
    "sending.resumed": "calls to the provider begin again in this scope",
    # what the provider says afterwards
    "reports.received": "a verified batch of reports is on disk",
    "reports.recorded": "a batch of reports has moved its deliveries",
    "reports.refused": "a callback was not signed by the provider",
    "callback.not_announced": "a callback is on disk and the queue could not be told; upkeep will find it",
    # signatures
    "signature.received": "a verified signature callback is on disk",
    "charter.signed": "a candidate is now a signatory",
    "charter.withdrawn": "a candidate is no signatory any more",
    # what people bring in, and the books
    "candidates.imported": "a candidates file was taken in",
    "places.imported": "a postcodes file was taken in",
    "tally.repaired": "the books differed from the ledger and were set right",
    # the queue
    "message.failed": "an actor raised: its message is tried again or becomes a dead letter",
    "message.buried": "a queue message gave up and became a dead letter",
    "ledger.away": "Redis cannot be reached or cannot write; nothing is lost, nothing is sent",
    "ledger.back": "Redis answers again",
    # processes
    "clock.moved": "due work was moved into the queue",
    "clock.started": "a clock process runs",
    "clock.stopped": "a clock process ended",
    "worker.started": "a worker process runs",
    "worker.stopping": "a worker process finishes what it has claimed",
    "worker.stopped": "a worker process ended; what it had not begun is back in the queue",
    "web.started": "the web server listens",
    "web.stopping": "the web server answers what it has begun and ends",
    "outbox.started": "the stand-in for the provider listens",
    "outbox.stopping": "the stand-in for the provider ends",
    "outbox.stopped": "the stand-in for the provider ended",
    "outbox.accepted": "the stand-in took a call",
    "outbox.refused": "the stand-in refused a call as the provider would",
    "outbox.fault": "the stand-in misbehaved as it was told to",
    "outbox.unwritable": "the stand-in cannot write its folder and answers 503",
    "outbox.line_unreadable": "a line of the stand-in's file is broken and passed over",
    "outbox.events_told": "the stand-in sent signed events back",
    "outbox.callback_failed": "the stand-in's events were not taken; it tries again",
    "outbox.callbacks_failed": "the stand-in could not send events for a reason of its own; it goes on",
    "request.refused": "a request was answered with 4xx",
    "request.failed": "a request met an error that is ours",
    "process.started": "a process of `mobilise up` was started",
    "process.not_started": "a process of `mobilise up` could not be started; it is tried again",
    "process.stopped": "a process of `mobilise up` ended as it was asked to",
    "process.died": "a process of `mobilise up` ended by itself",
    "process.restarted": "a process of `mobilise up` was started again",
    # everything else
    "setting.weak": "a setting is fine for trying out and not for the real thing",
    "library.said": "a line of a library's own log: dramatiq, uvicorn, urllib3",
}
