"""What campaigns, bulletins and calls say alike in their files: a line of words, a language, whom mail comes from."""

from __future__ import annotations

import unicodedata
from typing import Annotated

from email_validator import EmailNotValidError, validate_email
from msgspec import Meta, Struct

from workers.shapes import Fitting, printable
from workers.tomlfile import Keys

_LANGUAGE = r"\A[a-z]{2,3}(-[A-Za-z0-9]{2,8})*\Z"
#: SendGrid splits names at these; mail programs end them at the others.
_NOT_IN_NAME = ',;<>"\\@'
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")

Line = Annotated[str, Meta(min_length=1, max_length=200)]
Language = Annotated[str, Meta(pattern=_LANGUAGE, description="a language tag, such as en-GB or cy")]


class SenderIn(Struct):
    """Whom the mail comes from."""

    name: Annotated[str, Meta(min_length=1, max_length=64)]
    address: Line


def check_line(fitting: Fitting, keys: Keys, text: str) -> None:
    """A problem if ``text`` breaks its line, or holds what nobody sees."""
    if any(not _belongs_in_line(char) for char in text):
        fitting.problem(keys, "holds a line break or invisible character", "write it on one line")


def check_sender(fitting: Fitting, sender: SenderIn) -> None:
    """A problem if mail programs would misread its name, or nobody could answer to its address."""
    if any(char in _NOT_IN_NAME for char in sender.name):
        fitting.problem(("sender", "name"), f"holds one of {' '.join(_NOT_IN_NAME)}", "mail programs would misread it")
    try:
        validate_email(sender.address, check_deliverability=False)
    except EmailNotValidError as error:
        fitting.problem(("sender", "address"), f"is not an e-mail address: {_sentence(error)}", "write name@domain")


def _belongs_in_line(char: str) -> bool:
    """False for line breaks, controls, lone surrogates, and marks that turn the direction of writing."""
    return unicodedata.category(char) not in {"Cc", "Zl", "Zp", "Cs"} and char not in _TURNING


def _sentence(error: EmailNotValidError) -> str:
    text = str(error).rstrip(".")
    return printable(text[:1].lower() + text[1:])
