"""The shape of a mail/send call, as SendGrid's API description has it."""

from __future__ import annotations

from typing import Any

import msgspec


class Address(msgspec.Struct, frozen=True, gc=False):
    """Somebody's address, with the name to show."""

    email: str = ""
    name: str | None = None


class Personalization(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """One envelope: who gets it, and what differs for them."""

    to: list[Address] = []
    cc: list[Address] = []
    bcc: list[Address] = []
    sender: Address | None = msgspec.field(default=None, name="from")
    subject: str | None = None
    headers: dict[str, str] = {}
    substitutions: dict[str, str] = {}
    custom_args: dict[str, str] = {}
    dynamic_template_data: dict[str, Any] = {}
    send_at: int | None = None


class Content(msgspec.Struct, gc=False):
    """One body of the mail."""

    type: str = ""
    value: str = ""


class Attachment(msgspec.Struct, gc=False):
    """A file that goes along, base64."""

    content: str = ""
    filename: str = ""
    type: str | None = None
    disposition: str | None = None
    content_id: str | None = None


class Switch(msgspec.Struct, gc=False):
    """A setting that is on or off."""

    enable: bool = False


class MailSettings(msgspec.Struct, gc=False):
    """Only the sandbox means something here; the rest is taken and ignored."""

    sandbox_mode: Switch | None = None


class Call(msgspec.Struct, forbid_unknown_fields=True):
    """The body of ``POST /v3/mail/send``; every default stands for "not given"."""

    personalizations: list[Personalization] = []
    sender: Address | None = msgspec.field(default=None, name="from")
    reply_to: Address | None = None
    reply_to_list: list[Address] = []
    subject: str | None = None
    content: list[Content] = []
    attachments: list[Attachment] = []
    template_id: str | None = None
    sections: dict[str, str] = {}
    headers: dict[str, str] = {}
    categories: list[str] = []
    custom_args: dict[str, str] = {}
    send_at: int | None = None
    batch_id: str | None = None
    asm: dict[str, Any] | None = None
    ip_pool_name: str | None = None
    mail_settings: MailSettings | None = None
    tracking_settings: dict[str, Any] | None = None

    def is_sandboxed(self) -> bool:
        """Whether the caller only wants to know if the call is valid."""
        settings = self.mail_settings
        return bool(settings and settings.sandbox_mode and settings.sandbox_mode.enable)

    def deliveries(self) -> list[str]:
        """The delivery ids that travel in custom_args, one for each personalization that has one."""
        found = (one.custom_args.get("delivery") or self.custom_args.get("delivery") for one in self.personalizations)
        return [delivery for delivery in found if delivery]

    def addresses(self) -> set[str]:
        """Every recipient's address, casefolded."""
        return {person.email.casefold() for one in self.personalizations for person in (*one.to, *one.cc, *one.bcc)}

    def recipients(self) -> int:
        """How many mails this call makes."""
        return sum(len(one.to) + len(one.cc) + len(one.bcc) for one in self.personalizations)


class Entry(msgspec.Struct):
    """One line of ``accepted.jsonl``: a call that was taken, epoch seconds, and the fault it met if any."""

    message_id: str
    at: float
    payload: Call
    fault: str = ""


decode_call = msgspec.json.Decoder(Call).decode
decode_entry = msgspec.json.Decoder(Entry).decode
