"""British postcodes as people type them, brought into one form."""

from __future__ import annotations

import re
import unicodedata
from itertools import product

from workers.errors import InputError

_AREA = (
    "AB|AL|B|BA|BB|BD|BH|BL|BN|BR|BS|BT|CA|CB|CF|CH|CM|CO|CR|CT|CV|CW|DA|DD|DE|DG|"
    "DH|DL|DN|DT|DY|E|EC|EH|EN|EX|FK|FY|G|GL|GU|HA|HD|HG|HP|HR|HS|HU|HX|IG|IP|IV|"
    "KA|KT|KW|KY|L|LA|LD|LE|LL|LN|LS|LU|M|ME|MK|ML|N|NE|NG|NN|NP|NR|NW|OL|OX|PA|PE|"
    "PH|PL|PO|PR|RG|RH|RM|S|SA|SE|SG|SK|SL|SM|SN|SO|SP|SR|SS|ST|SW|SY|TA|TD|TF|TN|"
    "TQ|TR|TS|TW|UB|W|WA|WC|WD|WF|WN|WR|WS|WV|YO|ZE"
)
#: The areas of Great Britain and Northern Ireland.
AREAS = tuple(_AREA.split("|"))
#: Areas that carry post but elect nobody to Westminster.
_ELSEWHERE = {"JE": "Jersey", "GY": "Guernsey", "IM": "the Isle of Man", "GX": "Gibraltar"}
_OVERSEAS = re.compile("(?:ASCN|BBND|BIQQ|FIQQ|PCRN|SIQQ|STHL|TDCU|TKCA)[0-9][A-Z]{2}")

#: The letters that stand at a postcode's end.
LETTERS = "ABDEFGHJLNPQRSTUWXYZ"
#: The letters C I K M O V never stand in the second half; I L O Q Z never after the district's number.
_POSTCODE = re.compile(rf"(?:{_AREA})(?:[0-9]{{1,2}}|[0-9][A-HJKMNPR-Y]) ?[0-9][{LETTERS}]{{2}}")
#: Seen between and around the halves: blanks of every kind, dashes, points, quotes, signs without width.
_BETWEEN = re.compile(r"[\s\-\u2010-\u2019.,:;_/'\"`\u200b-\u200f\u2060\ufeff\xad]+")
#: What is mistaken for what: the letters O and I, the figures 0 and 1.
_CONFUSED = {"O": "O0", "0": "0O", "I": "I1", "1": "1I"}
#: Characters of what was typed that are looked at; a postcode has at most 8.
_LONGEST = 40

#: What postcodes of other countries look like: figures only (most), Dutch, Canadian, Irish.
_FOREIGN = re.compile(r"[0-9]{4,9}|[1-9][0-9]{3}[A-Z]{2}|(?:[A-Z][0-9]){3}|[A-Z][0-9][0-9W][0-9A-Z]{4}")

_EXAMPLE = "such as SW1A 1AA"


class ElsewhereError(InputError):
    """Raised for a postcode that is well written, but of no home in a Westminster constituency."""


def is_written_well(text: str) -> bool:
    """Whether ``text`` is a postcode in capitals, with one blank or none."""
    return bool(_POSTCODE.fullmatch(text))


def normal_postcode(typed: str) -> str:
    """``typed`` as "SW1A 1AA"; InputError says what is wrong without repeating it."""
    if _POSTCODE.fullmatch(typed):
        return _spaced(typed)
    compact = _compact(typed)
    _refuse_forces_and_overseas(compact)
    readings = _readings(compact)
    if len(readings) != 1:
        raise InputError(_reason(compact), field="postcode")
    return _spaced(readings.pop())


def _spaced(postcode: str) -> str:
    return f"{postcode[:-3].rstrip()} {postcode[-3:]}"


def _compact(typed: str) -> str:
    text = _BETWEEN.sub("", unicodedata.normalize("NFKC", typed[: _LONGEST + 1]).upper())
    if not text:
        raise InputError(f"empty: give a postcode, {_EXAMPLE}", field="postcode")
    if len(typed) > _LONGEST or not (text.isascii() and text.isalnum()):
        raise InputError(f"not a British postcode, {_EXAMPLE}", field="postcode")
    return text


def _refuse_forces_and_overseas(compact: str) -> None:
    if compact.startswith("BFPO") or re.fullmatch(r"BF1[0-9O][A-Z]{2}", compact):
        raise ElsewhereError(
            "a British Forces address: give the postcode you are registered to vote at", field="postcode"
        )
    if compact == "GIR0AA":
        raise ElsewhereError("belongs to a bank, not to a home", field="postcode")
    place = _ELSEWHERE.get(compact[:2]) if re.fullmatch(r"[A-Z]{2}[0-9]{2,3}[A-Z]{2}", compact) else None
    if place:
        raise ElsewhereError(f"in {place}, which is in no Westminster constituency", field="postcode")
    if _OVERSEAS.fullmatch(compact):
        raise ElsewhereError("in an overseas territory, which is in no Westminster constituency", field="postcode")


def _readings(compact: str) -> set[str]:
    """The postcodes that ``compact`` can stand for: itself if it is one, else all with O and 0, I and 1 exchanged."""
    if not 5 <= len(compact) <= 7:
        return set()
    if _POSTCODE.fullmatch(compact):
        return {compact}
    spellings = ("".join(letters) for letters in product(*(_CONFUSED.get(char, char) for char in compact)))
    return {text for text in spellings if _POSTCODE.fullmatch(text)}


def _reason(compact: str) -> str:
    if 2 <= len(compact) <= 4 and re.fullmatch(r"[A-Z]{1,2}[0-9][0-9A-Z]?", compact):
        return f"only the first half: give the whole postcode, {_EXAMPLE}"
    if _FOREIGN.fullmatch(compact):
        return f"not a UK postcode: it looks like one of another country; give one {_EXAMPLE}"
    return f"not a complete British postcode, {_EXAMPLE}"
