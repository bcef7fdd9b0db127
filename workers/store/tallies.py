"""The counts that the scripts keep, and a recount of them from the ledger."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from workers.campaign.mailings import of_book
from workers.campaign.states import CONTACT, State
from workers.campaign.tally import Difference, Tally, returns, states_in_order
from workers.store import keys, signatures
from workers.store.letters import Letters
from workers.store.scripts import Client, Scripts, reachable

Counts = dict[str, Counter[str]]


def day_number(at: float, time_zone: str) -> int:
    """Days since 1970-01-01 at ``at`` (epoch seconds) in ``time_zone``."""
    return datetime.fromtimestamp(at, UTC).astimezone(ZoneInfo(time_zone)).date().toordinal() - 719_163


class Tallies:
    """The tallies of all campaigns."""

    def __init__(self, client: Client, scripts: Scripts, letters: Letters) -> None:
        self._client = client
        self._scripts = scripts
        self._letters = letters

    def totals(self, campaign: str) -> Tally:
        """Without candidates and days: one cheap read."""
        return self.totals_of([campaign])[campaign]

    def totals_of(self, books: Sequence[str]) -> dict[str, Tally]:
        """The same of many books, in one round trip."""
        with reachable():
            pipeline = self._client.pipeline(transaction=False)
            for book in books:
                pipeline.hgetall(keys.tally(book))
            found = pipeline.execute() if books else []
        return {book: _totals(book, _numbers(fields)) for book, fields in zip(books, found, strict=True)}

    def show(self, campaign: str) -> Tally:
        """Everything that is counted."""
        with reachable():
            pipeline = self._client.pipeline(transaction=True)
            for key in _keys(campaign):
                pipeline.hgetall(key)
            total, candidates, days, _ = (_numbers(fields) for fields in pipeline.execute())
        signatories, supporters = total.get("signatories", 0), total.get("supporters", 0)
        by_day = {int(day): n for day, n in sorted(days.items()) if n}
        states, by_candidate = states_in_order(total), _by_candidate(candidates)
        return Tally(campaign, supporters, signatories, states, by_candidate, by_day, returns(total))

    def contacts(self, campaign: str, candidate: str) -> int:
        """How many letters have reached one candidate."""
        fields = [f"{candidate}:{state}" for state in CONTACT]
        with reachable():
            return sum(int(n or 0) for n in self._client.hmget(keys.tally_candidates(campaign), fields))

    def signatories(self, campaign: str) -> dict[str, int]:
        """Signatories by "source:word" and "day:number" (days since 1970 in the campaign's zone)."""
        with reachable():
            found = _numbers(self._client.hgetall(keys.tally_signatories(campaign)))
        return {name: n for name, n in found.items() if n}

    def verify(self, campaign: str) -> list[Difference]:
        """Recounts from the ledger; every count that differs. Exact when nothing is being sent meanwhile."""
        recounted = self._recount(campaign)
        return [
            Difference(key, name, counted.get(name, 0), truth.get(name, 0))
            for key, counted in self._counted(campaign).items()
            for truth in [recounted[key]]
            for name in sorted(counted.keys() | truth.keys())
            if counted.get(name, 0) != truth.get(name, 0)
        ]

    def repair(self, campaign: str) -> list[Difference]:
        """Mends every difference by adding what is missing, so that counts made meanwhile stay; what it changed."""
        differences = self.verify(campaign)
        args = [word for d in differences for word in (d.tally, d.name, d.recounted - d.counted)]
        self._scripts.call("repair_tally", [], [campaign, *args])
        return differences

    def _counted(self, campaign: str) -> Counts:
        with reachable():
            return {key: Counter(_numbers(self._client.hgetall(key))) for key in _keys(campaign)}

    def _recount(self, campaign: str) -> Counts:
        total, candidates, days = (Counter[str]() for _ in range(3))
        groups = set()
        for letter in self._letters.newest_first(campaign):
            total[letter.state] += 1
            if letter.state is State.BOUNCED:
                total[f"{letter.state}:{letter.reason or '-'}"] += 1
            shown = State.QUEUED if letter.state is State.SENDING else letter.state  # as _deliveries.lua counts
            candidates[f"{letter.candidate}:{shown}"] += 1
            groups.add(letter.id.partition("-")[0])
            if letter.state in CONTACT:
                days[letter.day] += 1
        if of_book(campaign):  # a call's or bulletin's copies are counted by state alone
            candidates.clear()
        else:
            total["supporters"] = len(groups)
        with reachable():
            signed = self._client.hvals(keys.signatures(campaign))
        total["signatories"] = len(signed)
        return dict(zip(_keys(campaign), (total, candidates, days, signatures.counts(signed)), strict=True))


def _totals(book: str, counts: Mapping[str, int]) -> Tally:
    supporters, signatories = counts.get("supporters", 0), counts.get("signatories", 0)
    return Tally(book, supporters, signatories, states_in_order(counts), came_back=returns(counts))


def _keys(campaign: str) -> list[str]:
    named = keys.tally(campaign), keys.tally_candidates(campaign), keys.tally_days(campaign)
    return [*named, keys.tally_signatories(campaign)]


def _numbers(fields: Mapping[bytes, bytes]) -> dict[str, int]:
    return {name.decode(): int(n) for name, n in fields.items()}


def _by_candidate(counts: Mapping[str, int]) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for name, n in counts.items():
        candidate, _, state = name.rpartition(":")
        if n:
            found.setdefault(candidate, {})[state] = n
    return found
