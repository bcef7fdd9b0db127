"""What a person chose to get: the words that restrict their mailings, and what they agree to on their own pages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from workers.campaign.mailings import PURPOSES, Kind
from workers.campaign.model import UPDATES

_BULLETINS = PURPOSES[Kind.BULLETIN]
#: At most one mailing in four weeks.
SELDOM = "seldom"
#: The exact words that are agreed to on the pages of personal links, by purpose.
WORDINGS = {
    _BULLETINS: "Send me bulletins by e-mail.",
    PURPOSES[Kind.CALL]: "Write to me by e-mail when there is something I can do.",
    UPDATES: "Tell me by e-mail what becomes of my letters, and when one of these candidates signs.",
}
EVERYTHING = tuple(WORDINGS)


@dataclass(frozen=True, slots=True)
class Choices:
    """``agreed`` are the purposes that stand; ``words`` restrict them, see ``_profiles.lua``."""

    agreed: frozenset[str] = frozenset()
    words: frozenset[str] = frozenset()

    def gets(self, kind: Kind) -> bool:
        """Whether any mailing of this kind may go to them."""
        return self.has(PURPOSES[kind])

    def has(self, purpose: str) -> bool:
        return purpose in self.agreed and refusal(purpose) not in self.words

    def gets_bulletin(self, name: str) -> bool:
        return self.gets(Kind.BULLETIN) and without(name) not in self.words

    @property
    def is_seldom(self) -> bool:
        return SELDOM in self.words

    @property
    def gets_nothing(self) -> bool:
        return not any(map(self.has, EVERYTHING))


@dataclass(frozen=True, slots=True)
class Change:
    """What somebody says of their mail: purposes they take back and agree to, and words that begin and cease."""

    back: tuple[str, ...] = ()
    agreed: tuple[str, ...] = ()
    begin: frozenset[str] = frozenset()
    cease: frozenset[str] = frozenset()


def refusal(purpose: str) -> str:
    """The word that keeps a purpose from coming back with a list."""
    return f"no-{purpose}"


def without(bulletin: str) -> str:
    """The word that restricts one bulletin."""
    return f"no:{bulletin}"


def leaves(purposes: Iterable[str]) -> Change:
    """Takes these purposes back."""
    back = tuple(sorted(purposes))
    return Change(back, begin=frozenset(map(refusal, back)))


def returns(purposes: Iterable[str]) -> Change:
    """Agrees to these purposes again."""
    agreed = tuple(sorted(purposes))
    return Change(agreed=agreed, cease=frozenset(map(refusal, agreed)))


def chosen(known: Choices, purposes: Iterable[str], bulletins: Mapping[str, bool], *, seldom: bool) -> Change:
    """From ``known`` to these ``purposes``, of the ``bulletins`` offered those that are true, and how often.

    Who wants none of the bulletins refuses them all, those that begin later too.
    """
    now = set(purposes) | ({_BULLETINS} if any(bulletins.values()) else set())
    back = {purpose for purpose in EVERYTHING if purpose not in now and known.has(purpose)}
    agreed = {purpose for purpose in now if not known.has(purpose)}
    restricted = {SELDOM: seldom}
    if _BULLETINS in now:
        restricted |= {without(name): not wanted for name, wanted in bulletins.items()}
    restricted |= dict.fromkeys(map(refusal, back), True)
    restricted |= dict.fromkeys(map(refusal, agreed), False)
    begin = frozenset(word for word, on in restricted.items() if on)
    return Change(tuple(sorted(back)), tuple(sorted(agreed)), begin, frozenset(restricted.keys() - begin))
