"""What SendGrid refuses, said in SendGrid's form."""

from __future__ import annotations

import base64
import binascii
import re
import time
from collections.abc import Callable, Iterator

import msgspec

from workers.outbox.payload import Call, Personalization, decode_call

#: Personalizations, and recipients, a call may have.
MOST_RECIPIENTS = 1000
#: Bytes of substitutions, or of custom_args, a personalization may have.
MOST_BYTES = 10_000
MOST_CATEGORIES = 10
LONGEST_CATEGORY = 255
#: Seconds: mail cannot be scheduled further ahead.
FURTHEST = 72 * 3600
RESERVED_HEADERS = frozenset(
    {
        *("x-sg-id", "x-sg-eid", "received", "dkim-signature", "content-type", "content-transfer-encoding"),
        *("to", "from", "subject", "reply-to", "cc", "bcc"),
    }
)
_HELP = "http://sendgrid.com/docs/API_Reference/Web_API_v3/Mail/errors.html#"
_ADDRESS = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@(?=.{1,253}\Z)(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
)
_HEADER_KEY = re.compile(r"[!-9;-~]+")
_STEP = re.compile(r"\.([^.\[]+)|\[(\d+)\]|\[(\.\.\.)\]")


class Problem(msgspec.Struct, frozen=True):
    """One entry of ``{"errors": [...]}``."""

    message: str
    field: str | None = None
    help: str | None = None


def problem(message: str, field: str | None = None, anchor: str = "") -> Problem:
    """A problem whose help leads to SendGrid's own page of errors."""
    return Problem(message, field, f"{_HELP}{anchor}" if anchor else None)


def decode(body: bytes) -> tuple[Call | None, list[Problem]]:
    """The call in ``body``, or what is wrong with its JSON."""
    try:
        body.decode("utf-8")
        return decode_call(body), []
    except UnicodeDecodeError:
        return None, [problem("Invalid UTF8 in request.")]
    except msgspec.ValidationError as error:
        what, _, path = str(error).partition(" - at `")
        return None, [problem(what, field_of(path.rstrip("`")))]
    except (msgspec.DecodeError, RecursionError):
        return None, [problem("Bad Request")]


def field_of(path: str) -> str | None:
    """``$.personalizations[2].to[0].email`` in SendGrid's way: ``personalizations.2.to.0.email``."""
    steps = ["".join(step) for step in _STEP.findall(path)]
    return ".".join(step for step in steps if step != "...") or None


def is_address(text: str) -> bool:
    """Whether SendGrid would take it: ASCII, one @, a dotted domain, no quoted local part."""
    return _ADDRESS.fullmatch(text) is not None and text.index("@") <= 64


def check(call: Call) -> list[Problem]:
    """Everything that is wrong with ``call``; empty when it may be accepted."""
    found = list(_personalizations(call))
    found += _people(call)
    found += _subject(call)
    if call.content or not call.template_id:
        found += _content(call)
    if call.categories:
        found += _categories(call.categories)
    if call.headers:
        found += _headers(call.headers, "headers")
    if call.attachments:
        found += _attachments(call)
    found += _schedule(call.send_at, "send_at")
    return found


def _personalizations(call: Call) -> Iterator[Problem]:
    count = len(call.personalizations)
    if not count:
        yield problem(
            "The personalizations field is required and must have at least one personalization.",
            "personalizations",
            "-Personalizations-Errors",
        )
    elif count > MOST_RECIPIENTS:
        yield problem(
            f"The personalization block is limited to {MOST_RECIPIENTS} personalizations per API request. "
            f"You have provided {count} personalizations.",
            "personalizations",
            "-Personalizations-Errors",
        )
        return
    elif call.recipients() > MOST_RECIPIENTS:
        yield problem(f"There is a limit of {MOST_RECIPIENTS} total recipients (to + cc + bcc) per request.",
                      "personalizations", "-Personalizations-Errors")  # fmt: skip
    seen: set[str] = set()
    shared = _size(call.custom_args)
    for index, one in enumerate(call.personalizations):
        yield from _recipients(one, index, seen)
        yield from _extras(one, index, shared)


def _recipients(one: Personalization, index: int, seen: set[str]) -> Iterator[Problem]:
    where = f"personalizations.{index}"
    if not one.to:
        yield problem("The to array is required for all personalization objects, and must have at least one email "
                      "object with a valid email address.", f"{where}.to", "message.personalizations.to")  # fmt: skip
    for kind, people in (("to", one.to), ("cc", one.cc), ("bcc", one.bcc)):
        for position, person in enumerate(people):
            if not is_address(person.email):
                yield _no_address(f"{where}.{kind}.{position}.email")
            address = person.email.casefold()
            if address in seen:
                yield problem(
                    "Each email address in the personalization block should be unique between to, cc, and bcc. "
                    f"We found the first duplicate instance of [{person.email}] in the {where}.{kind} field.",
                    where,
                    "message.recipient-errors",
                )
            seen.add(address)


def _no_address(field: str) -> Problem:
    return problem("Does not contain a valid address.", field, "message.recipient-errors")


