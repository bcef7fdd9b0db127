"""``POST /callbacks/…``: what others report, checked on the raw bytes, on disk before it is answered, worked later."""

from __future__ import annotations

import hashlib
import time

import msgspec
import structlog
from starlette.requests import Request
from starlette.responses import Response

from workers.app import App
from workers.campaign.events import Event, ReportsReceived, SignatureReceived
from workers.campaign.evidence import evidence_url
from workers.campaign.model import Campaign
from workers.campaign.signature import signing_time
from workers.errors import InputError, NotFoundError, UnavailableError
from workers.mail.reports import verify
from workers.web.bodies import decode, read_body, refuse_encoded
from workers.web.campaigns import campaign_of
from workers.web.problems import WRONG_SIGNATURE, FieldError, Problem, invalid
from workers.web.shapes import SignatureIn
from workers.web.threads import Threads
from workers.web.webhooks import Webhooks

log = structlog.get_logger()

#: Bytes of a batch of reports; SendGrid sends at most 768 kB, and says that this may grow.
_REPORTS = 5_000_000
_TYPES = ("charter.signed", "charter.withdrawn")

_batch = msgspec.json.Decoder(list[msgspec.Raw])
_signature = msgspec.json.Decoder(SignatureIn)


class SignatureCallback(msgspec.Struct, frozen=True):
    """A signature callback as it is kept: with what its headers said, for the actor that works it."""

    campaign: str
    webhook: str
    received_at: int
    body: msgspec.Raw


class Callbacks:
    """The endpoints, on the services of one process."""

    def __init__(self, app: App, threads: Threads) -> None:
        self._app, self._threads = app, threads
        self._keys = app.settings.secrets.webhook_public_keys()
        self._webhooks = Webhooks(app.settings.secrets.get("SIGNATURE_WEBHOOK_SECRET"))
        self._nudge_ms = int(app.settings.clock.nudge_s * 1000)

    async def reports(self, request: Request) -> Response:
        """204 once SendGrid's signed batch is on disk; 403 if it is not SendGrid's."""
        refuse_encoded(request)
        signed = request.headers.get("x-twilio-email-event-webhook-signature", "")
        stamp = request.headers.get("x-twilio-email-event-webhook-timestamp", "")
        raw = await read_body(request, _REPORTS)
        await self._threads.run(self._keep_reports, raw, signed, stamp)
        return Response(status_code=204)

    async def signatures(self, request: Request) -> Response:
        """204 once a signed signature callback is on disk; 403 if it is not signed with one of our secrets."""
        campaign = campaign_of(request, self._app.campaigns)
        refuse_encoded(request)
        raw = await read_body(request, self._app.settings.web.max_body)
        if not self._webhooks.verify(raw, request.headers):
            raise _unsigned(configured=self._webhooks.configured)
        signature = decode(raw, _signature)
        if flaws := _flaws(signature):
            raise invalid(flaws)
        webhook = request.headers["webhook-id"]
        await self._threads.run(self._keep_signature, campaign, signature.data.candidate_id, webhook, raw)
        return Response(status_code=204)

    def _keep_reports(self, raw: bytes, signature: str, timestamp: str) -> None:
        if not verify(raw, signature, timestamp, self._keys):
            log.warning("reports.refused", configured=bool(self._keys))
            raise _unsigned(configured=bool(self._keys))
        decode(raw, _batch)
        callback = "c" + hashlib.blake2b(raw, digest_size=10).hexdigest()
        self._keep(callback, raw, ReportsReceived("", callback))

    def _keep_signature(self, campaign: Campaign, candidate: str, webhook: str, raw: bytes) -> None:
        try:
            self._app.store.candidates.get(campaign.slug, candidate)
        except NotFoundError:
            raise invalid([FieldError("data.candidate_id", "is not a candidate of this campaign")]) from None
        # Derived from the sender's id for it: a repeated callback is the same callback.
        digest = hashlib.blake2b(f"{campaign.slug}\x1f{webhook}".encode(), digest_size=10)
        callback = "s" + digest.hexdigest()
        kept = SignatureCallback(campaign.slug, webhook, int(time.time()), msgspec.Raw(raw))
        self._keep(callback, msgspec.json.encode(kept), SignatureReceived(campaign.slug, callback))

    def _keep(self, callback: str, raw: bytes, event: Event) -> None:
        self._app.store.callbacks.keep(callback, raw, int(time.time() * 1000) + self._nudge_ms)
        try:
            self._app.publish(event)
        except UnavailableError:
            # It is on disk: the clock finds it by its time.
            log.warning("callback.not_announced", callback=callback)


def _flaws(signature: SignatureIn) -> list[FieldError]:
    """What is wrong with a callback that has the right shape."""
    flaws = [] if signature.type in _TYPES else [FieldError("type", f"must be {' or '.join(_TYPES)}")]
    try:
        signing_time(signature.timestamp.timestamp(), time.time())
    except (InputError, OverflowError):
        flaws.append(FieldError("timestamp", "lies in the future or before the year 2000"))
    try:
        if signature.data.evidence_url is not None:
            evidence_url(signature.data.evidence_url)
    except InputError as error:
        flaws.append(FieldError("data.evidence_url", error.what))
    return flaws


def _unsigned(*, configured: bool) -> Problem:
    if not configured:
        return Problem(WRONG_SIGNATURE, "this callback is not set up: no key to check it with is known here")
    return Problem(WRONG_SIGNATURE, "no key that is known here made this signature, or its time is too far off")
