"""The shape of a campaign file: its tables and keys, their types, sizes and defaults."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from msgspec import Meta, Struct

from workers.campaign.model import Breaker
from workers.campaign.pace import CAP_MOST, CAP_USUAL, DOMAIN_CAP_MOST, DOMAIN_CAP_USUAL, QUIET_USUAL
from workers.campaign.summary import HOUR_USUAL, TOLERANCE_MOST, TOLERANCE_USUAL
from workers.senderfile import Language, Line, SenderIn

Text = Annotated[str, Meta(min_length=1, max_length=20_000)]
Share = Annotated[float, Meta(gt=0, le=1)]
_USUAL = Breaker()


class VariantIn(Struct):
    """One way to write."""

    name: Line
    subject: Line
    body: Text
    ask: Annotated[str, Meta(max_length=20_000)] = ""
    when: dict[str, Any] = {}


class ThanksIn(Struct):
    """What who has signed is written, in place of the variants."""

    subject: Line
    body: Text


class LetterIn(Struct):
    """What supporters write."""

    salutation: Line
    sign_off: Annotated[str, Meta(min_length=1, max_length=1000)]
    variants: Annotated[list[VariantIn], Meta(min_length=1)]
    thanks: ThanksIn | None = None


class BreakerIn(Struct, frozen=True):
    """When the campaign stops by itself."""

    window_minutes: Annotated[int, Meta(ge=1, le=240)] = _USUAL.window_minutes
    minimum: Annotated[int, Meta(ge=1, le=1_000_000)] = _USUAL.minimum
    rejected: Share = _USUAL.rejected
    bounced: Share = _USUAL.bounced
    complained: Share = _USUAL.complained


class ConfirmationIn(Struct, frozen=True):
    """For how long a supporter's word is enough."""

    lately_days: Annotated[int, Meta(ge=0, le=365)] = 30


class PaceIn(Struct):
    """How many letters leave in an hour, and in which hours."""

    cap: Annotated[int, Meta(ge=1, le=CAP_MOST)] = CAP_USUAL
    domain_cap: Annotated[int, Meta(ge=1, le=DOMAIN_CAP_MOST)] = DOMAIN_CAP_USUAL
    curve: Line = "0-24"
    quiet: Annotated[str, Meta(max_length=200)] = QUIET_USUAL


class SummaryIn(Struct, frozen=True):
    """When a candidate gets one mail a day in place of single letters."""

    tolerance: Annotated[int, Meta(ge=0, le=TOLERANCE_MOST)] = TOLERANCE_USUAL
    hour: Annotated[int, Meta(ge=0, le=23)] = HOUR_USUAL


class FileIn(Struct):
    """The whole file."""

    title: Line
    charter: Text
    opens: datetime
    closes: datetime
    polling_day: date
    sender: SenderIn
    imprint: Annotated[str, Meta(min_length=1, max_length=1000)]
    letter: LetterIn
    time_zone: Line = "Europe/London"
    language: Language = "en-GB"
    boundaries: Annotated[str, Meta(max_length=40)] = ""
    breaker: BreakerIn = BreakerIn()
    confirmation: ConfirmationIn = ConfirmationIn()
    pace: PaceIn | None = None
    summary: SummaryIn | None = None