def _extras(one: Personalization, index: int, shared: int) -> Iterator[Problem]:
    where = f"personalizations.{index}"
    if _size(one.substitutions) > MOST_BYTES:
        yield problem(f"The substitutions of a personalization may not exceed {MOST_BYTES} bytes.",
                      f"{where}.substitutions", "message.personalizations.substitutions")  # fmt: skip
    if shared + _size(one.custom_args) > MOST_BYTES:
        yield problem(f"The combined size of global and personalization custom arguments may not exceed {MOST_BYTES} "
                      "bytes per personalization.", f"{where}.custom_args", "message.custom_args")  # fmt: skip
    if one.subject == "":
        yield problem("The subject of your email must be a string at least one character in length.",
                      f"{where}.subject", "message.subject")  # fmt: skip
    if one.sender is not None and not is_address(one.sender.email):
        yield _no_address(f"{where}.from.email")
    if one.headers:
        yield from _headers(one.headers, f"{where}.headers")
    yield from _schedule(one.send_at, f"{where}.send_at")


def _size(pairs: dict[str, str]) -> int:
    """Bytes of keys and values together."""
    text = "".join([*pairs, *pairs.values()])
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))


def _people(call: Call) -> Iterator[Problem]:
    if call.sender is None or not call.sender.email:
        yield problem(
            "The from object must be provided for every email send. It is an object that requires the email "
            "parameter, but may also contain a name parameter.",
            "from.email" if call.sender else "from",
            "message.from",
        )
    elif not is_address(call.sender.email):
        yield problem("The from email does not contain a valid address.", "from.email", "message.from")
    if call.reply_to and call.reply_to_list:
        yield problem("You can use either reply_to or reply_to_list, but not both.", "reply_to", "message.reply_to")
    if call.reply_to is not None and not is_address(call.reply_to.email):
        yield problem("The reply_to email does not contain a valid address.", "reply_to.email", "message.reply_to")
    for index, person in enumerate(call.reply_to_list):
        if not is_address(person.email):
            yield _no_address(f"reply_to_list.{index}.email")


def _subject(call: Call) -> Iterator[Problem]:
    if call.subject or call.template_id:
        return
    if call.subject == "" or not all(one.subject for one in call.personalizations):
        yield problem(
            "The subject is required. You can get around this requirement if you use a template with a subject "
            "defined or if every personalization has a subject defined.",
            "subject",
            "message.subject",
        )


def _content(call: Call) -> Iterator[Problem]:
    if not call.content:
        yield problem(
            "Unless a valid template_id is provided, the content parameter is required. There must be at least one "
            "defined content block.",
            "content",
            "message.content",
        )
    for index, one in enumerate(call.content):
        if not one.type or ";" in one.type or "\r" in one.type or "\n" in one.type:
            yield problem("The content type must be a string at least one character in length, without ';' or CRLF.",
                          f"content.{index}.type", "message.content.type")  # fmt: skip
        if not one.value:
            yield problem("The content value must be a string at least one character in length.",
                          f"content.{index}.value", "message.content.value")  # fmt: skip
    order = [_rank(one.type) for one in call.content]
    if order != sorted(order):
        yield problem("If present, text/plain must be first, followed by text/html, followed by any other content.",
                      "content", "message.content.type")  # fmt: skip


def _rank(kind: str) -> int:
    return {"text/plain": 0, "text/html": 1}.get(kind.lower(), 2)


def _categories(categories: list[str]) -> Iterator[Problem]:
    if len(categories) > MOST_CATEGORIES:
        yield problem(f"There is a limit of {MOST_CATEGORIES} categories for each email that is sent. "
                      f"You provided {len(categories)}.", "categories", "message.categories")  # fmt: skip
    if len(set(categories)) != len(categories):
        yield problem("The categories must be a unique list.", "categories", "message.categories")
    for index, category in enumerate(categories):
        if len(category) > LONGEST_CATEGORY or not category.isascii():
            yield problem(f"Each category must be ASCII and not longer than {LONGEST_CATEGORY} characters.",
                          f"categories.{index}", "message.categories")  # fmt: skip


def _headers(headers: dict[str, str], where: str) -> Iterator[Problem]:
    for key, value in headers.items():
        if key.lower() in RESERVED_HEADERS:
            yield problem("Header can not be one of the reserved keys.", where, "message.headers")
        elif not _HEADER_KEY.fullmatch(key):
            yield problem("Header keys must not contain non-ASCII characters or empty spaces.", where,
                          "message.headers")  # fmt: skip
        if "\r" in value or "\n" in value:
            yield problem("Header values must not contain CRLF characters.", where, "message.headers")


def _attachments(call: Call) -> Iterator[Problem]:
    for index, one in enumerate(call.attachments):
        where = f"attachments.{index}"
        if not one.filename:
            yield problem("filename is required.", f"{where}.filename", "message.attachments.filename")
        if not _is_base64(one.content):
            yield problem("The attachment content must be base64 encoded.", f"{where}.content",
                          "message.attachments.content")  # fmt: skip


def _is_base64(text: str) -> bool:
    try:
        return bool(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError):
        return False


def _schedule(at: int | None, field: str, now: Callable[[], float] = time.time) -> Iterator[Problem]:
    if at is not None and at > now() + FURTHEST:
        yield problem("Scheduling more than 72 hours in advance is forbidden.", field, "message.send_at")
