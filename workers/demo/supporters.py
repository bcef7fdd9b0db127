"""Invented supporters: the same each time, and as people are: they share addresses, and they ask twice."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

_FIRST_NAMES = """
Alder Bettany Corwin Della Eustace Florrie Gethin Hattie Idris Jocasta Kenelm Lettice Merrick Nerys Osric Philippa
Quentin Rosalba Silvan Tamsin Ulric Verity Wystan Xenia Yestin Zelda Amabel Bevis Clemency Dunstan Effie Faramond
"""
_LAST_NAMES = """
Applegarth Birdwhistle Cloudesley Dapplemere Elmhurst Foxglove Goldfinch Hazelwick Ivythorn Jackdaw Kittiwake
Lavenham-Frost Mistletoe Northlight Oatfield Plumtree Quaywater Ravenscote Sallowfield Thimblethorpe Underhay
Vetchling Wintergreen Yarrowby Zephyrhill
"""
_FIRST, _LAST = _FIRST_NAMES.split(), _LAST_NAMES.split()
_OWN_WORDS = (
    "My grandmother lives in two rooms because she can only heat two. That is one bedroom less than she has.",
    "I rent. The landlord says insulation is not his problem, and the council says it is not theirs.\n\nWhose is it?",
    "Our street asked for a survey four years ago: 38 houses, 31 of them below the lowest standard.",
    "Ich schreibe Ihnen, weil es in unserer Wohnung im Januar 12 °C hatte — naïve to hope for better?",
)


@dataclass(frozen=True, slots=True)
class Supporter:
    """Someone who writes; ``message`` is "" if the campaign's words will do."""

    name: str
    email: str
    postcode: str
    message: str = ""
    asks_twice: bool = False

    def again(self) -> Supporter:
        """The same person, who types differently the second time."""
        name, postcode = f"  {self.name.upper()} ", f" {self.postcode.lower()} "
        return replace(self, name=name, email=self.email.upper(), postcode=postcode)


def supporters(postcodes: Sequence[str]) -> Iterator[Supporter]:
    """For ever; the postcodes come round again and again."""
    number = 0
    while True:
        postcode = postcodes[number % len(postcodes)]
        first, last = _FIRST[number % len(_FIRST)], _LAST[(number * 7 + number // len(_FIRST)) % len(_LAST)]
        one = Supporter(
            name=f"{first} {last}",
            email=f"{first}.{last}.{number}@post.example".lower(),
            postcode=postcode,
            message=_OWN_WORDS[number // 5 % len(_OWN_WORDS)] if number % 5 == 2 else "",
            asks_twice=number % 7 == 3,
        )
        yield one
        if number % 9 == 4:  # two at one address are two supporters
            partner = _FIRST[(number + 11) % len(_FIRST)]
            yield replace(one, name=f"{partner} {last}", message="", asks_twice=False)
        number += 1
