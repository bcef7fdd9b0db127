"""What candidates answered: a few words each, which every claim of a letter looks at; reasons are kept apart."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from workers.campaign.answers import Answer, Said
from workers.store import keys
from workers.store.scripts import Argument, Client, Scripts, reachable


class Answers:
    """The answers of all campaigns."""

    def __init__(self, client: Client, scripts: Scripts) -> None:
        self._client = client
        self._scripts = scripts

    def put(self, campaign: str, candidate: str, answer: Answer, reason: str = "") -> bool:
        """Whether this is new. A candidate who signed does not decline as well."""
        named = [keys.answers(campaign), keys.reasons(campaign), keys.signatures(campaign)]
        args: list[Argument] = [campaign, candidate, answer.said, answer.at, answer.about or "-", reason]
        return bool(self._scripts.call("put_answer", named, args))

    def withdraw(self, campaign: str, candidate: str, said: Said, by: str, about: str = "") -> bool:
        """Whether there was such an answer to take back; ``about`` "" takes it back for every address."""
        named = [keys.answers(campaign), keys.reasons(campaign)]
        return bool(self._scripts.call("withdraw_answer", named, [campaign, candidate, said, about, by]))

    def of(self, campaign: str, candidate: str) -> list[Answer]:
        """What one candidate answered."""
        with reachable():
            packed = self._client.hget(keys.answers(campaign), candidate)
        return list(_answers(packed or b""))

    def among(self, campaign: str, candidates: Sequence[str]) -> dict[str, list[Answer]]:
        """What each of these candidates answered."""
        with reachable():
            found = self._client.hmget(keys.answers(campaign), candidates) if candidates else []
        return {one: list(_answers(packed or b"")) for one, packed in zip(candidates, found, strict=True)}

    def all(self, campaign: str) -> dict[str, list[Answer]]:
        """What every candidate answered who did."""
        with reachable():
            found = self._client.hgetall(keys.answers(campaign))
        return {key.decode(): list(_answers(packed)) for key, packed in found.items()}

    def who(self, campaign: str, said: Said) -> set[str]:
        """Ids of the candidates who answered so."""
        return {key for key, answers in self.all(campaign).items() if any(one.said is said for one in answers)}

    def reason(self, campaign: str, candidate: str) -> str:
        """Why they declined, in their own words; for operators only. "" if they did not say."""
        with reachable():
            found = self._client.hget(keys.reasons(campaign), candidate)
        return (found or b"").decode()

    def reasons(self, campaign: str) -> dict[str, str]:
        """Every reason that was given, by candidate; for operators only."""
        with reachable():
            found = self._client.hgetall(keys.reasons(campaign))
        return {key.decode(): text.decode() for key, text in found.items()}


def _answers(packed: bytes) -> Iterator[Answer]:
    for words in filter(None, packed.decode().split(",")):
        said, at, about = words.split(" ")
        yield Answer(Said(said), int(at), about.removeprefix("-"))
