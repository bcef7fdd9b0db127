"""What a candidate can answer to the asking besides a signature, and the private reason that may come with it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from workers.errors import InputError

#: Characters.
REASON = 500


class Said(StrEnum):
    """Each is kept once; the scripts that write and claim letters know these words (``_addresses.lua``)."""

    DECLINED = "declined"  # will not sign: letters are withheld
    STOPPED = "stopped"  # is not to be written to again: letters are withheld
    WRONG_ADDRESS = "wrong-address"  # an address is not theirs: letters go to another, or are held
    LESS_OFTEN = "less-often"  # at most one mail a day: a summary of all letters, or one letter while the others wait


@dataclass(frozen=True, slots=True)
class Answer:
    """``at`` is epoch seconds; ``about`` an address id (wrong-address only) or ""."""

    said: Said
    at: int
    about: str = ""


def private_reason(text: str) -> str:
    """A reason as it is kept; InputError if it is too long."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    reason = "\n".join("".join(filter(str.isprintable, line)) for line in lines).strip()
    if len(reason) > REASON:
        raise InputError(f"may have {REASON} characters", field="reason")
    return reason
