"""The shape of a bulletin's and a call's file: their keys, their types, sizes and defaults."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from workers.campaign.mailings import AT_ONCE
from workers.senderfile import Language, Line, SenderIn

Rate = Annotated[float, Meta(ge=0, le=100_000)]
Days = Annotated[float, Meta(gt=0, le=365)]


class SpeedIn(Struct, frozen=True):
    """How fast copies leave at most."""

    per_second: Rate = AT_ONCE.per_second
    per_domain_per_second: Rate = AT_ONCE.per_domain_per_second
    warm_up: Annotated[list[Annotated[int, Meta(ge=1, le=100_000_000)]], Meta(max_length=90)] = []
    per_week: Annotated[int, Meta(ge=0, le=100)] = AT_ONCE.per_week


class MailingIn(Struct):
    """What both say."""

    campaign: Line
    title: Line
    subject: Line
    preheader: Annotated[str, Meta(max_length=200)] = ""
    where: Annotated[str, Meta(max_length=2000)] = ""
    language: Language = ""  # the campaign's
    frame: Annotated[str, Meta(pattern=r"\A[a-z0-9-]{1,40}\Z", description="the name of a folder")] = "plain"
    sender: SenderIn | None = None  # the campaign's
    speed: SpeedIn = SpeedIn()


class BulletinIn(MailingIn):
    """The whole of bulletin.toml."""

    events_days: Annotated[int, Meta(ge=1, le=400)] = 62
    schedule: Annotated[str, Meta(max_length=200)] = ""


class ReminderIn(Struct, frozen=True):
    """The one reminder to those who did not act."""

    after_days: Days
    subject: Line


class CallIn(MailingIn):
    """The whole of call.toml."""

    letter: Annotated[str, Meta(max_length=20_000)] = ""
    reminder: ReminderIn | None = None
