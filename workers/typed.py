"""What people type, in a form or a file: each rule gives the value in its kept form, or says in words what is wrong."""

from __future__ import annotations

import re
import unicodedata

from email_validator import SPECIAL_USE_DOMAIN_NAMES, EmailNotValidError, validate_email

from workers.errors import InputError

#: Characters.
_NAME, _SUBJECT, _MESSAGE, _EMAIL, _DOMAIN = 120, 150, 10_000, 254, 254

#: What most addresses look like, and always right: the library takes 25 µs to say so. All others are for it to judge.
_LABEL = r"(?!..--)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_RESERVED = "|".join(sorted({name.rpartition(".")[2] for name in SPECIAL_USE_DOMAIN_NAMES}))
_PLAIN_ADDRESS = re.compile(
    rf"(?=[^@]{{1,64}}@)[a-z0-9_+-]+(?:\.[a-z0-9_+-]+)*@(?:{_LABEL}\.)+(?!(?:{_RESERVED})\Z)(?!..--)[a-z]{{2,63}}",
    re.IGNORECASE | re.ASCII,
)
_SLUG = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/-]{0,63}")
#: Control characters, halves of surrogate pairs, separators of lines and paragraphs (Cc, Cs, Zl, Zp); in a text, tabs
#: and line feeds are none.
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_CONTROL_IN_TEXT = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_LINE_BREAKS = re.compile(r"\r\n?|\u2028|\u2029|\x85")
#: Signs that turn the direction of the text around them: in a header they make one name look like another.
_TURNING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def name(typed: str) -> str:
    """As typed, with single spaces."""
    _one_line(typed.strip(), _NAME)
    text = " ".join(unicodedata.normalize("NFC", typed).split())
    if not text[:1].isalpha() and not any(unicodedata.category(char).startswith("L") for char in text):
        raise InputError("must hold at least one letter" if text else "must not be empty")
    return text


def email(typed: str) -> str:
    """As typed, without spaces around it; a domain beyond ASCII in the form that mail servers take."""
    text = typed.strip()
    if not text:
        raise InputError("must not be empty")
    if len(text) > _EMAIL:
        raise InputError(f"must have at most {_EMAIL} characters")
    if _PLAIN_ADDRESS.fullmatch(text) and len(text) - text.index("@") <= _DOMAIN:
        return text
    try:
        found = validate_email(text, check_deliverability=False, allow_smtputf8=False)
    except EmailNotValidError:
        raise InputError("must be one plain e-mail address, such as name@domain") from None
    return text if text.isascii() else found.ascii_email or found.normalized


def message(typed: str) -> str:
    """With line feeds for line breaks; blank is as if none was given."""
    text = typed.strip() if typed.isprintable() else _LINE_BREAKS.sub("\n", typed).strip()
    if len(text) > _MESSAGE:
        raise InputError(f"must have at most {_MESSAGE:,} characters")
    if not text.isprintable() and _CONTROL_IN_TEXT.search(text):
        raise InputError("must not hold control characters")
    return text


def subject(typed: str) -> str:
    """One line, single spaces."""
    _one_line(typed.strip(), _SUBJECT)
    return " ".join(typed.split())


def source(typed: str) -> str:
    """A short name without spaces, or ""."""
    if typed and not _SLUG.fullmatch(typed):
        raise InputError("must be 1 to 64 of A-Z a-z 0-9 . _ : / - and begin with a letter or figure")
    return typed


def _one_line(text: str, most: int) -> None:
    if text.isascii() and text.isprintable():
        pass
    elif _CONTROL.search(text) or not _TURNING.isdisjoint(text):
        raise InputError("must be one line without control characters")
    if len(text) > most:
        raise InputError(f"must have at most {most} characters")
