"""Ids are derived, never drawn: the same thing asked twice is the same thing."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Callable, Iterable

from workers.campaign.addresses import mailbox, normal_address

#: Bytes in an id: 80 bits, one chance in 10^12 of a clash among a million.
_SIZE = 10
#: What the group of a summary begins with; no letter's does.
SUMMARY = "s"
#: What the group of a rehearsal's mail begins with; no delivery's does, and reports of it move nothing.
REHEARSAL = "rehearsal"
#: Bytes in a proof: 120 bits, which nobody guesses.
_PROOF = 15

_PERSON = re.compile(r"p[a-z2-7]{16}", re.ASCII)
_LETTERS = "abcdefghijklmnopqrstuvwxyz234567"
#: Base 32, ten bits at a time: a third of the time that the library takes, in every id of every letter.
_PAIRS = [first + second for first in _LETTERS for second in _LETTERS]


def normal_name(name: str) -> str:
    """``name`` as compared: capitals, accents' encoding and spaces do not tell two people apart."""
    folded = name.lower() if name.isascii() else unicodedata.normalize("NFKC", name).casefold()
    return " ".join(folded.split())


def is_person_id(text: str) -> bool:
    """Whether ``text`` is the id of a person we know, as lists and logs show it."""
    return _PERSON.fullmatch(text) is not None


class Ids:
    """Derives every id from a secret, so that an id tells a stranger nothing about a person."""

    def __init__(self, secret: str) -> None:
        key = hashlib.blake2b(secret.encode(), digest_size=32).digest()
        self._keyed = {size: hashlib.blake2b(key=key, digest_size=size) for size in (_SIZE, _PROOF)}

    def person(self, address: str, name: str) -> str:
        """Two people who share a mailbox but not a name are two; another spelling of either makes nobody new."""
        return "p" + self._derive("person", mailbox(address), normal_name(name))

    def address(self, address: str) -> str:
        """What suppressions are kept under: equal for equal addresses, and not reversible without the secret."""
        return "e" + self._derive("address", normal_address(address))

    def network(self, network: str) -> str:
        """What limits count a connection under: not reversible without the secret."""
        return "n" + self._derive("network", network)

    def domain(self, address: str) -> str:
        """Equal for two addresses at one mail domain."""
        return "m" + self._derive("domain", normal_address(address).rpartition("@")[2])

    def action(self, campaign: str, person: str, candidates: Iterable[str]) -> str:
        """One for each (campaign, person, set of candidates written to)."""
        return "a" + self._derive("action", campaign, person, ",".join(sorted(candidates)))

    def group(self, campaign: str, kind: str, edition: str, sender: str) -> str:
        """The part of a delivery's id that its sender shares: deliveries of one group are stored together."""
        return "d" + self._derive("delivery", campaign, kind, edition, sender)

    def summary(self, campaign: str, candidate: str, edition: str) -> str:
        """The group of a mail that carries many letters to one candidate; none of those has it."""
        return SUMMARY + self._derive("summary", campaign, candidate, edition)

    def request(self, caller: str, key: str) -> str:
        """What an Idempotency-Key is remembered under."""
        return "r" + self._derive("request", caller, key)

    def contribution(self, campaign: str, organisation: str, *words: str) -> str:
        """Equal for the same words of the same organisation, however often it sends them in."""
        return "c" + self._derive("contribution", campaign, normal_name(organisation), *words)

    def contribution_key(self, campaign: str, key: str) -> str:
        """What an organisation's key is kept under: tells nobody the key."""
        return "k" + self.proof("contribution key", campaign, key)

    def proof(self, purpose: str, *parts: str) -> str:
        """24 letters and digits that only the holder of the secret can make of ``parts``, good for one purpose."""
        return self._derive(f"proof of {purpose}", *parts, size=_PROOF)

    def prover(self, purpose: str, *parts: str) -> Callable[[str], str]:
        """Makes the proofs of one purpose that differ in their last part alone, in half the time."""
        begun = self._keyed[_PROOF].copy()
        begun.update("\x1f".join((f"proof of {purpose}", *parts, "")).encode("utf-8", "surrogatepass"))

        def proof(last: str) -> str:
            keyed = begun.copy()
            keyed.update(last.encode("utf-8", "surrogatepass"))
            return _written_long(keyed.digest())

        return proof

    def _derive(self, *parts: str, size: int = _SIZE) -> str:
        keyed = self._keyed[size].copy()
        keyed.update("\x1f".join(parts).encode("utf-8", "surrogatepass"))
        return _written(keyed.digest()) if size == _SIZE else _written_long(keyed.digest())


def _written(digest: bytes) -> str:
    """Ten bytes in base 32: two numbers of 40 bits are quicker to take apart than one of 80."""
    high, low, pair = int.from_bytes(digest[:5], "big"), int.from_bytes(digest[5:], "big"), _PAIRS
    first = f"{pair[high >> 30]}{pair[high >> 20 & 1023]}{pair[high >> 10 & 1023]}{pair[high & 1023]}"
    return f"{first}{pair[low >> 30]}{pair[low >> 20 & 1023]}{pair[low >> 10 & 1023]}{pair[low & 1023]}"


def _written_long(digest: bytes) -> str:
    """Fifteen bytes in base 32."""
    low, pair = int.from_bytes(digest[10:], "big"), _PAIRS
    last = f"{pair[low >> 30]}{pair[low >> 20 & 1023]}{pair[low >> 10 & 1023]}{pair[low & 1023]}"
    return _written(digest[:10]) + last


def delivery_id(group: str, recipient: str) -> str:
    """``group-recipient``: derived from (campaign, kind, edition, sender, recipient)."""
    return f"{group}-{recipient}"


def split_delivery_id(delivery: str) -> tuple[str, str]:
    """(group, recipient) of a delivery id; ValueError if it is not one."""
    group, dash, recipient = delivery.partition("-")
    if not dash or len(group) != 17 or not recipient:
        raise ValueError("not a delivery id")
    return group, recipient
